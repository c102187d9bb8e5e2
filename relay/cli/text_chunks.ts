const encoder = new TextEncoder();

/** Writes text in large pieces. */
export class TextChunks {
  readonly #writeSync: (bytes: Uint8Array) => number;
  readonly #size: number;
  #text = "";

  /** By `writeSync`, which answers how many bytes it has written; so many characters at once. */
  constructor(writeSync: (bytes: Uint8Array) => number, size: number) {
    this.#writeSync = writeSync;
    this.#size = size;
  }

  /** Writes text, now or later. */
  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= this.#size) this.flush();
  }

  /** Writes what is left. */
  flush(): void {
    const bytes = encoder.encode(this.#text);
    this.#text = "";
    for (let at = 0; at < bytes.length;) at += this.#writeSync(bytes.subarray(at));
  }
}
