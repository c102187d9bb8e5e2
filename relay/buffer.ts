import type { Dentry } from "../hw/dentry.ts";
import { GFP_KERNEL } from "../hw/gfp.ts";
import type { Machine } from "../hw/machine.ts";
import { type Address, PAGE_SHIFT, PAGE_SIZE } from "../hw/ram.ts";
import type { SlabObject } from "../hw/slab.ts";
import type { BufferPage } from "./buffer_page.ts";
import { BufferPages, type Extent, HPAGE, RPAGE, WPAGE } from "./buffer_pages.ts";
import { removeBufFile } from "./callbacks.ts";
import type { RelayChannel } from "./channel.ts";
import { References } from "./references.ts";

/** Bytes of `struct rchan_buf` on a 64-bit machine. */
const SIZEOF_RCHAN_BUF = 128;

/** Takes the offset within a page. */
const IN_PAGE = PAGE_SIZE - 1;

/** Up to this length a loop over the bytes beats `set`, whose call alone costs as much. */
const WRITE_LOOP_MAX = 16;
/** The same for reading, where `set` needs a view of the bytes besides. */
const READ_LOOP_MAX = 32;

/**
 * The buffer of one CPU: a ring of pages of the CPU's own node, or of the next one that has any
 * (`struct rchan_buf`). Offsets run on for ever: each is taken modulo the size of the buffer. There
 * is no locking and no record of what was written; both are the caller's.
 *
 * All methods are synchronous and for the thread that opened the channel. `write` inside one extent
 * and `offsetAddress` allocate nothing; `read` allocates a view above 32 bytes.
 */
export class RelayBuffer {
  /** The channel. */
  readonly chan: RelayChannel;
  /** The CPU it belongs to, online or not. */
  readonly cpu: number;
  /** References: the channel's own, clients', open files'. */
  readonly references: References;
  /** File that stands for the buffer, `null` until it is made. */
  dentry: Dentry | null = null;
  readonly #machine: Machine;
  readonly #ram: Uint8Array;
  readonly #slab: SlabObject;
  readonly #pages: BufferPages;
  // Parts of #pages, at hand.
  readonly #pfns: Int32Array;
  readonly #extentEnds: Int32Array;
  readonly #cache: Int32Array;
  readonly #subbufSize: number;
  /** Bytes, a power of two; 0 once the buffer is freed, which refuses every access. */
  #size: number;
  /** Takes an offset modulo the size. */
  readonly #mask: number;

