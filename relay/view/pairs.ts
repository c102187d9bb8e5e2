import type { EventClass, TraceEvent } from "../ctf/mod.ts";
import { ownDuration, type PairRole, pairRole } from "./pair_rules.ts";
import { valueKey } from "./plain_values.ts";

/** Something that lasted: what two events tell of it, or one. */
export interface Pair {
  /** What it is: `http:server`, `X` of `X_begin` and `X_end`, the event's name where one tells all. */
  readonly name: string;
  /** The event it began with, `null` if there is none, or none was recorded. */
  readonly begin: TraceEvent | null;
  /** The event it ended with. */
  readonly end: TraceEvent;
  /** When it began: nanoseconds as an event's `time`. */
  readonly beginTime: number;
  /** How long it lasted, in nanoseconds. */
  readonly duration: number;
}

/** Something that has begun, and has not ended yet. */
export interface Unended {
  /** What it is, as {@linkcode Pair.name}. */
  readonly name: string;
  /** The event it began with. */
  readonly begin: TraceEvent;
}

/** A begin, and what had begun before on the same thread and has not ended either. */
interface Begun {
  readonly event: TraceEvent;
  readonly outer: Begun | null;
  /** How many that are, itself included. */
  readonly depth: number;
}

/** What links a begin and an end: a number, or a text that names a thread. */
type Link = number | bigint | string;

/** What events of a class have to do with pairs, and with which begins. */
interface KnownRole extends PairRole {
  readonly begins: Begins;
}

/** Fields by which events of a thread are told from those of others, the surest first. */
const THREAD_FIELDS = ["vtid", "tid", "worker_name"];
/** Begins of a name that are kept: an end that is lost must not cost memory for ever. */
const MAX_BEGUN = 65_536;

/**
 * Finds which events begin and end the same, while they come by in the order of their times:
 *
 * - the probes' events by their number: `http:server_request` and `http:server_response` or
 *   `http:server_failure` by `request`, likewise `http:fetch`, `process`, `timer:fire` and `worker`;
 * - `X_begin` and `X_end`, `X_entry` and `X_exit`, by `span` if they have that field;
 * - otherwise those on the same thread, the innermost first: by the context `vtid`, `tid` or
 *   `worker_name` if there is one, else by CPU;
 * - an event with `duration_ns` alone, and one whose begin is not there.
 *
 * Numbers of different programs have nothing to do with each other: `traceOf` tells which trace events of
 * a class are of; without it all are of one. Keeps as many begins as are under way, of each name at most
 * 65,536: then the oldest is forgotten.
 */
export class Pairs {
  readonly #traceOf: (eventClass: EventClass) => string;
  readonly #roles = new Map<EventClass, KnownRole | null>();
  /** By trace and name. */
  readonly #begins = new Map<string, Begins>();

  /** Has seen no event yet. */
  constructor(traceOf: (eventClass: EventClass) => string = () => "") {
    this.#traceOf = traceOf;
  }

  /** What ends with the next event; `null` if nothing does. */
  push(event: TraceEvent): Pair | null {
    let role = this.#roles.get(event.class);
    if (role === undefined) role = this.#meet(event.class);
    if (role === null) return null;
    const { name, part, link, begins } = role;
    if (part === "whole") return wholePair(name, event);
    const key = link === null ? threadOf(event) : valueKey(event.fields[link]);
    if (part === "begin") {
      begins.add(key, event, link === null);
      return null;
    }
    const begin = begins.take(key);
    if (begin === null) return wholePair(name, event);
    return { name, begin, end: event, beginTime: begin.time, duration: event.time - begin.time };
  }

  /** What is under way now, in no order. */
  *unended(): Generator<Unended, void, void> {
    for (const begins of this.#begins.values()) {
      for (const begin of begins.events()) yield { name: begins.name, begin };
    }
  }

  #meet(eventClass: EventClass): KnownRole | null {
    const role = pairRole(eventClass);
    if (role === null) {
      this.#roles.set(eventClass, null);
      return null;
    }
    const key = `${this.#traceOf(eventClass)} ${role.name}`;
    let begins = this.#begins.get(key);
    if (begins === undefined) this.#begins.set(key, begins = new Begins(role.name));
    const known = { ...role, begins };
    this.#roles.set(eventClass, known);
    return known;
  }
}

/** What has begun, of one name in one trace. */
class Begins {
  readonly name: string;
  /** In the order in which they went on last. */
  readonly #begun = new Map<Link, Begun>();
  #count = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** One more; those with the same link go on only if it is `nested`, otherwise their end was lost. */
  add(link: Link, event: TraceEvent, nested: boolean): void {
    const before = this.#begun.get(link) ?? null;
    if (before !== null) this.#forget(link, before);
    const outer = nested ? before : null;
    this.#keep(link, { event, outer, depth: 1 + (outer?.depth ?? 0) });
    if (this.#count <= MAX_BEGUN) return;
    const [[oldest, begun]] = this.#begun;
    this.#forget(oldest, begun);
  }

  /** Takes out the last one with that link, `null` if there is none. */
  take(link: Link): TraceEvent | null {
    const begun = this.#begun.get(link);
    if (begun === undefined) return null;
    this.#forget(link, begun);
    if (begun.outer !== null) this.#keep(link, begun.outer);
    return begun.event;
  }

  /** The events of all. */
  *events(): Generator<TraceEvent, void, void> {
    for (const innermost of this.#begun.values()) {
      for (let one: Begun | null = innermost; one !== null; one = one.outer) yield one.event;
    }
  }

  #keep(link: Link, begun: Begun): void {
    this.#begun.set(link, begun);
    this.#count += begun.depth;
  }

  #forget(link: Link, begun: Begun): void {
    this.#begun.delete(link);
    this.#count -= begun.depth;
  }
}

/** What an event tells alone. */
function wholePair(name: string, event: TraceEvent): Pair | null {
  const duration = ownDuration(event.fields);
  if (duration === null) return null;
  return { name, begin: null, end: event, beginTime: event.time - duration, duration };
}

function threadOf({ context, streamContext, cpu }: TraceEvent): Link {
  for (const fields of [streamContext, context]) {
    if (fields === null) continue;
    for (const name of THREAD_FIELDS) {
      if (Object.hasOwn(fields, name)) return `${name} ${valueKey(fields[name])}`;
    }
  }
  return cpu;
}
