/** Texts remembered. */
const CAPACITY = 512;
/** Bytes for each: longer ones are not remembered. */
const SLOT_SIZE = 128;
/** Bytes for all. */
export const RECENT_TEXTS_SIZE = CAPACITY * SLOT_SIZE;
/** Of so many texts not found one is remembered: those that come once would push out the others. */
const SAMPLE = 8;
/** After so many not found it is time to ask whether looking is worth while. */
const ROUND = 1024;
/** Texts that are not looked up when it was not. */
const PAUSE = 16 * ROUND;

// A byte order mark is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Where the UTF-8 of texts recorded lately lies: finding it is three times as fast as encoding the
 * text again, and most texts of a program come again. Slots are filled in turn. A thread that records
 * a new text each time soon stops looking, for a while.
 */
export class RecentTexts {
  /** Slot of each text. The keys are copies: a slice would keep all it was cut from. */
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = new Array(CAPACITY).fill("");
  readonly #ends = new Int32Array(CAPACITY);
  #next = 0;
  #found = 0;
  #missed = 0;
  #pause = 0;
  #sample = 0;

  /** Slot of a text; -1 if it is not remembered. */
  find(text: string): number {
    if (this.#pause > 0) {
      this.#pause--;
      return -1;
    }
    const slot = this.#slots.get(text);
    if (slot === undefined) {
      this.#miss();
      return -1;
    }
    this.#found++;
    return slot;
  }

  /** Where the bytes of a slot begin. */
  begin(slot: number): number {
    return slot * SLOT_SIZE;
  }

  /** Where they end. */
  end(slot: number): number {
    return this.#ends[slot];
  }

  /** Whether a text that was not found, of so many bytes, is to be remembered. */
  wants(size: number): boolean {
    if (size > SLOT_SIZE || this.#pause > 0) return false;
    this.#sample = (this.#sample + 1) % SAMPLE;
    return this.#sample === 0;
  }

  /** Remembers a text of which `bytes`, a zero byte at the end, is the UTF-8, in `area`. */
  remember(bytes: Uint8Array, area: Uint8Array): void {
    const key = decoder.decode(bytes.slice(0, -1));
    if (this.#slots.has(key)) return;
    const slot = this.#next;
    this.#next = (slot + 1) % CAPACITY;
    this.#slots.delete(this.#keys[slot]);
    this.#keys[slot] = key;
    this.#slots.set(key, slot);
    area.set(bytes, this.begin(slot));
    this.#ends[slot] = this.begin(slot) + bytes.length;
  }

  #miss(): void {
    if (++this.#missed < ROUND) return;
    if (this.#found < this.#missed) this.#pause = PAUSE;
    this.#found = 0;
    this.#missed = 0;
  }
}
