import type { PackedNumbers, PackedTexts } from "./picture_format.ts";

/** Puts lines of numbers and texts one behind the other, each as small as its values allow. */
export class Packer {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  /** Adds numbers: by themselves, or by their differences where these need fewer bytes. */
  numbers(values: Float64Array): PackedNumbers {
    const plain = rangeOf(values, false);
    const delta = rangeOf(values, true);
    const isDelta = delta.width < plain.width;
    const { width, base } = isDelta ? delta : plain;
    const at = this.#size;
    if (width === 8) this.#add(new Uint8Array(values.slice().buffer));
    else if (width > 0) this.#add(planes(values, width, base, isDelta));
    return { at, count: values.length, width, base, delta: isDelta };
  }

  /** Adds texts: the different ones, and which of them stands in each place. */
  texts(different: Iterable<string>, indices: Float64Array): PackedTexts {
    const list = [...different];
    const bytes = new TextEncoder().encode(list.map(wellFormed).join(""));
    const at = this.#size;
    this.#add(bytes);
    const lengths = this.numbers(Float64Array.from(list, (text) => text.length));
    return { at, size: bytes.length, lengths, indices: this.numbers(indices) };
  }

  /** All that was added, behind its description. */
  finish(description: unknown): Uint8Array<ArrayBuffer> {
    const text = new TextEncoder().encode(JSON.stringify(description));
    const whole = new Uint8Array(4 + text.length + this.#size);
    new DataView(whole.buffer).setUint32(0, text.length, true);
    whole.set(text, 4);
    let offset = 4 + text.length;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }

  #add(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }
}

/** How many bytes hold each number, or each difference, above the lowest. */
function rangeOf(
  values: Float64Array,
  isDelta: boolean,
): { width: PackedNumbers["width"]; base: number } {
  let [lowest, highest, last] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { width: 8, base: 0 };
    const number = isDelta ? value - last : value;
    if (!Number.isSafeInteger(number)) return { width: 8, base: 0 };
    last = value;
    if (number < lowest) lowest = number;
    if (number > highest) highest = number;
  }
  if (lowest === Infinity) return { width: 0, base: 0 };
  const range = highest - lowest;
  const width = range === 0
    ? 0
    : range < 2 ** 8
    ? 1
    : range < 2 ** 16
    ? 2
    : range < 2 ** 32
    ? 4
    : 8;
  return { width, base: width === 8 ? 0 : lowest };
}

/** Bytes of the same weight stand together, which compresses far better. */
function planes(values: Float64Array, width: number, base: number, isDelta: boolean): Uint8Array {
  const { length } = values;
  const bytes = new Uint8Array(width * length);
  let last = 0;
  for (let i = 0; i < length; i++) {
    let rest = values[i] - last - base;
    if (isDelta) last = values[i];
    for (let at = i; at < bytes.length; at += length) {
      bytes[at] = rest;
      rest = Math.floor(rest / 256);
    }
  }
  return bytes;
}

/** Half a character has no UTF-8; what stands for it is as long in UTF-16. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}
