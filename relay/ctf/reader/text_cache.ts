/** Texts that are kept: as many as the 13 bits that are taken of a hash tell apart. */
const ENTRIES = 8192;
/** Texts that are kept are shorter, in bytes. */
export const MAX_SHORT: number = 64;
/** Words of four bytes of a text that is kept. */
const WORDS = MAX_SHORT / 4;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const { fromCharCode } = String;

/** Makes text of bytes; keeps short texts, for most of those that are recorded come again. */
export class TextCache {
  readonly #texts: string[] = new Array(ENTRIES).fill("");
  /** Their bytes, the last word filled up with zeros. */
  readonly #words = new Int32Array(ENTRIES * WORDS);
  readonly #lengths = new Uint8Array(ENTRIES);

  /**
   * Text of the bytes from `from` on, before `to`, behind which there are four more; `view` is on the same
   * ones. `hash` is that of them, `bits` are all their bits, by their place in a word, and `tail` those
   * behind the last whole word.
   */
  short(
    view: DataView,
    bytes: Uint8Array,
    from: number,
    to: number,
    hash: number,
    bits: number,
    tail: number,
  ): string {
    const length = to - from;
    const entry = hash >>> 19;
    const words = this.#words;
    const first = entry * WORDS;
    if (this.#lengths[entry] === length && words[first + (length >> 2)] === tail) {
      let at = from;
      let word = first;
      while (at + 4 <= to && words[word] === view.getInt32(at, true)) {
        at += 4;
        word++;
      }
      if (at + 4 > to) return this.#texts[entry];
    }
    const isAscii = (bits & 0x80808080) === 0;
    const text = isAscii ? asciiText(bytes, from, to) : this.long(bytes, from, to);
    for (let i = 0; i < length >> 2; i++) words[first + i] = view.getInt32(from + 4 * i, true);
    words[first + (length >> 2)] = tail;
    this.#lengths[entry] = length;
    return this.#texts[entry] = text;
  }

  /** Text of the bytes from `from` on, before `to`. What is no UTF-8 is U+FFFD in it. */
  long(bytes: Uint8Array, from: number, to: number): string {
    return decoder.decode(bytes.subarray(from, to));
  }
}

/** A hash with the next four bytes of a text. */
export function hashed(hash: number, bytes: number): number {
  const product = Math.imul(hash ^ bytes, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** For a short text a third of what the decoder takes. */
function asciiText(b: Uint8Array, from: number, to: number): string {
  let text = "";
  let i = from;
  for (; i + 16 <= to; i += 16) {
    // deno-fmt-ignore
    text += fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15]);
  }
  for (; i + 4 <= to; i += 4) text += fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3]);
  for (; i < to; i++) text += fromCharCode(b[i]);
  return text;
}
