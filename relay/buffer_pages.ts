import {
  __GFP_ZERO,
  type Address,
  GFP_KERNEL,
  KERN_WARNING,
  ListHead,
  type Machine,
  Page,
  PAGE_SHIFT,
  PAGE_SIZE,
  setPagePrivate,
  type SlabObject,
} from "../hw/mod.ts";
import { BufferPage } from "./buffer_page.ts";

/** Bytes of `struct buf_page` on a 64-bit machine. */
const SIZEOF_BUF_PAGE = 32;

/** Which cached page a search starts from: a slot of {@linkcode BufferPages.cache}. */
export type CacheSlot = number;
/** Page written to last. */
export const WPAGE: CacheSlot = 0;
/** Page read from last. */
export const RPAGE: CacheSlot = 1;
/** Page of the header looked up last, of even sub-buffers; the next slot is of odd ones. */
export const HPAGE: CacheSlot = 2;

/** Stands in every slot once the pages are freed: no offset lies in it. */
const NO_PAGE = new BufferPage(new Page(-1, -1), -PAGE_SIZE);

/** A run of adjacent page frames in a buffer. */
export interface Extent {
  /** Where in the buffer it starts. */
  readonly offset: number;
  /** Where in RAM it starts. */
  readonly address: Address;
  /** Bytes. */
  readonly length: number;
}

/** The pages of a buffer, and the search for the one that holds an offset. */
export class BufferPages {
  /** Pages in order, linked as in the patch. */
  readonly list: ListHead<BufferPage> = new ListHead<BufferPage>();
  /** Page i holds the bytes from i * PAGE_SIZE. Never changes until the pages are freed. */
  readonly index: BufferPage[] = [];
  /** Cached pages, where a search starts: pages of this buffer. */
  readonly cache: BufferPage[];
  /** The small allocations the descriptors are, by index. */
  readonly #slabs: SlabObject[] = [];
  readonly #machine: Machine;
  readonly #size: number;
  readonly #checkRandomAccess: boolean;

  /**
   * Takes zeroed pages for `size` bytes, a power of two, for node `nid`; descriptor before page,
   * as the patch (`relay_alloc_buf`). `ENOMEM` when they are short, then nothing is left taken.
   */
  constructor(machine: Machine, size: number, nid: number, checkRandomAccess: boolean) {
    this.#machine = machine;
    this.#size = size;
    this.#checkRandomAccess = checkRandomAccess;
    try {
      for (let offset = 0; offset < size; offset += PAGE_SIZE) this.#alloc(offset, nid);
    } catch (error) {
      this.free();
      throw error;
    }
    for (let i = this.index.length - 2; i >= 0; i--) {
      const [page, next] = [this.index[i], this.index[i + 1]];
      if (next.address === page.address + PAGE_SIZE) page.extentEnd = next.extentEnd;
    }
    this.cache = new Array(4).fill(this.index[0]);
  }

  /** Longest runs of adjacent frames, in order. */
  get extents(): Extent[] {
    return this.index
      .filter((page, i) => i === 0 || this.index[i - 1].extentEnd === page.offset)
      .map(({ offset, address, extentEnd }) => ({ offset, address, length: extentEnd - offset }));
  }

  /** Frees the pages, ascending, each before its descriptor. */
  free(): void {
    this.cache?.fill(NO_PAGE);
    for (const [i, page] of this.index.entries()) {
      page.list.del();
      this.#machine.pages.freePage(page.page);
      this.#machine.slab.kfree(this.#slabs[i]);
    }
    this.index.length = 0;
  }

  /**
   * The page that holds `offset`, searched from the page in `slot` (`ltt_relay_cache_page`). A page
   * ahead, by up to half the buffer, is cached; one behind is not, as a writer who interrupted
   * another does not keep him from going on where he was.
   */
  find(slot: CacheSlot, offset: number): BufferPage {
    const cached = this.cache[slot];
    const within = offset - cached.offset;
    if (within >= 0 && within < PAGE_SIZE) return cached;
    return this.#search(slot, cached, offset, within);
  }

  /**
   * Answers from the index what the patch finds by walking the list; the steps it would have walked
   * are the distance in pages.
   */
  #search(slot: CacheSlot, cached: BufferPage, offset: number, within: number): BufferPage {
    const half = this.#size >>> 1;
    let diff = within;
    if (diff <= -half) diff += this.#size;
    else if (diff > half) diff -= this.#size;
    const forward = diff >= PAGE_SIZE;
    const found = this.index[offset >>> PAGE_SHIFT];
    if (this.#checkRandomAccess) this.#check(forward, offset, cached, found, diff);
    if (forward) this.cache[slot] = found;
    return found;
  }

  #check(forward: boolean, offset: number, from: BufferPage, to: BufferPage, diff: number): void {
    const distance = forward ? to.offset - from.offset : from.offset - to.offset;
    const steps = (distance & (this.#size - 1)) >>> PAGE_SHIFT;
    if (steps <= 1) return;
    this.#machine.log.printk(
      KERN_WARNING,
      `${forward ? "Forward" : "Backward"} random access detected in ltt_relay. ` +
        `Iterations ${steps}, offset ${offset}, orig iter->off ${from.offset}, ` +
        `iter->off ${to.offset} diff_offset ${diff}.\n`,
    );
    this.#machine.log.warnOn(true, `ltt_relay_find_${forward ? "next" : "prev"}_page`, "1");
  }

  #alloc(offset: number, nid: number): void {
    const { slab, pages } = this.#machine;
    const descriptor = slab.kmallocNode(SIZEOF_BUF_PAGE, GFP_KERNEL, nid);
    try {
      const page = pages.allocPagesNode(nid, GFP_KERNEL | __GFP_ZERO, 0);
      const bufferPage = new BufferPage(page, offset);
      this.list.addTail(bufferPage.list);
      setPagePrivate(page, bufferPage);
      this.index.push(bufferPage);
      this.#slabs.push(descriptor);
    } catch (error) {
      slab.kfree(descriptor);
      throw error;
    }
  }
}
