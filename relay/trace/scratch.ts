import { RECENT_TEXTS_SIZE, RecentTexts } from "./recent_texts.ts";

/** Bytes it begins with. */
const INITIAL_SIZE = 2 * RECENT_TEXTS_SIZE;
/** Longest text, in UTF-16 units, that is encoded here; the platform does longer ones faster. */
const SHORT = 96;
/** Most bytes of UTF-8 a UTF-16 unit has. */
const MAX_BYTES_PER_UNIT = 3;
/** Most bytes copied in words; the platform moves more of them faster. */
const FEW = 192;

const encoder = new TextEncoder();

/**
 * Where a thread assembles what has no fixed length, before it reserves a slot for it. Used as a
 * stack: an event recorded while another one's arguments are being converted goes on above.
 */
export class Scratch {
  /** Where to write next; what lies below is in use, first of all recent texts. */
  top = RECENT_TEXTS_SIZE;
  /** Where the text ends that `text` was given last. */
  end = 0;
  /** Whether that is to be remembered when the event is written. */
  remembers = false;
  /** Longest field worth writing: a longer one fits no sub-buffer. */
  readonly limit: number;
  #bytes = new Uint8Array(INITIAL_SIZE);
  #view = new DataView(this.#bytes.buffer);
  readonly #recent = new RecentTexts();
  #newText = "";
  readonly #ram: Uint8Array;
  readonly #ramView: DataView;

  /** For slots in that RAM, of at most `limit` bytes. */
  constructor(ram: ArrayBufferLike, limit: number) {
    this.limit = limit;
    this.#ram = new Uint8Array(ram);
    this.#ramView = new DataView(ram);
  }

  /** What is written to; another one after each `room`. */
  get view(): DataView {
    return this.#view;
  }

  /** Makes room for `size` bytes from `at` on. */
  room(at: number, size: number): void {
    if (at + size <= this.#bytes.length) return;
    let length = this.#bytes.length;
    while (length < at + size) length *= 2;
    const bytes = new Uint8Array(length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /**
   * Finds the UTF-8 of a text, a zero byte behind it, or writes it at `top`. Returns
   * where it begins; `end` is where it ends.
   */
  text(text: string, top: number): number {
    if (text.length > SHORT) {
      this.end = this.#encodeLong(text, top);
      return top;
    }
    const slot = this.#recent.find(text);
    if (slot >= 0) {
      this.end = this.#recent.end(slot);
      return this.#recent.begin(slot);
    }
    this.end = this.encode(text, top);
    if (this.#recent.wants(this.end - top)) {
      this.#newText = text;
      this.remembers = true;
    }
    return top;
  }

  /** Remembers the text that is to be: nothing may be in use of what `text` has found. */
  remember(): void {
    const end = this.encode(this.#newText, this.top);
    this.#recent.remember(this.#bytes.subarray(this.top, end), this.#bytes);
    this.#newText = "";
    this.remembers = false;
  }

  /**
   * Writes text from `at` on, a zero byte behind it, and returns where it ends. Text that fits no
   * sub-buffer is not written, and taken to be longer than any.
   */
  encode(text: string, at: number): number {
    const { length } = text;
    if (length > SHORT) return this.#encodeLong(text, at);
    const most = at + MAX_BYTES_PER_UNIT * SHORT + 1;
    if (most > this.#bytes.length) this.room(at, most - at);
    const bytes = this.#bytes;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const a = text.charCodeAt(i);
      const b = text.charCodeAt(i + 1);
      const c = text.charCodeAt(i + 2);
      const d = text.charCodeAt(i + 3);
      if ((a | b | c | d) > 127 || a === 0 || b === 0 || c === 0 || d === 0) break;
      bytes[at + i] = a;
      bytes[at + i + 1] = b;
      bytes[at + i + 2] = c;
      bytes[at + i + 3] = d;
    }
    return this.#encodeRest(text, i, at + i);
  }

  /** Encodes what comes from a place in the text on. */
  #encodeRest(text: string, from: number, at: number): number {
    const bytes = this.#bytes;
    let end = at;
    for (let i = from; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if ((unit - 1 >>> 0) < 127) {
        bytes[end++] = unit;
      } else if (unit < 0x800 && unit !== 0) {
        bytes[end++] = 0xc0 | unit >> 6;
        bytes[end++] = 0x80 | unit & 0x3f;
      } else {
        let point = unit;
        if (unit >= 0xd800 && unit < 0xe000) {
          const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
          const isPair = unit < 0xdc00 && next >= 0xdc00 && next < 0xe000;
          point = isPair ? 0x10000 + (unit - 0xd800 << 10) + (next - 0xdc00) : 0xfffd;
          if (isPair) i++;
        } else if (unit === 0) point = 0xfffd;
        if (point >= 0x10000) {
          bytes[end++] = 0xf0 | point >> 18;
          bytes[end++] = 0x80 | point >> 12 & 0x3f;
        } else bytes[end++] = 0xe0 | point >> 12;
        bytes[end++] = 0x80 | point >> 6 & 0x3f;
        bytes[end++] = 0x80 | point & 0x3f;
      }
    }
    bytes[end] = 0;
    return end + 1;
  }

  #encodeLong(text: string, at: number): number {
    if (text.length > this.limit) return at + this.limit + 1;
    const whole = text.includes("\0") ? text.replaceAll("\0", "\ufffd") : text;
    this.room(at, MAX_BYTES_PER_UNIT * whole.length + 1);
    const end = at + encoder.encodeInto(whole, this.#bytes.subarray(at)).written;
    this.#bytes[end] = 0;
    return end + 1;
  }

  /** Copies bytes `from` to `end` to an address in RAM. */
  copy(from: number, end: number, address: number): void {
    const size = end - from;
    if (size > FEW) {
      this.#ram.set(this.#bytes.subarray(from, end), address);
      return;
    }
    const view = this.#view;
    const ram = this.#ramView;
    let at = address;
    let i = from;
    for (; i < end - 8; i += 8) {
      ram.setBigInt64(at, view.getBigInt64(i, true), true);
      at += 8;
    }
    if (size >= 8) {
      // The last eight, of which some may have been copied.
      ram.setBigInt64(address + size - 8, view.getBigInt64(end - 8, true), true);
      return;
    }
    for (; i < end; i++) ram.setUint8(at++, view.getUint8(i));
  }
}
