import { EnumValue, type FieldValue } from "../ctf/reader/trace_event.ts";
import { type ValueStyle, valueWriter } from "./value_text.ts";

/** How people are shown values. */
export const PLAIN_VALUES: ValueStyle = {
  text: quotedText,
  number: (value) => `${value}`,
  label: harmless,
  list: ["[", " ", "]"],
  struct: ["{", " ", "}"],
  name: (name) => `${name}=`,
};

/**
 * A value for people: text in quotes, the label of an enumeration, `{x=1 y=2}`, `[1 2]`. What would
 * move a terminal's cursor is escaped.
 */
export const plainValue: (value: FieldValue) => string = valueWriter(PLAIN_VALUES);

/** What is the same for equal values, for a map: a number stays one. */
export function valueKey(value: FieldValue): string | number | bigint {
  if (value instanceof EnumValue) return value.value;
  return typeof value === "object" ? plainValue(value) : value;
}

/** What ends lines, moves a terminal's cursor or turns the direction of text. */
export const HARMFUL: RegExp = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Text that stands for itself in quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Text in which what is {@linkcode HARMFUL} is escaped. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, codeOf);
}

/** Text in quotes, which is JSON of it too. */
export function quotedText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : harmless(JSON.stringify(text));
}

function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
