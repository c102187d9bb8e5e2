import { EnumValue, type FieldValue, type FieldValues } from "../ctf/mod.ts";

/**
 * A value for people: text in quotes, the label of an enumeration, `{x=1 y=2}`, `[1 2]`. What would
 * move a terminal's cursor is escaped.
 */
export function plainValue(value: FieldValue): string {
  if (typeof value === "string") return quotedText(value);
  if (typeof value === "number" || typeof value === "bigint") return `${value}`;
  if (value instanceof EnumValue) return harmless(`${value}`);
  if (Array.isArray(value)) return `[${value.map(plainValue).join(" ")}]`;
  const parts = Object.entries(value as FieldValues).map(([name, one]) =>
    `${name}=${plainValue(one)}`
  );
  return `{${parts.join(" ")}}`;
}

// deno-lint-ignore no-control-regex
const HARMFUL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text that stands for itself in quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Text without what ends lines, moves a terminal's cursor or turns its direction. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, escaped);
}

/** Text in quotes, which is JSON of it too. */
export function quotedText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : harmless(JSON.stringify(text));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
