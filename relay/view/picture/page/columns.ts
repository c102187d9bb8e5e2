import type { FieldValue } from "../../../ctf/reader/trace_event.ts";
import type { Scope } from "../../value_source.ts";
import { fieldText } from "../field_text.ts";
import { unpackValue } from "../packed_values.ts";
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
  readonly isNumber: boolean;
  readonly #body: Uint8Array;
  readonly #packed: PackedField;
  readonly #exact: ReadonlyMap<number, string>;
  #numbers: Numbers | null = null;
  #different: readonly FieldValue[] | null = null;

  constructor(body: Uint8Array, packed: PackedField) {
    this.#body = body;
    this.#packed = packed;
    this.#exact = new Map(packed.exact);
    this.isNumber = packed.numbers !== null;
  }

  /** In which part of the events it is. */
  get scope(): Scope {
    return this.#packed.scope;
  }

  /** Names of the structures it is in there, and its own. */
  get path(): readonly string[] {
    return this.#packed.path;
  }

  /** Whether people are shown it. */
  get isShown(): boolean {
    return this.#packed.isShown && this.scope !== "packetContext";
  }

  /** Whether nothing is in its values: they are numbers or texts. */
  get isPlain(): boolean {
    return this.isNumber || this.#packed.isText;
  }

  /** What people call it. */
  get name(): string {
    return `${this.scope === "fields" ? "" : "context."}${this.path.join(".")}`;
  }

  /** The numbers, most of them exact; of what is no number, which of `different` it is. */
  get numbers(): Numbers {
    const { numbers, texts } = this.#packed;
    return this.#numbers ??= unpackNumbers(this.#body, (numbers ?? texts?.indices)!);
  }

  /** The different values of what is no number; none of a number. */
  get different(): readonly FieldValue[] {
    const { texts, isText } = this.#packed;
    if (this.#different === null) {
      const all = texts === null ? [] : unpackTexts(this.#body, texts);
      this.#different = isText ? all : all.map(unpackValue);
    }
    return this.#different;
  }

  /** What stands in a place. */
  value(place: number): FieldValue {
    const number = this.numbers[place];
    if (!this.isNumber) return this.different[number];
    const exact = this.#exact.get(place);
    return exact === undefined ? number : BigInt(exact);
  }

  /** What stands in a place, for people. */
  text(place: number): string {
    return fieldText(this.value(place), this.#packed.base);
  }
}
