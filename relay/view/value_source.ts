import { EnumValue, type FieldValue, type FieldValues } from "../ctf/reader/trace_event.ts";
import type { TextSearch } from "./text_search.ts";

/** One step from a value to what is in it. */
export type Step = string | number;

/** What a value of an event is called: see {@linkcode ValueSource}. */
export type Path = readonly [string, ...Step[]];

/** A part of an event that has fields. */
export type Scope = "fields" | "context" | "streamContext" | "packetContext";

/** Contexts of an event, the one first that others give way to. */
const CONTEXTS: readonly Scope[] = ["context", "streamContext", "packetContext"];

/** What is of the event itself. */
export const EVENT_NAMES = ["name", "cpu", "time", "duration"] as const;

/** Something that is of the event itself. */
export type EventName = typeof EVENT_NAMES[number];

/**
 * Where an expression finds the values of events, whatever these are made of. By their paths: `name`, `cpu`, `time`,
 * nanoseconds since the trace began, and `duration`, nanoseconds that what the event has ended had lasted, are the
 * event's; `context.x` is a field of its contexts, `fields.x` its own, and `x` is its own, or else one of its
 * contexts. Further steps go into structures and variants by name, into arrays by number.
 */
export interface ValueSource<E> {
  /** Reads what a path names, `undefined` where an event has nothing of the kind; `null` if none has. */
  readerOf(path: Path): ((event: E) => FieldValue | undefined) | null;
  /** Tells whether a text is in an event's name, or in what it shows of its fields. */
  finderOf(search: TextSearch): (event: E) => boolean;
}

/** What a path names of the event itself; `null` for fields. */
export function eventName([first, ...rest]: Path): EventName | null {
  return rest.length > 0 ? null : EVENT_NAMES.find((name) => name === first) ?? null;
}

/** Where the field of a path is looked for, the first place that has one of its name; and the way from there. */
export function fieldPath(path: Path): { readonly scopes: readonly Scope[]; readonly steps: Path } {
  const [first, second, ...further] = path;
  if (typeof second === "string") {
    if (first === "context") return { scopes: CONTEXTS, steps: [second, ...further] };
    if (first === "fields") return { scopes: ["fields"], steps: [second, ...further] };
  }
  return { scopes: ["fields", ...CONTEXTS], steps: path };
}

/** Of a structure the field of that name. */
export function own(fields: FieldValues | null, name: string): FieldValue | undefined {
  return fields !== null && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Goes into a value, step by step. */
export function walk(
  value: FieldValue | undefined,
  steps: readonly Step[],
): FieldValue | undefined {
  let found = value;
  for (const step of steps) {
    if (typeof found !== "object" || found instanceof EnumValue) return undefined;
    if (Array.isArray(found)) found = typeof step === "number" ? found[step] : undefined;
    else found = typeof step === "string" ? own(found as FieldValues, step) : undefined;
  }
  return found;
}

/** A path as it is written in an expression. */
export function pathText([first, ...rest]: Path): string {
  return first + rest.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("");
}
