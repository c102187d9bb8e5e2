import { ListHead } from "./list.ts";
import { Page, PG_buddy } from "./page.ts";
import type { Pfn } from "./ram.ts";

/** Number of block sizes: orders 0 to 10. Linux 2.6.29, include/linux/mmzone.h. */
export const MAX_ORDER: number = 11;

/** Free blocks of one order. */
interface FreeArea {
  /** First pages of the blocks, the one freed last at the head. */
  readonly list: ListHead<Page>;
  nrFree: number;
}

/** Calls of the page allocator, counted where Linux counts them (`enum zone_stat_item`). */
export interface NumaCounters {
  /** Supplied by this node as intended. */
  numaHit: number;
  /** Supplied by this node because the intended one had nothing. */
  numaMiss: number;
  /** Intended for this node, supplied by another. */
  numaForeign: number;
  /** Always 0: there are no memory policies. */
  interleaveHit: number;
  /** Supplied by this node to a CPU of its own. */
  localNode: number;
  /** Supplied by this node to a CPU of another node. */
  otherNode: number;
}

/**
 * The frames of one node under the buddy system: free memory lies in blocks of 2^order frames,
 * each at a multiple of its size; a block is split to serve a smaller order, and merged with its
 * buddy, the other half of the next larger block, when both are free. Which block is taken and
 * where it is put back is Linux's choice to the letter. Linux 2.6.29, mm/page_alloc.c, with per-CPU
 * lists and mobility grouping off.
 */
export class Zone {
  /** Node. */
  readonly nid: number;
  /** First frame. */
  readonly startPfn: Pfn;
  /** Number of frames. */
  readonly frames: number;
  /** What was allocated from here. */
  readonly counters: NumaCounters = {
    numaHit: 0,
    numaMiss: 0,
    numaForeign: 0,
    interleaveHit: 0,
    localNode: 0,
    otherNode: 0,
  };
  /** Pages somebody has asked for, by frame from `startPfn` on; the others are not made yet. */
  readonly #memMap: Page[];
  readonly #freeArea: readonly FreeArea[];
  #nrFreePages = 0;

  /** @ignore All frames free, in the largest blocks their numbers allow, the highest block at the head. */
  constructor(nid: number, startPfn: Pfn, frames: number) {
    this.nid = nid;
    this.startPfn = startPfn;
    this.frames = frames;
    this.#memMap = new Array(frames);
    this.#freeArea = Array.from({ length: MAX_ORDER }, () => ({ list: new ListHead(), nrFree: 0 }));
    const end = startPfn + frames;
    for (let pfn = startPfn; pfn < end;) {
      let order = MAX_ORDER - 1;
      while (pfn % (1 << order) !== 0 || pfn + (1 << order) > end) order--;
      this.#addFree(this.page(pfn), order);
      pfn += 1 << order;
    }
    this.#nrFreePages = frames;
  }

  /** Frames that are free. */
  get nrFreePages(): number {
    return this.#nrFreePages;
  }

  /** The page of a frame of this zone (`pfn_to_page`); a `RangeError` for another frame. */
  page(pfn: Pfn): Page {
    if (!Number.isInteger(pfn) || pfn < this.startPfn || pfn >= this.startPfn + this.frames) {
      throw new RangeError(`Cannot look up frame ${pfn}: it is not on node ${this.nid}`);
    }
    return this.#memMap[pfn - this.startPfn] ??= new Page(pfn, this.nid);
  }

  /** Whether a page is one of this zone's, and not another machine's. */
  has(page: Page): boolean {
    return this.#memMap[page.pfn - this.startPfn] === page;
  }

  /** First pages of the free blocks of an order, from the head of the list on. */
  freeBlocks(order: number): Pfn[] {
    return [...this.#freeArea[order].list].map((page) => page.pfn);
  }

  /** Number of free blocks of each order. */
  freeCounts(): number[] {
    return this.#freeArea.map((area) => area.nrFree);
  }

  /** Pages handed out and not freed, by ascending frame. */
  pagesInUse(): Page[] {
    const pages: Page[] = [];
    this.#memMap.forEach((page) => {
      if (page.count > 0) pages.push(page);
    });
    return pages;
  }

  /** @ignore Takes a block off the free lists, `null` when no block is large enough (`__rmqueue`). */
  take(order: number): Page | null {
    for (let current = order; current < MAX_ORDER; current++) {
      const page = this.#freeArea[current].list.next.owner;
      if (page === null) continue;
      this.#removeFree(page);
      while (current > order) {
        current--;
        this.#addFree(this.page(page.pfn + (1 << current)), current);
      }
      page.order = order;
      this.#nrFreePages -= 1 << order;
      return page;
    }
    return null;
  }

  /** @ignore Puts a block back, merging as far as it goes (`__free_one_page`). */
  give(page: Page, order: number): void {
    this.#nrFreePages += 1 << order;
    page.order = -1;
    page.flags = 0;
    let pfn = page.pfn;
    while (order < MAX_ORDER - 1) {
      const buddy = this.#memMap[(pfn ^ (1 << order)) - this.startPfn];
      if (buddy === undefined || !(buddy.flags & (1 << PG_buddy)) || buddy.order !== order) break;
      // Whoever holds a page may have set its flags to anything.
      if (buddy.count !== 0) break;
      this.#removeFree(buddy);
      pfn &= ~(1 << order);
      order++;
    }
    this.#addFree(this.page(pfn), order);
  }

  #addFree(page: Page, order: number): void {
    page.flags = 1 << PG_buddy;
    page.private = order;
    page.order = order;
    this.#freeArea[order].list.add(page.lru);
    this.#freeArea[order].nrFree++;
  }

  #removeFree(page: Page): void {
    page.lru.del();
    this.#freeArea[page.order].nrFree--;
    page.flags = 0;
    page.private = 0;
    page.order = -1;
  }
}
