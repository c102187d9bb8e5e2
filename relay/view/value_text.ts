import { EnumValue, type FieldValue } from "../ctf/reader/trace_event.ts";

/** What text is made of: values of fields, and what figures hold of them. */
export type WritableValue =
  | FieldValue
  | WrittenText
  | null
  | readonly WritableValue[]
  | { readonly [name: string]: WritableValue };

/** Text of a value that is written already. */
export class WrittenText {
  /** The text. */
  readonly text: string;

  /** Keeps it. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What stands before, between and behind the parts of a value. */
type Frame = readonly [begin: string, between: string, end: string];

/** How values are written. */
export interface ValueStyle {
  /** A text. */
  readonly text: (text: string) => string;
  /** A number, of an enumeration one that has no label. */
  readonly number: (value: number | bigint) => string;
  /** The first label of an enumeration's value. */
  readonly label: (label: string) => string;
  /** What is around the elements of a list. */
  readonly list: Frame;
  /** What is around the fields of a structure. */
  readonly struct: Frame;
  /** What stands before the value of a field. */
  readonly name: (name: string) => string;
}

/** Writes values in a style. */
export function valueWriter(
  { text, number, label, list, struct, name }: ValueStyle,
): (value: WritableValue) => string {
  const framed = ([begin, between, end]: Frame, parts: string[]): string =>
    begin + parts.join(between) + end;
  return function write(value: WritableValue): string {
    if (typeof value === "string") return text(value);
    if (typeof value === "number" || typeof value === "bigint") return number(value);
    if (value === null) return "null";
    if (value instanceof EnumValue) {
      return value.labels.length === 0 ? number(value.value) : label(value.labels[0]);
    }
    if (value instanceof WrittenText) return value.text;
    if (Array.isArray(value)) return framed(list, value.map(write));
    const parts = Object.entries(value as Readonly<Record<string, WritableValue>>)
      .map(([key, one]) => name(key) + write(one));
    return framed(struct, parts);
  };
}
