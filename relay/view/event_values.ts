import { EnumValue, type FieldValue, type FieldValues, type TraceEvent } from "../ctf/mod.ts";

/** What is read of an event; `undefined` where it has nothing of the kind. */
export type EventValue = (event: TraceEvent) => FieldValue | undefined;

/** One step from a value to what is in it. */
export type Step = string | number;

/**
 * Reads a value by its path: `name`, `cpu` and `time`, nanoseconds since the trace began, are the
 * event's; `context.x` is a field of its contexts, `fields.x` its own, and `x` is its own, or else one of
 * its contexts. Further steps go into structures and variants by name, into arrays by number.
 */
export function eventValue(path: readonly [string, ...Step[]]): EventValue {
  const [first, ...rest] = path;
  if (rest.length === 0) {
    if (first === "name") return (event) => event.class.name;
    if (first === "cpu") return ({ cpu }) => cpu < 0 ? undefined : cpu;
    if (first === "time") return ({ time }) => time;
  }
  const [second, ...further] = rest;
  if (first === "context" && typeof second === "string") {
    return (event) => walk(contextField(event, second), further);
  }
  if (first === "fields" && typeof second === "string") {
    return (event) => walk(own(event.fields, second), further);
  }
  return (event) => walk(own(event.fields, first) ?? contextField(event, first), rest);
}

function contextField(
  { context, streamContext, packetContext }: TraceEvent,
  name: string,
): FieldValue | undefined {
  return own(context, name) ?? own(streamContext, name) ?? own(packetContext, name);
}

function own(fields: FieldValues | null, name: string): FieldValue | undefined {
  return fields !== null && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function walk(value: FieldValue | undefined, steps: readonly Step[]): FieldValue | undefined {
  let found = value;
  for (const step of steps) {
    if (typeof found !== "object" || found instanceof EnumValue) return undefined;
    if (Array.isArray(found)) found = typeof step === "number" ? found[step] : undefined;
    else found = typeof step === "string" ? own(found as FieldValues, step) : undefined;
  }
  return found;
}
