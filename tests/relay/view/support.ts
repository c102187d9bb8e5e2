import type {
  EventClass,
  FieldClass,
  IntegerClass,
  Member,
  StructClass,
} from "../../../relay/ctf/tsdl/field_class.ts";
import type { FieldValues, TraceEvent } from "../../../relay/ctf/reader/trace_event.ts";
import type { OriginOf } from "../../../relay/view/origins.ts";

/** An integer, 64 bits and signed unless said otherwise. */
export function integerClass(given: Partial<IntegerClass> = {}): IntegerClass {
  return {
    kind: "integer",
    size: 64,
    alignment: 8,
    signed: true,
    base: 10,
    byteOrder: "le",
    encoding: "none",
    clock: null,
    ...given,
  };
}

/** A structure of fields. */
export function structClass(members: Readonly<Record<string, FieldClass>>): StructClass {
  const list: Member[] = Object.entries(members).map(([name, one]) => ({ name, class: one }));
  return { kind: "struct", alignment: 8, members: list };
}

const classes = new Map<string, EventClass>();

/** A class of events whose fields are those of a value: texts, numbers. The same one each time. */
function classOf(name: string, fields: FieldValues): EventClass {
  const key = JSON.stringify([name, Object.keys(fields)]);
  let found = classes.get(key);
  if (found === undefined) {
    const members = Object.entries(fields).map(([field, value]): [string, FieldClass] => [
      field,
      typeof value === "string" ? { kind: "string", encoding: "utf8" } : integerClass(),
    ]);
    const id = classes.size;
    found = {
      name,
      id,
      streamId: 0,
      loglevel: 13,
      context: null,
      fields: structClass(Object.fromEntries(members)),
    };
    classes.set(key, found);
  }
  return found;
}

/** Of events that are all of one trace, whose stream has no context. */
export const oneTrace: OriginOf = () => ({
  trace: "",
  env: {},
  hasClock: true,
  packetContext: null,
  streamContext: null,
});

/** An event made by hand, of CPU 0 unless said otherwise. */
export function event(
  name: string,
  time: number,
  fields: FieldValues = {},
  given: Partial<TraceEvent> = {},
): TraceEvent {
  const cpu = given.cpu ?? 0;
  return {
    class: classOf(name, fields),
    time,
    cpu,
    packetContext: { cpu_id: cpu },
    streamContext: null,
    context: null,
    fields,
    ...given,
  };
}
