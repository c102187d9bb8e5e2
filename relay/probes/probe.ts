import type { TraceSession } from "../session/session.ts";
import { cheapestClock } from "../trace/clock.ts";
import type { Redact } from "./redaction.ts";

/** A group of probes that can be switched on and off. */
export type ProbeGroup =
  | "http"
  | "fetch"
  | "file"
  | "process"
  | "timer"
  | "console"
  | "performance"
  | "diagnostics"
  | "worker"
  | "error"
  | "loop";

/** All groups, in the order they are installed in. */
export const PROBE_GROUPS: readonly ProbeGroup[] = [
  // Before the timers: its own is not the program's.
  "loop",
  "error",
  "http",
  "fetch",
  "file",
  "process",
  "timer",
  "console",
  "performance",
  "diagnostics",
  "worker",
];

/** What the probes of a thread need. */
export interface ProbeContext {
  /** Where the events go. */
  readonly session: TraceSession;
  /** What is recorded in place of a text. */
  readonly redact: Redact;
  /** Nanoseconds since the session began, for durations. */
  readonly now: () => number;
  /** Bound of a text, in characters. */
  readonly maxText: number;
  /** Milliseconds between two looks at the event loop. */
  readonly loopPeriodMs: number;
  /** Whether the probes subscribe to all diagnostics channels. */
  readonly subscribes: boolean;
  /** What workers are sent, so that they are traced in the same way. */
  readonly forWorkers: WorkerProbes;
}

/** How the probes of a worker are to be installed; can be cloned. */
export interface WorkerProbes {
  /** Groups to install. */
  readonly probes: readonly ProbeGroup[];
  /** Module of the redaction hook, an absolute specifier; `null` where there is none. */
  readonly redactModule: string | null;
  /** Whether a hook was given that cannot be sent. */
  readonly redactsEverything: boolean;
  /** Bound of a text, in characters. */
  readonly maxText: number;
  /** Milliseconds between two looks at the event loop. */
  readonly loopPeriodMs: number;
  /** Whether the probes subscribe to all diagnostics channels. */
  readonly subscribes: boolean;
}

/** Installs a group's probes, and returns what takes them away. */
export type InstallProbe = (context: ProbeContext) => () => void;

/** A clock for durations, the same the session's events are timed by. */
export function durationClock(session: TraceSession): () => number {
  return cheapestClock(session.handle.origin).now;
}

/** A counter that links events of a thread with each other: 1, 2, 3 …, modulo 2^32. */
export function counter(): () => number {
  let last = 0;
  return () => last = (last + 1) >>> 0;
}

/** Stands for a text that is empty: Babeltrace 2.0 shows the one of an earlier event for it. */
export const EMPTY: string = "(empty)";
/** Stands for an error or signal that there was none of, for the same reason. */
export const NONE: string = "none";

/** Text cut to a bound, as it is recorded; says when it was. */
export function cut(text: string, max: number): string {
  if (text === "") return EMPTY;
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}

/** Does what may fail, and must not be noticed. */
export function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // A probe that fails records nothing.
  }
}
