import { __GFP_NOFAIL, __GFP_WAIT, type Gfp } from "./gfp.ts";
import { KERN_NOTICE, type KernelLog } from "./log.ts";

/** When an allocation is made to fail. Linux 2.6.29, lib/fault-inject.c, as all of this file. */
export interface FaultAttributes {
  /** Per cent of the tests that fail. Initially 0: nothing ever fails. */
  probability: number;
  /** Only every n-th test can fail. Initially 1. */
  interval: number;
  /** How many failures are left, -1 for no end. Initially 1. */
  times: number;
  /** Units that are let through first: bytes of slab objects, pages. Initially 0. */
  space: number;
  /** Whether allocations that may sleep, as GFP_KERNEL, are spared. Initially true, as in Linux. */
  ignoreGfpWait: boolean;
  /** Pages: lowest order that can fail. Initially 1, so that single pages never do. */
  minOrder: number;
}

/** Random 32-bit numbers, the same ones for the same seed (the mulberry32 generator). */
export function random32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Fault injection of one allocator: by the kernel's attributes, or plainly the k-th from now. */
export class FaultInjection {
  readonly #attributes: FaultAttributes = {
    probability: 0,
    interval: 1,
    times: 1,
    space: 0,
    ignoreGfpWait: true,
    minOrder: 1,
  };
  readonly #random: () => number;
  readonly #log: KernelLog;
  #count = 0;
  #nthFromNow = 0;

  /** @ignore Injects nothing until told to. */
  constructor(random: () => number, log: KernelLog) {
    this.#random = random;
    this.#log = log;
  }

  /** The attributes as they are now: a copy. */
  get attributes(): FaultAttributes {
    return { ...this.#attributes };
  }

  /** Allocations until the one that is to fail, that one included; 0 when none is. */
  get nthFromNow(): number {
    return this.#nthFromNow;
  }

  /** Tests counted towards `interval` so far. */
  get count(): number {
    return this.#count;
  }

  /** Sets some of the attributes; a `RangeError`, and nothing set, when one is out of range. */
  configure(attributes: Partial<FaultAttributes>): void {
    const { ignoreGfpWait, ...numbers } = attributes;
    for (const [name, value] of Object.entries(numbers)) {
      if (!(name in this.#attributes)) throw new RangeError(`Cannot set ${name}: no attribute`);
      const least = name === "times" ? -1 : 0;
      if (Number.isSafeInteger(value) && value >= least) continue;
      throw new RangeError(`Cannot set ${name} to ${value}: not an integer from ${least} on`);
    }
    Object.assign(this.#attributes, numbers);
    if (ignoreGfpWait !== undefined) this.#attributes.ignoreGfpWait = ignoreGfpWait;
  }

  /** Makes the k-th allocation from now on fail, once, whatever its flags; 0 calls it off. */
  failNth(k: number): void {
    if (!Number.isSafeInteger(k) || k < 0) {
      throw new RangeError(`Cannot fail allocation ${k} from now: not a count`);
    }
    this.#nthFromNow = k;
  }

  /** Whether a slab object of `size` bytes is refused (`should_failslab`). */
  failSlab(size: number, gfp: Gfp): boolean {
    if (this.#nthIsDue()) return true;
    if (gfp & __GFP_NOFAIL) return false;
    if (this.#attributes.ignoreGfpWait && gfp & __GFP_WAIT) return false;
    return this.shouldFail(size);
  }

  /** Whether a block of pages is refused (`should_fail_alloc_page`). */
  failPageAlloc(gfp: Gfp, order: number): boolean {
    if (this.#nthIsDue()) return true;
    if (order < this.#attributes.minOrder || gfp & __GFP_NOFAIL) return false;
    if (this.#attributes.ignoreGfpWait && gfp & __GFP_WAIT) return false;
    return this.shouldFail(1 << order);
  }

  /** The test itself, in the kernel's order of steps (`should_fail`); `size` is taken off `space`. */
  shouldFail(size: number): boolean {
    const attributes = this.#attributes;
    if (attributes.times === 0) return false;
    if (attributes.space > size) {
      attributes.space -= size;
      return false;
    }
    if (attributes.interval > 1 && ++this.#count % attributes.interval !== 0) return false;
    if (attributes.probability <= this.#random() % 100) return false;
    this.#log.printk(KERN_NOTICE, "FAULT_INJECTION: forcing a failure\n");
    if (attributes.times > 0) attributes.times--;
    return true;
  }

  #nthIsDue(): boolean {
    return this.#nthFromNow > 0 && --this.#nthFromNow === 0;
  }
}
