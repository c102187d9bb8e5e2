/** Numbers that become more, as doubles in one array. */
export class GrowingNumbers {
  #array = new Float64Array(64);
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds one. */
  push(value: number): void {
    if (this.#length === this.#array.length) {
      const larger = new Float64Array(2 * this.#array.length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.#length++] = value;
  }

  /** All of them, in place: until the next is added. */
  get values(): Float64Array {
    return this.#array.subarray(0, this.#length);
  }
}
