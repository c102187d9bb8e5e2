import type { Address } from "../../hw/ram.ts";
import type { FrameRun, RingMemory } from "./ring_memory.ts";

/** Index of the run that holds the byte at `at` of a sub-buffer. */
export function runAt(runs: readonly FrameRun[], at: number): number {
  let i = 0;
  while (runs[i].end <= at) i++;
  return i;
}

/**
 * A caller writes a slot in one piece. Where it lies across two runs of frames it is assembled in an
 * area beside the sub-buffers, and copied when it is committed. There is one such area a ring.
 */
export class Bounce {
  readonly #memory: RingMemory;
  /** Slot being assembled, as an offset; meaningless when `#runs` is null. */
  #slot = 0;
  #at = 0;
  #size = 0;
  #runs: readonly FrameRun[] | null = null;

  /** The area of a ring. */
  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  /** Whether a slot is being assembled. */
  get busy(): boolean {
    return this.#runs !== null;
  }

  /** Gives the area to a slot whose bytes belong at `at` of a sub-buffer; returns its address. */
  take(slot: number, at: number, size: number, runs: readonly FrameRun[]): Address {
    this.#slot = slot;
    this.#at = at;
    this.#size = size;
    this.#runs = runs;
    return this.#memory.bounce;
  }

  /** Forgets the slot being assembled, if there is one. */
  drop(): void {
    this.#runs = null;
  }

  /** Copies a slot to where it belongs, if it was assembled here. */
  release(slot: number): void {
    const runs = this.#runs;
    if (runs === null || slot !== this.#slot) return;
    const { bytes, bounce } = this.#memory;
    const end = this.#at + this.#size;
    for (let at = this.#at, i = runAt(runs, at); at < end; i++) {
      const to = Math.min(end, runs[i].end);
      bytes.copyWithin(runs[i].base + at, bounce + at - this.#at, bounce + to - this.#at);
      at = to;
    }
    this.#runs = null;
  }
}
