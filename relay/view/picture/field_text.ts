import type { FieldValue } from "../../ctf/reader/trace_event.ts";
import { type Base, basedNumber } from "../based_number.ts";
import { PLAIN_VALUES, plainValue } from "../plain_values.ts";
import { valueWriter } from "../value_text.ts";

/** Characters of a field that a picture shows. */
export const MAX_TEXT: number = 4096;

/**
 * What was recorded in a field, as people are shown it in a picture: a text is itself, integers stand in the base; cut
 * if very long.
 */
export function fieldText(value: FieldValue, base: Base = 10): string {
  const text = typeof value === "string" ? value : writerIn(base)(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text;
}

function writerIn(base: Base): (value: FieldValue) => string {
  if (base === 10) return plainValue;
  return valueWriter({ ...PLAIN_VALUES, number: (value) => basedNumber(value, base) });
}
