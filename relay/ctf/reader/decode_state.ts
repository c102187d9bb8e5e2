import { CtfError } from "../ctf_error.ts";
import type { EventClass } from "../tsdl/field_class.ts";
import { hashed, MAX_SHORT, type TextCache } from "./text_cache.ts";
import type { FieldValues, TraceEvent } from "./trace_event.ts";

/** Elements that an event can have. */
const MAX_ELEMENTS = 2 ** 22;
const NO_BYTES = new Uint8Array(0);

/** What the code that is made for a trace works on. */
export class DecodeState {
  /** Bytes of a packet, or a part of them; they begin at a multiple of the largest alignment. */
  bytes: Uint8Array = NO_BYTES;
  /** The same bytes. */
  view: DataView = new DataView(NO_BYTES.buffer);
  /** Name of the file, for errors. */
  file: string | null = null;
  /** Where in it the bytes begin. */
  fileOffset: number = 0;
  /** Behind a text. */
  at: number = 0;
  /** The bit in its byte at which an event begins or ends. */
  bit: number = 0;
  /** An event's number. */
  id: number | bigint = 0;
  /** What the clock shows: the low 32 bits … */
  low: number = 0;
  /** … and the others. */
  high: number = 0;
  /** Values that lengths and variants in other scopes depend on. */
  readonly refs: (number | bigint)[] = [];
  /** What a scope was found to hold. */
  values: FieldValues | null = null;
  /** The event that was read last. */
  event: TraceEvent | null = null;
  /** Of the event that is being read: see {@linkcode TraceEvent}. */
  time: number = 0;
  /** Of its packet. */
  cpu: number = -1;
  /** Of its packet. */
  packetContext: FieldValues | null = null;
  /** Elements of arrays of the event that is being read, with all their fields. */
  elements: number = 0;
  /** How many more there may be in the packet: without a size, a few bytes could say there are billions. */
  elementsLeft: number = 0;
  readonly #texts: TextCache | null;
  readonly #scratch = new DataView(new ArrayBuffer(8));

  /** Works on nothing yet. `texts` may be that of others; there need not be any where no text is made. */
  constructor(texts: TextCache | null) {
    this.#texts = texts;
  }

