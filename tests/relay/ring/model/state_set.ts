/** Most bits of the numbers of a state: 53 together. */
const PLACE_BITS = 18;
const AGREEMENT_BITS = 17;
/** In a slot that holds nothing. */
const NONE = -1;

/**
 * States that were visited: two places and what the sides agree on, by their numbers. A hash table
 * with the keys in one array: there are a million states, looked up several times each.
 */
export class StateSet {
  /** The numbers of a state in one, at its hash or behind; half of the slots or more hold nothing. */
  #keys = new Float64Array(1 << 12).fill(NONE);
  #size = 0;

  /** Adds a state; false if it was there. */
  add(writer: number, reader: number, agreement: number): boolean {
    const isTooMany = (writer | reader) >> PLACE_BITS !== 0 || agreement >> AGREEMENT_BITS !== 0;
    if (isTooMany) throw new RangeError(`Cannot add ${[writer, reader, agreement]}: too large`);
    if (2 * this.#size >= this.#keys.length) this.#grow();
    const key = (writer * 2 ** PLACE_BITS + reader) * 2 ** AGREEMENT_BITS + agreement;
    const isNew = this.#put(key);
    if (isNew) this.#size++;
    return isNew;
  }

  #put(key: number): boolean {
    const keys = this.#keys;
    const mask = keys.length - 1;
    const hash = Math.imul(key / 2 ** 26, 0x9e37_79b1) ^ Math.imul(key, 0x85eb_ca6b);
    for (let at = (hash ^ hash >>> 15) & mask;; at = (at + 1) & mask) {
      if (keys[at] === key) return false;
      if (keys[at] !== NONE) continue;
      keys[at] = key;
      return true;
    }
  }

  #grow(): void {
    const old = this.#keys;
    this.#keys = new Float64Array(2 * old.length).fill(NONE);
    for (const key of old) if (key !== NONE) this.#put(key);
  }
}