  /** @ignore Takes the memory (`relay_create_buf`); `ENOMEM` when it is short, then nothing is taken. */
  constructor(chan: RelayChannel, cpu: number) {
    const { machine, checkRandomAccess } = chan.relay;
    this.chan = chan;
    this.cpu = cpu;
    this.#machine = machine;
    this.#ram = machine.ram.bytes;
    this.#subbufSize = chan.subbufSize;
    this.#size = chan.allocSize;
    this.#mask = chan.allocSize - 1;
    this.#slab = machine.slab.kzalloc(SIZEOF_RCHAN_BUF, GFP_KERNEL);
    try {
      const nid = machine.numa.cpuToNode(cpu);
      this.#pages = new BufferPages(machine, chan.allocSize, nid, checkRandomAccess);
    } catch (error) {
      machine.slab.kfree(this.#slab);
      throw error;
    }
    this.#pfns = this.#pages.pfns;
    this.#extentEnds = this.#pages.extentEnds;
    this.#cache = this.#pages.cache;
    chan.references.get("buffer");
    const what = `buffer of CPU ${cpu} of channel "${chan.baseFilename}"`;
    this.references = new References(what, machine.log, () => this.#remove());
  }

  /** References of all holders; 0 once the buffer is freed, whoever still has one. */
  get kref(): number {
    return this.#size === 0 ? 0 : this.references.count;
  }

  /** Page written to last. A `RangeError` once the buffer is freed, as the two below. */
  get wpage(): BufferPage {
    return this.#cachedPage(WPAGE);
  }

  /** Page read from last. */
  get rpage(): BufferPage {
    return this.#cachedPage(RPAGE);
  }

  /** Page of the header looked up last, of even and of odd sub-buffers. */
  get hpage(): readonly BufferPage[] {
    return [this.#cachedPage(HPAGE), this.#cachedPage(HPAGE + 1)];
  }

  /** Pages by index; none once the buffer is freed. */
  get pages(): readonly BufferPage[] {
    return this.#pages.index;
  }

  /** Longest runs of adjacent page frames, in order. */
  get extents(): readonly Extent[] {
    return this.#pages.extents;
  }

  /** Takes a reference (`ltt_relay_get_chan_buf`); a `TypeError` once the buffer is freed. */
  get(): void {
    // A buffer whose file could not be made is freed at once, whatever its callback has taken.
    if (this.#size === 0) {
      throw new TypeError(`Cannot get the buffer of CPU ${this.cpu}: it is freed`);
    }
    this.references.get("user");
  }

  /** Gives back what `get` took (`ltt_relay_put_chan_buf`); a `TypeError` when it took nothing. */
  put(): void {
    this.references.put("user");
  }

  /**
   * Copies `src` to `offset` and returns its length (`ltt_relay_write`). It may cross pages and
   * sub-buffers but not the end of the buffer: a `RangeError`, before a byte is copied. As with
   * `memcpy`, `src` must not lie in RAM where it is copied to.
   */
  write(offset: number, src: Uint8Array): number {
    const length = src.length;
    if (length === 0) return 0;
    const begin = this.#locate("write", offset, length);
    const end = begin + length;
    const page = begin >>> PAGE_SHIFT;
    const last = (end - 1) >>> PAGE_SHIFT;
    if (page !== this.#cache[WPAGE]) this.#pages.cachePage(WPAGE, begin);
    if (end > this.#extentEnds[page]) {
      this.#writeExtents(begin, src);
    } else {
      const address = this.#pfns[page] * PAGE_SIZE + (begin & IN_PAGE);
      if (length > WRITE_LOOP_MAX) this.#ram.set(src, address);
      else for (let i = 0; i < length; i++) this.#ram[address + i] = src[i];
    }
    // Walking on to the last page is going forward.
    if (last !== page) this.#cache[WPAGE] = last;
    return length;
  }

  /**
   * Fills `dest` from `offset` on and returns its length (`ltt_relay_read`). Limits and errors are
   * those of `write`.
   */
  read(offset: number, dest: Uint8Array): number {
    const length = dest.length;
    if (length === 0) return 0;
    const begin = this.#locate("read", offset, length);
    const end = begin + length;
    const page = begin >>> PAGE_SHIFT;
    const last = (end - 1) >>> PAGE_SHIFT;
    if (page !== this.#cache[RPAGE]) this.#pages.cachePage(RPAGE, begin);
    if (end > this.#extentEnds[page]) {
      this.#readExtents(begin, dest);
    } else {
      const address = this.#pfns[page] * PAGE_SIZE + (begin & IN_PAGE);
      if (length > READ_LOOP_MAX) dest.set(this.#ram.subarray(address, address + length));
      else for (let i = 0; i < length; i++) dest[i] = this.#ram[address + i];
    }
    if (last !== page) this.#cache[RPAGE] = last;
    return length;
  }

  /** The page that holds `offset`, to be read whole (`ltt_relay_read_get_page`). */
  readGetPage(offset: number): BufferPage {
    const begin = this.#locate("read the page", offset, 1);
    const page = begin >>> PAGE_SHIFT;
    if (page !== this.#cache[RPAGE]) this.#pages.cachePage(RPAGE, begin);
    return this.#pages.index[page];
  }

  /**
   * Address in RAM of the byte at `offset`, meant for headers of sub-buffers: those have caches of
   * their own, which start from the page written to last (`ltt_relay_offset_address`). Up to the
   * end of the page it may be written to directly.
   */
  offsetAddress(offset: number): Address {
    const begin = this.#locate("look up a byte", offset, 1);
    const page = begin >>> PAGE_SHIFT;
    const slot = begin & this.#subbufSize ? HPAGE + 1 : HPAGE;
    if (page !== this.#cache[slot]) {
      this.#cache[slot] = this.#cache[WPAGE];
      if (page !== this.#cache[slot]) this.#pages.cachePage(slot, begin);
    }
    return this.#pfns[page] * PAGE_SIZE + (begin & IN_PAGE);
  }

  /** @ignore Frees the memory (`relay_destroy_buf`): the relay layer's own. */
  destroy(): void {
    this.#size = 0;
    this.#pages.free();
    this.chan.buf[this.cpu] = null;
    this.#machine.slab.kfree(this.#slab);
    this.chan.references.put("buffer");
  }

  /** The last reference is gone (`relay_remove_buf`). */
  #remove(): void {
    try {
      if (this.dentry) removeBufFile(this.chan.callbacks, this.dentry);
    } finally {
      this.destroy();
    }
  }

  #cachedPage(slot: number): BufferPage {
    return this.#pages
      .index[this.#locate("look up a page", this.#cache[slot] * PAGE_SIZE, 1) >>> PAGE_SHIFT];
  }

  /** Checks an access and takes its offset modulo the size. */
  #locate(what: string, offset: number, length: number): number {
    // Unsigned 32-bit integers need no further look; the mask is right for all integers.
    if (offset >>> 0 !== offset && (!Number.isSafeInteger(offset) || offset < 0)) {
      throw new RangeError(`Cannot ${what} at offset ${offset}: not an integer from 0 to 2^53 - 1`);
    }
    const begin = offset & this.#mask;
    if (begin + length > this.#size) {
      const where = this.#size === 0 ? "it is freed" : `it ends at ${this.#size}`;
      throw new RangeError(`Cannot ${what} at ${begin} of the buffer, length ${length}: ${where}`);
    }
    return begin;
  }

  // The two below are methods of their own because a closure that captures an argument would cost
  // every call of `write` and `read` an allocation.

  #writeExtents(begin: number, src: Uint8Array): void {
    this.#eachExtent(begin, src.length, (address, from, to) => {
      this.#ram.set(src.subarray(from, to), address);
    });
  }

  #readExtents(begin: number, dest: Uint8Array): void {
    this.#eachExtent(begin, dest.length, (address, from, to) => {
      dest.set(this.#ram.subarray(address, address + to - from), from);
    });
  }

  /** Calls `copy` for each extent with its address and which of the bytes lie there. */
  #eachExtent(
    begin: number,
    length: number,
    copy: (address: Address, from: number, to: number) => void,
  ): void {
    for (let from = 0; from < length;) {
      const offset = begin + from;
      const page = offset >>> PAGE_SHIFT;
      const to = Math.min(length, this.#extentEnds[page] - begin);
      copy(this.#pfns[page] * PAGE_SIZE + (offset & IN_PAGE), from, to);
      from = to;
    }
  }
}
