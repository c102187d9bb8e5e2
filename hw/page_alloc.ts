import { KernelError } from "./errno.ts";
import type { FaultInjection } from "./fault_inject.ts";
import { __GFP_THISNODE, __GFP_ZERO, type Gfp } from "./gfp.ts";
import { Listeners } from "./listeners.ts";
import { KERN_ALERT, type KernelLog } from "./log.ts";
import type { NumaTopology } from "./numa.ts";
import { type Page, PAGE_FLAGS_CHECK_AT_FREE, pageAddress, PG_buddy } from "./page.ts";
import { PAGE_SIZE, type Pfn, type Ram } from "./ram.ts";
import { MAX_ORDER, Zone } from "./zone.ts";

const WORDS_PER_PAGE = PAGE_SIZE / 4;

/**
 * What happens to a block of frames, told when it is done: what the kernel's tracepoints
 * `mm_page_alloc` and `mm_page_free_direct` tell, which came after 2.6.29. `page` is `null` when the
 * block was refused.
 */
export type PageEvent =
  | {
    readonly type: "alloc";
    /** Node asked for. */
    readonly nid: number;
    readonly order: number;
    readonly page: Page | null;
  }
  | { readonly type: "free"; readonly order: number; readonly page: Page };

/** What a page allocator stands on. */
export interface PageAllocatorParts {
  /** Memory to hand out; as many pages as the nodes have frames. */
  readonly ram: Ram;
  /** Order in which nodes are tried. */
  readonly numa: NumaTopology;
  /** Takes the reports of bad pages. */
  readonly log: KernelLog;
  /** Makes allocations fail. */
  readonly failPageAlloc: FaultInjection;
  /** Tells the node of the caller's CPU. */
  readonly numaNodeId: () => number;
}

/**
 * Hands out blocks of page frames, from the node asked for or the next one that has any, and counts
 * it as `numastat` does. Linux 2.6.29, mm/page_alloc.c and mm/vmstat.c. Every frame can be had: there
 * are no watermarks and no reserve.
 */
export class PageAllocator {
  readonly #parts: PageAllocatorParts;
  /** The frames of each node. */
  readonly zones: readonly Zone[];
  /** RAM as words, to see quickly whether a page is zero. */
  readonly #words: Int32Array;
  readonly #listeners = new Listeners<PageEvent>();

  /** @ignore All frames free; entry n of `nodes` is the number of frames of node n. */
  constructor(nodes: readonly number[], parts: PageAllocatorParts) {
    this.#parts = parts;
    let startPfn = 0;
    this.zones = nodes.map((frames, nid) => {
      const zone = new Zone(nid, startPfn, frames);
      startPfn += frames;
      return zone;
    });
    this.#words = new Int32Array(parts.ram.buffer);
  }

  /**
   * Takes 2^order adjacent frames for node `nid`, -1 for the caller's. `ENOMEM` when no node of the
   * zonelist has such a block, `order` is above 10, fault injection fires, or RAM is a file and its disk
   * full; a `RangeError` for a node there is not. The first page has one reference, its flags and private
   * are 0.
   */
  allocPagesNode(nid: number, gfp: Gfp, order: number): Page {
    if (!Number.isInteger(order) || order < 0) {
      throw new RangeError(`Cannot allocate a block of order ${order}: not an integer from 0 on`);
    }
    const wanted = nid === -1 ? this.#parts.numaNodeId() : nid;
    const zonelist = this.#parts.numa.zonelist(wanted);
    let page: Page | null = null;
    try {
      page = this.#alloc(wanted, zonelist, gfp, order);
      return page;
    } finally {
      if (this.#listeners.any) this.#listeners.tell({ type: "alloc", nid: wanted, order, page });
    }
  }

  #alloc(wanted: number, zonelist: readonly number[], gfp: Gfp, order: number): Page {
    const what = `Cannot allocate a block of order ${order} for node ${wanted}`;
    if (order >= MAX_ORDER) {
      throw new KernelError("ENOMEM", `${what}: orders end at ${MAX_ORDER - 1}`);
    }
    if (this.#parts.failPageAlloc.failPageAlloc(gfp, order)) {
      throw new KernelError("ENOMEM", `${what}: failed by fault injection`);
    }
    const candidates = gfp & __GFP_THISNODE ? zonelist.slice(0, 1) : zonelist;
    const zones = candidates.map((n) => this.zones[n]).filter((zone) => zone.frames > 0);
    for (const zone of zones) {
      const page = zone.take(order);
      if (page === null) continue;
      page.count = 1;
      if (!this.#parts.ram.reserve(pageAddress(page), PAGE_SIZE << order)) {
        page.count = 0;
        zone.give(page, order);
        throw new KernelError("ENOMEM", `${what}: the disk has no room for it`);
      }
      this.#count(zones[0], zone);
      if (gfp & __GFP_ZERO) {
        for (let pfn = page.pfn; pfn < page.pfn + (1 << order); pfn++) this.#clear(pfn);
      }
      return page;
    }
    throw new KernelError("ENOMEM", `${what}: no free block on node ${candidates.join(", ")}`);
  }

