import type { EventClass, FieldValue, FieldValues, TraceEvent } from "../ctf/mod.ts";
import type { OriginOf } from "./origins.ts";
import { Pairs } from "./pairs.ts";
import { leafFields } from "./shown_fields.ts";
import type { TextSearch } from "./text_search.ts";
import {
  eventName,
  fieldPath,
  own,
  type Path,
  type Scope,
  type ValueSource,
  walk,
} from "./value_source.ts";

/** What is read of an event; `undefined` where it has nothing of the kind. */
export type EventValue = (event: TraceEvent) => FieldValue | undefined;

/** The parts of an event: read by their names here, where the compiler sees them, for they are read of every event. */
const PARTS: Readonly<Record<Scope, (event: TraceEvent) => FieldValues | null>> = {
  fields: ({ fields }) => fields,
  context: ({ context }) => context,
  streamContext: ({ streamContext }) => streamContext,
  packetContext: ({ packetContext }) => packetContext,
};

/** The values of events that come by in the order of their times: each has to be met before it is read. */
export class EventValues implements ValueSource<TraceEvent> {
  readonly #originOf: OriginOf;
  readonly #pairs: Pairs;
  #usesDuration = false;
  /** What the event has that was met last. */
  #duration: number | undefined;

  /** Of the traces whose events `originOf` knows. */
  constructor(originOf: OriginOf) {
    this.#originOf = originOf;
    this.#pairs = new Pairs((eventClass) => originOf(eventClass).trace);
  }

  /** Whether something that is read of an event may have begun with any event before it. */
  get looksBack(): boolean {
    return this.#usesDuration;
  }

  /** Takes the event that comes next, whether it is read or not: it may begin what another one ends. */
  meet(event: TraceEvent): void {
    if (this.#usesDuration) this.#duration = this.#pairs.push(event)?.duration;
  }

  /** Reads what a path names. */
  readerOf(path: Path): EventValue {
    switch (eventName(path)) {
      case "name":
        return (event) => event.class.name;
      case "cpu":
        return ({ cpu }) => cpu < 0 ? undefined : cpu;
      case "time":
        return ({ time }) => time;
      case "duration":
        this.#usesDuration = true;
        return () => this.#duration;
      case null: {
        const { scopes, steps: [name, ...steps] } = fieldPath(path);
        const parts = scopes.map((scope) => PARTS[scope]);
        return (event) => {
          for (let i = 0; i < parts.length; i++) {
            const value = own(parts[i](event), name);
            if (value !== undefined) return steps.length === 0 ? value : walk(value, steps);
          }
          return undefined;
        };
      }
    }
  }

  /** Looks at the name, at its own fields and at those of contexts that all events of its class or stream have. */
  finderOf(search: TextSearch): (event: TraceEvent) => boolean {
    const finders = new Map<EventClass, (event: TraceEvent) => boolean>();
    return (event) => {
      let finder = finders.get(event.class);
      if (finder === undefined) {
        finders.set(event.class, finder = this.#finder(event.class, search));
      }
      return finder(event);
    };
  }

  #finder(eventClass: EventClass, search: TextSearch): (event: TraceEvent) => boolean {
    if (search.isIn(eventClass.name)) return () => true;
    const scopes = [
      ["fields", eventClass.fields],
      ["context", eventClass.context],
      ["streamContext", this.#originOf(eventClass).streamContext],
    ] as const;
    const shown = scopes.flatMap(([scope, one]) => {
      const leaves = one === null ? [] : leafFields(one).filter(({ isShown }) => isShown);
      return leaves.map(({ path }) => [scope, path] as const);
    });
    return (event) =>
      shown.some(([scope, path]) => {
        const value = walk(event[scope] ?? undefined, path);
        return value !== undefined && search.isIn(value);
      });
  }
}
