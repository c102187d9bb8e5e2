const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A short text in memory that threads share: its length in bytes, then its UTF-8. */
export class SharedText {
  readonly #length: Uint32Array;
  readonly #bytes: Uint8Array;

  /** The text that begins at a multiple of 4 and may have `size` bytes, its length included. */
  constructor(memory: ArrayBufferLike, at: number, size: number) {
    this.#length = new Uint32Array(memory, at, 1);
    this.#bytes = new Uint8Array(memory, at + 4, size - 4);
  }

  /** The text; while another thread stores one it may be a mixture. */
  get text(): string {
    return decoder.decode(this.#bytes.slice(0, this.#length[0]));
  }

  /** Stores a text, cut between characters where there is no room for more. */
  set text(text: string) {
    const whole = encoder.encode(text);
    let length = Math.min(whole.length, this.#bytes.length);
    while (length < whole.length && length > 0 && (whole[length] & 0xc0) === 0x80) length--;
    this.#bytes.set(whole.subarray(0, length));
    this.#length[0] = length;
  }
}