  /** `allocPagesNode` for the node of the caller's CPU. */
  allocPages(gfp: Gfp, order: number): Page {
    return this.allocPagesNode(-1, gfp, order);
  }

  /**
   * Gives back a reference to a block; with the last one the block is free at once. A page that is
   * not the first of a block of that order in somebody's hands, or has a flag it must not have, is
   * reported as a bad page in the log. Nothing is freed then, and no free list is touched. A
   * `TypeError` for a page of another machine.
   */
  freePages(page: Page, order: number): void {
    if (!this.zones[page.nid]?.has(page)) {
      throw new TypeError(`Cannot free page ${page.pfn}: it is of another machine`);
    }
    if (page.count <= 0 || page.order !== order) return this.#badPage(page, page.count - 1);
    if (--page.count > 0) return;
    if (page.flags & PAGE_FLAGS_CHECK_AT_FREE) {
      this.#badPage(page, 0);
      // The page is lost; it must not pass for a free one.
      page.flags &= ~(1 << PG_buddy);
      return;
    }
    this.zones[page.nid].give(page, order);
    if (this.#listeners.any) this.#listeners.tell({ type: "free", order, page });
  }

  /** `freePages` for a single page (`__free_page`). */
  freePage(page: Page): void {
    this.freePages(page, 0);
  }

  /** Calls `listener` with what happens from now on, until the function returned is called. */
  subscribe(listener: (event: PageEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Counters of a node as `/sys/devices/system/node/nodeN/numastat` prints them. */
  numastat(nid: number): string {
    this.#parts.numa.assertNode(nid);
    return Object.entries(this.zones[nid].counters)
      .map(([name, count]) =>
        `${name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)} ${count}\n`
      )
      .join("");
  }

  /** Free blocks by node and order as `/proc/buddyinfo` prints them. */
  buddyinfo(): string {
    return this.zones.filter((zone) => zone.frames > 0).map((zone) => {
      const counts = zone.freeCounts().map((count) => `${String(count).padStart(6)} `);
      return `Node ${zone.nid}, zone ${"Normal".padStart(8)} ${counts.join("")}\n`;
    }).join("");
  }

  /** One call served, wanted from `preferred` and served by `zone` (`zone_statistics`). */
  #count(preferred: Zone, zone: Zone): void {
    if (zone === preferred) {
      zone.counters.numaHit++;
    } else {
      zone.counters.numaMiss++;
      preferred.counters.numaForeign++;
    }
    if (zone.nid === this.#parts.numaNodeId()) zone.counters.localNode++;
    else zone.counters.otherNode++;
  }

  /** Zeroes a frame; one that is zero is only read, which does not make the platform commit it. */
  #clear(pfn: Pfn): void {
    const end = (pfn + 1) * WORDS_PER_PAGE;
    let word = pfn * WORDS_PER_PAGE;
    while (word < end && this.#words[word] === 0) word++;
    if (word < end) this.#words.fill(0, word, end);
  }

  #badPage(page: Page, count: number): void {
    const hex = (value: number): string => value.toString(16).padStart(16, "0");
    this.#parts.log.printk(
      KERN_ALERT,
      `BUG: Bad page state in process deno  pfn:${page.pfn.toString(16).padStart(5, "0")}\n`,
    );
    this.#parts.log.printk(
      KERN_ALERT,
      `page:${hex(pageAddress(page))} flags:${hex(page.flags)} count:${count} mapcount:0 ` +
        `mapping:${hex(0)} index:0\n`,
    );
  }
}
