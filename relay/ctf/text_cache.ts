/** Texts that are kept, a power of two. */
const ENTRIES = 1024;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Makes text of bytes; keeps short texts, for most of those that are recorded come again. */
export class TextCache {
  readonly #texts: string[] = new Array(ENTRIES).fill("");
  readonly #bytes: Uint8Array[] = new Array(ENTRIES).fill(new Uint8Array(0));

  /** Text of the bytes from `from` on, before `to`, of which `hash` is a hash. */
  short(bytes: Uint8Array, from: number, to: number, hash: number): string {
    const length = to - from;
    const entry = (hash ^ (hash >>> 15)) & (ENTRIES - 1);
    const kept = this.#bytes[entry];
    if (kept.length === length) {
      let i = 0;
      while (i < length && kept[i] === bytes[from + i]) i++;
      if (i === length) return this.#texts[entry];
    }
    const text = this.long(bytes, from, to);
    this.#bytes[entry] = bytes.slice(from, to);
    return this.#texts[entry] = text;
  }

  /** Text of the bytes from `from` on, before `to`. What is no UTF-8 is U+FFFD in it. */
  long(bytes: Uint8Array, from: number, to: number): string {
    return decoder.decode(bytes.subarray(from, to));
  }
}
