import { __GFP_ZERO, GFP_KERNEL } from "../hw/gfp.ts";
import { ListHead } from "../hw/list.ts";
import { KERN_WARNING } from "../hw/log.ts";
import type { Machine } from "../hw/machine.ts";
import { setPagePrivate } from "../hw/page.ts";
import { type Address, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from "../hw/ram.ts";
import type { SlabObject } from "../hw/slab.ts";
import { BufferPage } from "./buffer_page.ts";

/** Bytes of `struct buf_page` on a 64-bit machine. */
const SIZEOF_BUF_PAGE = 32;

// Slots of the cached pages; the odd sub-buffers' header page follows the even ones'.
export const WPAGE = 0;
export const RPAGE = 1;
export const HPAGE = 2;

/** A run of adjacent page frames in a buffer. */
export interface Extent {
  /** Where in the buffer it starts. */
  readonly offset: number;
  /** Where in RAM it starts. */
  readonly address: Address;
  /** Bytes. */
  readonly length: number;
}

/**
 * The pages of a buffer, and the caches of those used last. Where a page lies stands in tables of
 * numbers as well: an access far from the last one then waits for them only, and not for an object.
 */
export class BufferPages {
  /** Pages in order, linked as in the patch. */
  readonly list: ListHead<BufferPage> = new ListHead<BufferPage>();
  /** Page i holds the bytes from i * PAGE_SIZE. Never changes until the pages are freed. */
  readonly index: BufferPage[] = [];
  /** Frame of page i. */
  readonly pfns: Int32Array;
  /** Offset in the buffer where the run of adjacent frames that page i is in ends. */
  readonly extentEnds: Int32Array;
  /** Number of the page in each slot: where a search starts. */
  readonly cache: Int32Array = new Int32Array(4);
  /** The small allocations the descriptors are, by page. */
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
    this.pfns = Int32Array.from(this.index, ({ page }) => page.pfn);
    this.extentEnds = Int32Array.from(this.index, ({ offset }) => offset + PAGE_SIZE);
    for (let i = this.index.length - 2; i >= 0; i--) {
      if (this.pfns[i] + 1 === this.pfns[i + 1]) this.extentEnds[i] = this.extentEnds[i + 1];
    }
  }

  /** Longest runs of adjacent frames, in order. */
  get extents(): Extent[] {
    return this.index
      .filter(({ offset }, i) => i === 0 || this.extentEnds[i - 1] === offset)
      .map(({ offset, address }) => {
        return { offset, address, length: this.extentEnds[offset >>> PAGE_SHIFT] - offset };
      });
  }

  /** Frees the pages, ascending, each before its descriptor. */
  free(): void {
    for (const [i, page] of this.index.entries()) {
      page.list.del();
      this.#machine.pages.freePage(page.page);
      this.#machine.slab.kfree(this.#slabs[i]);
    }
    this.index.length = 0;
  }

  /**
   * Goes from the cached page to another one, which holds `offset` (`ltt_relay_cache_page`): forward
   * by up to half the buffer, and then the page is cached, else backward, and then it is not, so
   * that a writer who interrupted another does not keep him from going on where he was.
   *
   * The patch walks the list to find the page. Here its number is known; the steps the walk would
   * have taken are the distance.
   */
  cachePage(slot: number, offset: number): void {
    const from = this.cache[slot] << PAGE_SHIFT;
    const half = this.#size >>> 1;
    let diff = offset - from;
    if (diff <= -half) diff += this.#size;
    else if (diff > half) diff -= this.#size;
    const forward = diff >= PAGE_SIZE;
    if (this.#checkRandomAccess) this.#check(forward, offset, from, diff);
    if (forward) this.cache[slot] = offset >>> PAGE_SHIFT;
  }

  #check(forward: boolean, offset: number, from: number, diff: number): void {
    const to = offset & PAGE_MASK;
    const distance = forward ? to - from : from - to;
    const steps = (distance & (this.#size - 1)) >>> PAGE_SHIFT;
    if (steps <= 1) return;
    this.#machine.log.printk(
      KERN_WARNING,
      `${forward ? "Forward" : "Backward"} random access detected in ltt_relay. ` +
        `Iterations ${steps}, offset ${offset}, orig iter->off ${from}, ` +
        `iter->off ${to} diff_offset ${diff}.\n`,
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
