import { EnumValue, type FieldValue, type FieldValues, type TraceEvent } from "../ctf/mod.ts";
import { shownNames } from "./shown_fields.ts";

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
 * JSON are text, and so are values of enumerations. Its own are in `fields`, those of contexts in `context`,
 * what another event has recorded in `end`.
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
  return `${JSON.stringify(name)}:${valueJson(value)}`;
}

function valueJson(value: FieldValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "number") return Number.isFinite(value) ? `${value}` : `"${value}"`;
  if (value instanceof EnumValue) return JSON.stringify(String(value));
  if (Array.isArray(value)) return `[${value.map(valueJson).join(",")}]`;
  const parts = Object.entries(value as FieldValues).map(([name, one]) => member(name, one));
  return `{${parts.join(",")}}`;
}
