import type { EventClass } from "../ctf/mod.ts";

/** What events of a class have to do with pairs. */
export interface PairRole {
  /** Name of what lasts: `http:server`, `X` of `X_begin`. */
  readonly name: string;
  /** Whether it begins with the event, ends with it, or is all told by it in `duration_ns`. */
  readonly part: "begin" | "end" | "whole";
  /** The field that is the same in begin and end; `null` where both are on the same thread. */
  readonly link: string | null;
}

/** Begins and ends of the probes that are not named alike. */
const PROBES: Readonly<Record<string, PairRole>> = {
  "http:server_request": begin("http:server", "request"),
  "http:server_response": end("http:server", "request"),
  "http:server_failure": end("http:server", "request"),
  "http:fetch_begin": begin("http:fetch", "fetch"),
  "http:fetch_response": end("http:fetch", "fetch"),
  "http:fetch_failure": end("http:fetch", "fetch"),
  "process:spawn": begin("process", "process"),
  "process:end": end("process", "process"),
  "process:failure": end("process", "process"),
  "timer:fire_begin": begin("timer:fire", "timer"),
  "timer:fire_end": end("timer:fire", "timer"),
  "worker:start": begin("worker", "worker"),
  "worker:end": end("worker", "worker"),
};

/** Field of spans that is the same in begin and end. */
const SPAN = "span";
/** Field that tells how long what the event tells of has lasted, in nanoseconds. */
const DURATION = "duration_ns";

/** What events of a class have to do with pairs, `null` for nothing. */
export function pairRole(eventClass: EventClass): PairRole | null {
  const { name } = eventClass;
  const probe = Object.hasOwn(PROBES, name) ? PROBES[name] : null;
  if (probe?.link && hasField(eventClass, probe.link)) return probe;
  const link = hasField(eventClass, SPAN) ? SPAN : null;
  const suffixed = /^(.+)_(begin|entry|end|exit)$/.exec(name);
  if (suffixed !== null) {
    const [, what, word] = suffixed;
    return word === "begin" || word === "entry" ? begin(what, link) : end(what, link);
  }
  // As LTTng names what the kernel does for a program.
  const infixed = /^(.*syscall)_(entry|exit)_(.+)$/.exec(name);
  if (infixed !== null) {
    const [, prefix, word, what] = infixed;
    return word === "entry" ? begin(`${prefix}_${what}`, null) : end(`${prefix}_${what}`, null);
  }
  return hasField(eventClass, DURATION) ? { name, part: "whole", link: null } : null;
}

/** How long what an event has ended lasted by its own account, in nanoseconds; `null` without one. */
export function ownDuration(
  fields: Readonly<Record<string, unknown>>,
): number | null {
  const duration = fields[DURATION];
  return typeof duration === "number" || typeof duration === "bigint" ? Number(duration) : null;
}

function begin(name: string, link: string | null): PairRole {
  return { name, part: "begin", link };
}

function end(name: string, link: string | null): PairRole {
  return { name, part: "end", link };
}

function hasField({ fields }: EventClass, name: string): boolean {
  return fields.members.some((member) => member.name === name);
}
