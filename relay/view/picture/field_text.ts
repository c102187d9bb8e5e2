import type { FieldValue } from "../../ctf/reader/trace_event.ts";
import { plainValue } from "../plain_values.ts";

/** Characters of a field that a picture shows. */
export const MAX_TEXT: number = 4096;

/** What was recorded in a field, as people are shown it in a picture: a text is itself; cut if very long. */
export function fieldText(value: FieldValue): string {
  const text = typeof value === "string" ? value : plainValue(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text;
}
