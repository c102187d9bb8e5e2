import { EnumValue, type FieldValue } from "../../ctf/mod.ts";

/** Characters of a field that a picture shows. */
export const MAX_TEXT: number = 4096;

/** What was recorded in a field, as people are shown it in a picture; cut if very long. */
export function fieldText(value: FieldValue): string {
  const text = whole(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text;
}

function whole(value: FieldValue): string {
  if (typeof value !== "object" || value instanceof EnumValue) return String(value);
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  return `{ ${Object.entries(value).map(([name, one]) => `${name} = ${inner(one)}`).join(", ")} }`;
}

function inner(value: FieldValue): string {
  return typeof value === "string" ? JSON.stringify(value) : whole(value);
}
