import { isFfiAllowed, openLibc } from "../../hw/libc.ts";

/** Gives the time of events, in nanoseconds since the session began. One a thread. */
export interface Clock {
  /** What it reads: `"clock_gettime"`, `"performance.now"`, or a name of your own. */
  readonly name: string;
  /**
   * The time now, in nanoseconds since the session began, up to 2^53. Should it be less than before, or
   * more than that, events get the time of the one before. Called once an event, without `this`; it must
   * not record events.
   */
  readonly now: () => number;
}

/** Latest time there can be: numbers are exact up to it. */
export const MAX_TIME_NS: number = 2 ** 53;

/** When a session began, on the clocks that all threads of the process read. */
export interface ClockOrigin {
  /** Seconds and nanoseconds of CLOCK_MONOTONIC, `null` where it cannot be read. */
  readonly monotonic: readonly [seconds: number, nanoseconds: number] | null;
  /** Milliseconds since the epoch, as `performance.timeOrigin + performance.now()`. */
  readonly performanceMs: number;
}

/** Linux, `time.h`. */
const CLOCK_MONOTONIC = 1;

/** CLOCK_MONOTONIC, by FFI. */
interface MonotonicClock {
  /** The C library's function: fills what it is given. */
  readonly clockGettime: (clock: number, timespec: Target) => number;
  /** What to give it: `timespec`, or a pointer to that. */
  readonly target: Target;
  /** Two 64-bit words: seconds, nanoseconds; the high halves are 0. */
  readonly timespec: Int32Array;
}

type Target = Deno.PointerValue | BufferSource;

/** The kernel's clock by FFI; `null` without the permission, or on another system than Linux. */
function openMonotonicClock(): MonotonicClock | null {
  if (Deno.build.os !== "linux") return null;
  // A pointer is cheaper than a buffer, but making one takes the permission for everything.
  const parameter = isFfiAllowed() ? "pointer" : "buffer";
  const symbols = openLibc({ clock_gettime: { parameters: ["i32", parameter], result: "i32" } });
  if (symbols === null) return null;
  const timespec = new Int32Array(4);
  const target = isFfiAllowed() ? Deno.UnsafePointer.of(timespec) : timespec;
  const clockGettime = symbols.clock_gettime as MonotonicClock["clockGettime"];
  return { clockGettime, target, timespec };
}

/** Where a session's clocks have their 0 that begins now. */
export function clockOrigin(): ClockOrigin {
  const clock = openMonotonicClock();
  clock?.clockGettime(CLOCK_MONOTONIC, clock.target);
  const performanceMs = performance.timeOrigin + performance.now();
  const monotonic = clock && ([clock.timespec[0], clock.timespec[2]] as const);
  return { monotonic, performanceMs };
}

/**
 * The cheapest clock this thread may read: CLOCK_MONOTONIC by FFI with `--allow-ffi`, else
 * `performance.now()`, which Deno takes from the same clock; threads of a process agree to about a
 * microsecond then.
 */
export function cheapestClock(origin: ClockOrigin): Clock {
  const clock = origin.monotonic && openMonotonicClock();
  if (origin.monotonic === null || clock === null) return performanceClock(origin);
  const { clockGettime, target, timespec } = clock;
  const [seconds, nanoseconds] = origin.monotonic;
  const now = (): number => {
    clockGettime(CLOCK_MONOTONIC, target);
    return (timespec[0] - seconds) * 1e9 + (timespec[2] - nanoseconds);
  };
  return { name: "clock_gettime", now };
}

/** The clock that needs no permission. */
export function performanceClock({ performanceMs }: ClockOrigin): Clock {
  const origin = performanceMs - performance.timeOrigin;
  return { name: "performance.now", now: () => (performance.now() - origin) * 1e6 };
}

/** Rounds of readings, and readings of a round: after the first few rounds V8 has compiled them. */
const ROUNDS = 20;
const READINGS = 2000;

/** What reading a clock costs, in nanoseconds: the best of some rounds, a few milliseconds in all. */
export function clockCost({ now }: Clock): number {
  const round = (): number => {
    const begin = performance.now();
    for (let i = 0; i < READINGS; i++) now();
    return (performance.now() - begin) * 1e6 / READINGS;
  };
  return Math.min(...Array.from({ length: ROUNDS }, round));
}
