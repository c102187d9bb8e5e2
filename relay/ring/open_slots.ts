/** Slots that can be open at a time. LTTng, `RING_BUFFER_MAX_NESTING`. */
export const MAX_NESTING: number = 4;

/** Slots that are open while they are counted: where each begins and ends, in order of reservation. */
export class OpenSlots {
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];

  /** How many are open. */
  get count(): number {
    return this.#begins.length;
  }

  /** Where the one reserved last begins; NaN when none is open. */
  get last(): number {
    return this.count === 0 ? NaN : this.#begins[this.count - 1];
  }

  /** Adds a slot, from offset to offset. */
  push(begin: number, end: number): void {
    this.#begins.push(begin);
    this.#ends.push(end);
  }

  /** Takes out the slot that begins there, and returns how many bytes it has; 0 if none does. */
  take(begin: number): number {
    const i = this.#begins.lastIndexOf(begin);
    if (i < 0) return 0;
    const size = (this.#ends[i] - begin) | 0;
    this.#begins.copyWithin(i, i + 1).pop();
    this.#ends.copyWithin(i, i + 1).pop();
    return size;
  }

  /** Forgets them all. */
  clear(): void {
    this.#begins.length = 0;
    this.#ends.length = 0;
  }
}
