/** Writes fields of any size at any bit, as CTF 1.8, 4.1, has them: a bit at a time, to be simple. */
export class BitWriter {
  /** Bits so far. */
  at = 0;
  #bytes = new Uint8Array(64);

  /** What was written, whole bytes. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, Math.ceil(this.at / 8));
  }

  /** Goes to a multiple of so many bits. */
  align(bits: number): void {
    this.at = Math.ceil(this.at / bits) * bits;
    this.#grow(0);
  }

  /** Writes an integer's low bits: the lowest one first, or the highest one. */
  integer(value: bigint, size: number, isLittle: boolean): void {
    this.#grow(size);
    for (let i = 0; i < size; i++, this.at++) {
      const bit = Number((value >> BigInt(isLittle ? i : size - 1 - i)) & 1n);
      this.#bytes[this.at >> 3] |= bit << (isLittle ? this.at & 7 : 7 - (this.at & 7));
    }
  }

  /** Writes whole bytes at a byte. */
  raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.integer(BigInt(byte), 8, true);
  }

  #grow(bits: number): void {
    const needed = Math.ceil((this.at + bits) / 8);
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * needed);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
