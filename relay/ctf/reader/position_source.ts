/**
 * Largest distance that code is written for, in bits: no packet is so long, and numbers are exact
 * up to it.
 */
const FAR = 2 ** 44;

/** Where code that is being written is: at bit `8 * at + bit + known` of the bytes. */
export interface Position {
  /** Whether `bit` has to be added; it is 0 otherwise. */
  readonly isBitwise: boolean;
  /** Bits that are known when the code is written. */
  readonly known: number;
  /** Bits of which `at` is a multiple for sure, unless it is bitwise. */
  readonly alignment: number;
}

/**
 * Lines of code that go through bytes, and where they are. The code has variables `at`, a byte, `bit`, which
 * is added where fields do not begin at bytes, and `end`; it returns -1 when it needs bytes from `end` on.
 * That is looked at once for all fields that have a fixed length and follow each other.
 */
export class PositionSource {
  /** The code so far. */
  lines: string[] = [];
  #isBitwise: boolean;
  #known = 0;
  #alignment: number;
  /** The line that is to compare with `end`, once it is known how far. */
  #check = -1;

  /** Begins at a byte that is a multiple of so many bits, or at any bit. */
  constructor(alignment: number | "bitwise") {
    this.#isBitwise = alignment === "bitwise";
    this.#alignment = alignment === "bitwise" ? 1 : alignment;
  }

  /** Where it is now. */
  get position(): Position {
    return { isBitwise: this.#isBitwise, known: this.#known, alignment: this.#alignment };
  }

  /** Goes back to where it was: for the code of another branch. */
  set position({ isBitwise, known, alignment }: Position) {
    this.#isBitwise = isBitwise;
    this.#known = known;
    this.#alignment = alignment;
    this.#check = -1;
  }

  /** Whether it is at a byte for sure. */
  get isAtByte(): boolean {
    return !this.#isBitwise && this.#known % 8 === 0;
  }

  /** The byte it is at, if it is at one. */
  byte(): string {
    return this.#known === 0 ? "at" : `at + ${this.#known / 8}`;
  }

  /** Bits from a byte's begin on, for what is not at one. */
  get bitInByte(): number {
    return this.#known % 8;
  }

  /** The byte in which it is, where no `bit` has to be added. */
  byteAround(): string {
    const byte = Math.floor(this.#known / 8);
    return byte === 0 ? "at" : `at + ${byte}`;
  }

  /** The bit it is at. */
  bit(): string {
    return this.#isBitwise ? `at * 8 + bit + ${this.#known}` : `at * 8 + ${this.#known}`;
  }

  /** Goes on behind a field, which is read by lines that come next. */
  advance(bits: number): void {
    if (this.#check < 0) this.#check = this.lines.push("") - 1;
    this.#known = Math.min(this.#known + bits, FAR);
  }

  /** Goes to the next multiple of so many bits. */
  align(bits: number): void {
    if (bits === 1) return;
    if (!this.#isBitwise && bits <= Math.max(8, this.#alignment)) {
      this.#known = Math.ceil(this.#known / bits) * bits;
      return;
    }
    if (bits < 8) {
      this.toBit();
      this.lines.push(`bit = (bit + ${bits - 1}) & ${-bits};`, "at += bit >> 3; bit &= 7;");
      return;
    }
    this.close();
    const more = bits / 8 - 1;
    if (this.#isBitwise) {
      const byte = Math.floor(this.#known / 8) + more;
      this.lines.push(`at = (at + ${byte} + ((bit + ${this.#known % 8} + 7) >> 3)) & ${~more};`);
      this.lines.push("bit = 0;");
    } else this.lines.push(`at = (at + ${Math.ceil(this.#known / 8) + more}) & ${~more};`);
    this.position = { isBitwise: false, known: 0, alignment: bits };
  }

  /** Writes the comparison with `end` for all fields since the last one. */
  close(): void {
    if (this.#check < 0) return;
    this.lines[this.#check] = this.#isBitwise
      ? `if (at * 8 + bit + ${this.#known} > end * 8) return -1;`
      : `if (at + ${Math.ceil(this.#known / 8)} > end) return -1;`;
    this.#check = -1;
  }

  /** Puts what is known into `at`, where it is at a byte. */
  toByte(): void {
    this.close();
    if (this.#known > 0) this.lines.push(`at += ${this.#known / 8};`);
    const alignment = this.#known === 0 ? this.#alignment : 8;
    this.position = { isBitwise: false, known: 0, alignment };
  }

  /** Puts what is known into `at` and `bit`. */
  toBit(): void {
    this.close();
    const [byte, bit] = [Math.floor(this.#known / 8), this.#known % 8];
    if (!this.#isBitwise) this.lines.push(`at += ${byte}; bit = ${bit};`);
    else if (this.#known > 0) {
      this.lines.push(`bit += ${bit}; at += ${byte} + (bit >> 3); bit &= 7;`);
    }
    this.position = { isBitwise: true, known: 0, alignment: 1 };
  }
}
