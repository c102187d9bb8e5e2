import type { ByteSource } from "./byte_source.ts";

/** Bytes that are kept of a file at first, if it is that long. */
const FIRST_SIZE = 2 ** 18;
/** Bytes that are kept at most: of a longer event nothing can be read. */
export const MAX_WINDOW: number = 2 ** 24;
/** To what the begin of what is kept of a packet is aligned in it: the largest alignment of fields. */
const STEP = 2 ** 13;

/** The part of a file that is in memory: from some place in a packet on. */
export class PacketWindow {
  readonly #source: ByteSource;
  #buffer: Uint8Array;
  /** Where in the file the buffer begins. */
  #bufferAt = 0;
  /** Bytes in the buffer. */
  #length: number;
  /** Where in the file what is kept of the packet begins. */
  #at = 0;

  /** `bytes` are all of the source, if they are in memory: then they stay where they are, however many. */
  constructor(source: ByteSource, bytes: Uint8Array = new Uint8Array(0)) {
    this.#source = source;
    this.#buffer = bytes;
    this.#length = bytes.length;
  }

  /** Where in the file the bytes begin. */
  get at(): number {
    return this.#at;
  }

  /** Bytes from there on, all that are in memory. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#at - this.#bufferAt, this.#length);
  }

  /** Begins at another place, with bytes enough for most of what is there. */
  moveTo(at: number, least: number): void {
    this.#at = at;
    const isKept = at >= this.#bufferAt && at + least <= this.#bufferAt + this.#length;
    if (!isKept) this.#fill();
  }

  /** Forgets what is before a byte of the bytes, as far as it may; says whether there are more bytes now. */
  more(passed: number): boolean {
    this.#at += Math.floor(passed / STEP) * STEP;
    const end = this.#bufferAt + this.#length;
    if (this.#at === this.#bufferAt && this.#length === this.#buffer.length) this.#grow();
    this.#fill();
    return this.#bufferAt + this.#length > end;
  }

  #grow(): void {
    if (this.#buffer.length >= MAX_WINDOW) return;
    const larger = new Uint8Array(Math.min(2 * this.#buffer.length, MAX_WINDOW));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  /** Moves what is kept to the begin of the buffer, and reads what follows it. */
  #fill(): void {
    if (this.#buffer.length === 0) {
      // There may be thousands of small files.
      const size = Math.min(FIRST_SIZE, Math.max(STEP, this.#source.size));
      this.#buffer = new Uint8Array(size);
    }
    const from = this.#at - this.#bufferAt;
    const isKept = from >= 0 && from <= this.#length;
    if (isKept && from > 0) this.#buffer.copyWithin(0, from, this.#length);
    this.#length = isKept ? this.#length - from : 0;
    this.#bufferAt = this.#at;
    const room = this.#buffer.subarray(this.#length);
    if (room.length > 0) this.#length += this.#source.read(this.#at + this.#length, room);
  }
}