  /** Works on bytes from now on. */
  load(bytes: Uint8Array, file: string | null, fileOffset: number): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.file = file;
    this.fileOffset = fileOffset;
  }

  /** An error about a byte. */
  error(message: string, at: number): CtfError {
    return new CtfError(message, this.file, this.fileOffset + at);
  }

  /** The integer of any size at any bit. */
  integer(position: number, size: number, signed: boolean, isLittle: boolean): number | bigint {
    let [low, high] = [0, 0];
    const { bytes } = this;
    // From the highest bits on, as many at a time as are in one byte.
    for (let left = size; left > 0;) {
      const bit = isLittle ? position + left : position + size - left;
      const inByte = isLittle ? (bit % 8 || 8) : 8 - bit % 8;
      const count = Math.min(left, inByte);
      const byte = bytes[Math.floor(isLittle ? (bit - 1) / 8 : bit / 8)];
      const bits = (byte >> (inByte - count)) & (2 ** count - 1);
      high = (high << count) | (low >>> (32 - count));
      low = (low << count) | bits;
      left -= count;
    }
    low >>>= 0;
    if (size <= 32) return signed ? (low << (32 - size)) >> (32 - size) : low;
    const above = 64 - size;
    high = signed ? (high << above) >> above : high >>> 0;
    return exact(high, low);
  }

  /** The integer of 64 bits at a byte. */
  big(at: number, signed: boolean, isLittle: boolean): number | bigint {
    const low = this.view.getUint32(at + (isLittle ? 0 : 4), isLittle);
    const high = at + (isLittle ? 4 : 0);
    return exact(
      signed ? this.view.getInt32(high, isLittle) : this.view.getUint32(high, isLittle),
      low,
    );
  }

  /** The floating-point number at any bit. */
  float(position: number, size: 32 | 64, isLittle: boolean): number {
    for (let word = 0; word < size; word += 32) {
      const bits = this.integer(position + word, 32, false, isLittle);
      this.#scratch.setUint32(word / 8, Number(bits), isLittle);
    }
    return size === 32
      ? this.#scratch.getFloat32(0, isLittle)
      : this.#scratch.getFloat64(0, isLittle);
  }

  /** Text up to a zero byte, behind which `at` is then: -1 if there is none before `end`. */
  text(at: number, end: number): string {
    const { view } = this;
    const texts = this.#texts!;
    // Most texts are short: four bytes at a time they are kept or found in the time of a search.
    const last = Math.min(end, at + MAX_SHORT) - 4;
    let [hash, bits] = [0, 0];
    for (let word = at; word <= last; word += 4) {
      const bytes = view.getInt32(word, true);
      const zeros = zerosIn(bytes);
      if (zeros !== 0) {
        const left = bytesBefore(zeros);
        const rest = bytes & ((1 << (8 * left)) - 1);
        this.at = word + left + 1;
        const all = bits | rest;
        return texts.short(view, this.bytes, at, word + left, hashed(hash, rest), all, rest);
      }
      hash = hashed(hash, bytes);
      bits |= bytes;
    }
    const next = this.skipText(at, end);
    this.at = next;
    return next < 0 ? "" : texts.long(this.bytes, at, next - 1);
  }

  /** The byte behind a text, -1 if it does not end before `end`. */
  skipText(at: number, end: number): number {
    const { bytes, view } = this;
    const last = Math.min(end, at + MAX_SHORT) - 4;
    for (; at <= last; at += 4) {
      const zeros = zerosIn(view.getInt32(at, true));
      if (zeros !== 0) return at + bytesBefore(zeros) + 1;
    }
    const zero = at < end ? bytes.indexOf(0, at) : -1;
    return zero < 0 || zero >= end ? -1 : zero + 1;
  }

  /** Text in an array: up to its first zero byte if there is any. */
  textArray(at: number, end: number): string {
    const zero = this.skipText(at, end);
    return this.#texts!.long(this.bytes, at, zero < 0 ? end : zero - 1);
  }

  /** A length, as it was recorded. */
  length(recorded: number | bigint, at: number): number {
    if (recorded < 0) throw this.error(`Cannot read an event: a length is ${recorded}`, at);
    return Number(recorded);
  }

  /** Counts elements before they are read. */
  count(elements: number, at: number): void {
    this.elements += elements;
    this.elementsLeft -= elements;
    if (this.elements <= MAX_ELEMENTS && this.elementsLeft >= 0) return;
    throw this.error("Cannot read an event: its arrays have more elements than make sense", at);
  }

  /** No option of a variant has the label of its tag. */
  noOption(tag: number | bigint, at: number): CtfError {
    return this.error(`Cannot read an event: no option of a variant is for ${tag}`, at);
  }

  /** The clock goes to the next time that ends in these bits, of which there are `size`. CTF 1.8, 8. */
  tick(value: number | bigint, size: number): void {
    if (size === 32) {
      const low = Number(value) >>> 0;
      if (low < this.low) this.high = (this.high + 1) | 0;
      this.low = low;
    } else if (size < 32) {
      const mask = 2 ** size - 1;
      const before = (this.low & mask) >>> 0;
      const bits = Number(value) & mask;
      let low = this.low - before + bits;
      if (bits < before) low += mask + 1;
      if (low >= 4294967296) this.high = (this.high + 1) | 0;
      this.low = low >>> 0;
    } else this.#tickFar(value, size);
  }

  #tickFar(value: number | bigint, size: number): void {
    let low: number;
    let high: number;
    if (typeof value === "number" && value >= 0) {
      low = value >>> 0;
      high = (value - low) / 4294967296;
    } else {
      const bits = BigInt.asUintN(64, BigInt(value));
      low = Number(bits & 0xffff_ffffn);
      high = Number(bits >> 32n);
    }
    if (size < 64) {
      const mask = 2 ** (size - 32) - 1;
      high &= mask;
      const before = this.high & mask;
      const isOver = high < before || (high === before && low < this.low);
      high += this.high - before + (isOver ? mask + 1 : 0);
    }
    this.low = low;
    this.high = high | 0;
  }

  /** Makes the event known that was just read. */
  emit(
    of: EventClass,
    streamContext: FieldValues | null,
    context: FieldValues | null,
    fields: FieldValues,
  ): void {
    const { time, cpu, packetContext } = this;
    this.event = { class: of, time, cpu, packetContext, streamContext, context, fields };
  }
}

/** The highest bit of the lowest byte that is 0 of four, and maybe of some above it; 0 if none is 0. */
function zerosIn(bytes: number): number {
  return (bytes - 0x01010101) & ~bytes & 0x80808080;
}

/** How many bytes are below the lowest one that is marked by its highest bit. */
function bytesBefore(zeros: number): number {
  return (31 - Math.clz32(zeros & -zeros)) >> 3;
}

function exact(high: number, low: number): number | bigint {
  const number = high * 4294967296 + low;
  return Number.isSafeInteger(number) ? number : (BigInt(high) << 32n) | BigInt(low);
}
