/*
 * Values of fields as JSON has them, and back. What JSON has no value for stands in an object of one letter:
 *
 *   {"n":"9007199254740993"}   an integer that no double holds, NaN, an infinity, -0
 *   {"e":["GET"],"v":1}        a value of an enumeration: its labels and the value
 *   {"s":{"x":1}}              a structure
 */
import { EnumValue, type FieldValue, type FieldValues } from "../../ctf/reader/trace_event.ts";
import { MAX_TEXT } from "./field_text.ts";

/** What JSON makes of it. */
type Json = string | number | readonly Json[] | { readonly [key: string]: Json };

/** Text of a value, of a very long one as much as is shown. */
export function packValue(value: FieldValue): string {
  return JSON.stringify(new ValuePacker().pack(value));
}

/** The value that was made text. */
export function unpackValue(text: string): FieldValue {
  return unpacked(JSON.parse(text));
}

class ValuePacker {
  /** Characters of it that are still shown: what is shown has them at least. */
  #left = MAX_TEXT;

  pack(value: FieldValue): Json {
    if (typeof value === "string") {
      const text = value.slice(0, this.#left + 1).toWellFormed();
      this.#left -= text.length + 2;
      return text;
    }
    if (typeof value === "number" || typeof value === "bigint") {
      this.#left -= `${value}`.length;
      const isPlain = typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0);
      return isPlain ? value : { n: Object.is(value, -0) ? "-0" : `${value}` };
    }
    if (value instanceof EnumValue) {
      this.#left -= `${value}`.length;
      return { e: value.labels, v: new ValuePacker().pack(value.value) };
    }
    if (Array.isArray(value)) return Array.from(this.#some(value), (one) => this.pack(one));
    const fields = Array.from(
      this.#some(Object.entries(value)),
      ([name, one]): [string, Json] => [name, this.pack(one)],
    );
    return { s: Object.fromEntries(fields) };
  }

  /** Elements as long as there is something left; what stands before each of them is shown too. */
  *#some<T>(elements: readonly T[]): Generator<T, void, void> {
    for (const element of elements) {
      if (this.#left-- <= 0) return;
      yield element;
    }
  }
}

function unpacked(json: Json): FieldValue {
  if (typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(unpacked);
  const { n, e, v, s } = json as Readonly<Record<string, Json>>;
  if (typeof n === "string") return /^-?[1-9]/.test(n) ? BigInt(n) : Number(n);
  if (e !== undefined) return new EnumValue(e as string[], unpacked(v) as number | bigint);
  return Object.fromEntries(
    Object.entries(s).map(([name, one]) => [name, unpacked(one)]),
  ) as FieldValues;
}
