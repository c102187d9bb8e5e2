/** In a slot that holds nothing. */
const NONE = -1;
/** A reader's place and an agreement make one number that is exact. */
const MOST = 2 ** 26;

/**
 * States that were visited: two places and what the sides agree on, by their numbers. There are a
 * million, looked up several times each; those of one place of the writer are looked up together, so
 * that they are in a small table of their own.
 */
export class StateSet {
  readonly #ofWriter: NumberSet[] = [];

  /** Adds a state; false if it was there. */
  add(writer: number, reader: number, agreement: number): boolean {
    if (reader >= MOST || agreement >= MOST) {
      throw new RangeError(`Cannot add ${[writer, reader, agreement]}: too large`);
    }
    const states = this.#ofWriter[writer] ??= new NumberSet();
    return states.add(reader * MOST + agreement);
  }
}

/** Numbers from 0 on, in a hash table that is one array. */
class NumberSet {
  /** Each number at its hash or behind; half of the slots or more hold nothing. */
  #slots = new Float64Array(8).fill(NONE);
  #size = 0;

  /** Adds a number; false if it was there. */
  add(number: number): boolean {
    if (2 * this.#size >= this.#slots.length) this.#grow();
    const isNew = this.#put(number);
    if (isNew) this.#size++;
    return isNew;
  }

  #put(number: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = Math.imul(number / MOST, 0x9e37_79b1) ^ Math.imul(number, 0x85eb_ca6b);
    for (let at = (hash ^ hash >>> 15) & mask;; at = (at + 1) & mask) {
      if (slots[at] === number) return false;
      if (slots[at] !== NONE) continue;
      slots[at] = number;
      return true;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(2 * old.length).fill(NONE);
    for (const number of old) if (number !== NONE) this.#put(number);
  }
}
