import type { PackedField, PackedNumbers, PackedTexts } from "../picture_format.ts";

/** Numbers of a line: doubles, or bytes where these are the numbers as they are. */
export type Numbers = Float64Array | Uint8Array;

/** Numbers of a line. */
export function unpackNumbers(body: Uint8Array, packed: PackedNumbers): Numbers {
  const { at, count, width, base, delta } = packed;
  if (width === 1 && base === 0 && !delta) return body.subarray(at, at + count);
  if (width === 8) return new Float64Array(body.slice(at, at + 8 * count).buffer);
  const values = new Float64Array(count);
  const [second, third, fourth] = [at + count, at + 2 * count, at + 3 * count];
  if (width === 0) values.fill(base);
  else if (width === 1) { for (let i = 0; i < count; i++) values[i] = base + body[at + i]; }
  else if (width === 2) {
    for (let i = 0; i < count; i++) values[i] = base + (body[at + i] | body[second + i] << 8);
  } else {
    for (let i = 0; i < count; i++) {
      const low = body[at + i] | body[second + i] << 8 | body[third + i] << 16;
      values[i] = base + low + body[fourth + i] * 0x100_0000;
    }
  }
  if (delta) { for (let i = 1; i < count; i++) values[i] += values[i - 1]; }
  return values;
}

/** The different texts of a line. */
export function unpackTexts(body: Uint8Array, { at, size, lengths }: PackedTexts): string[] {
  const whole = new TextDecoder().decode(body.subarray(at, at + size));
  let end = 0;
  return Array.from(unpackNumbers(body, lengths), (length) => whole.slice(end, end += length));
}

/** What the events of a class have recorded in a field; unpacked when it is first looked at. */
export class FieldColumn {
  readonly name: string;
  readonly isNumber: boolean;
  readonly #body: Uint8Array;
  readonly #packed: PackedField;
  readonly #exact: ReadonlyMap<number, string>;
  #values: Numbers | null = null;
  #texts: readonly string[] | null = null;

  constructor(body: Uint8Array, packed: PackedField) {
    this.#body = body;
    this.#packed = packed;
    this.#exact = new Map(packed.exact);
    this.name = packed.name;
    this.isNumber = packed.numbers !== null;
  }

  /** The numbers; of a text, which one of `texts` it is. */
  get values(): Numbers {
    const { numbers, texts } = this.#packed;
    return this.#values ??= unpackNumbers(this.#body, (numbers ?? texts?.indices)!);
  }

  /** The different texts; none of a number. */
  get texts(): readonly string[] {
    const { texts } = this.#packed;
    return this.#texts ??= texts === null ? [] : unpackTexts(this.#body, texts);
  }

  /** What stands in a place, for people. */
  text(place: number): string {
    const value = this.values[place];
    if (!this.isNumber) return this.texts[value];
    const exact = this.#exact.get(place);
    const { base } = this.#packed;
    if (base === 10) return exact ?? String(value);
    const prefix = { 2: "0b", 8: "0", 16: "0x" }[base];
    const number = BigInt(exact ?? value);
    return number < 0n ? `-${prefix}${(-number).toString(base)}` : prefix + number.toString(base);
  }
}
