import type { FieldValue, TraceEvent } from "../ctf/mod.ts";
import { JSON_STYLE } from "./json_text.ts";
import { shownNames } from "./shown_fields.ts";
import { valueWriter } from "./value_text.ts";

const valueJson = valueWriter({ ...JSON_STYLE, number: numberText });

/** A time or duration of whole nanoseconds in microseconds, with all its digits. */
export function microseconds(ns: number): string {
  const whole = Math.round(ns);
  const size = Math.abs(whole);
  const rest = size % 1000;
  const text = `${(size - rest) / 1000}${rest === 0 ? "" : `.${String(rest).padStart(3, "0")}`}`;
  return whole < 0 ? `-${text}` : text;
}

/**
 * What an event has recorded as JSON that every reader takes: integers beyond 2^53 and what is no number of
 * JSON are text. Its own are in `fields`, those of contexts in `context`, what another event has recorded in
 * `end`.
 */
export function chromeArguments(event: TraceEvent, end: TraceEvent | null = null): string {
  const { streamContext, context } = event;
  const own = shownNames(event.class.fields).map((name) => member(name, event.fields[name]));
  const parts = own.length === 0 ? [] : [`"fields":{${own.join(",")}}`];
  if (streamContext !== null || context !== null) {
    parts.push(member("context", { ...streamContext, ...context }));
  }
  if (end !== null) parts.push(`"end":${chromeArguments(end)}`);
  return `{${parts.join(",")}}`;
}

function member(name: string, value: FieldValue): string {
  return JSON_STYLE.name(name) + valueJson(value);
}

/** What a double does not hold is text, as is what JSON has no number for. */
function numberText(value: number | bigint): string {
  return typeof value === "number" && Number.isFinite(value) ? `${value}` : `"${value}"`;
}
