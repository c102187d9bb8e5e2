import { inUnits, TIME_UNITS } from "./units.ts";

/** What a time that somebody has typed is measured against. */
export interface TraceSpan {
  /** Nanoseconds since 1970 at which events' times are 0. */
  readonly beginNs: bigint;
  /** Nanoseconds from there to the trace's end, `null` while it goes on. */
  readonly end: number | null;
}

/** A time that somebody has typed: nanoseconds as an event's `time`. */
export type TimeBound = (span: TraceSpan) => number;

/**
 * Understands a time: seconds since the trace began, `1.5` or `+1.5s`, also with `ms`, `us`, `ns`, `min`
 * or `h`; before its end, `-2s`; a time of day in the local time zone, `12:34:56.789`, on the day the trace
 * began, or the next one if that lies before and the trace lasts until then; a date with a time,
 * `2026-01-31T12:34:56Z`, local without a zone. A `TypeError` for everything else.
 */
export function timeBound(text: string): TimeBound {
  const relative = /^([+-]?)(\d+(?:\.\d+)?)([a-zµμ]*)$/.exec(text);
  const [, sign, digits = "", unit = ""] = relative ?? [];
  const length = relative === null ? null : inUnits(digits, unit || "s", TIME_UNITS);
  if (length !== null) {
    const ns = Math.round(length);
    return sign === "-" ? beforeEnd(text, ns) : () => ns;
  }
  const clock = /^(\d\d?):(\d\d)(?::(\d\d)(\.\d{1,9})?)?$/.exec(text);
  if (clock !== null) {
    const [, hours, minutes, seconds = "0", fraction = ""] = clock;
    if (Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60) {
      const at = [Number(hours), Number(minutes), Number(seconds)] as const;
      return timeOfDay(at, nanoseconds(fraction));
    }
  }
  const date = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?)?$/
    .exec(text);
  if (date !== null) {
    const [, day, time = "00:00:00", fraction = "", zone = ""] = date;
    const ms = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${zone}`);
    // The 31st of a month of 30 days would be the first of the next one.
    const isDay = !Number.isNaN(ms) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
    if (isDay) {
      const ns = BigInt(ms) * 1_000_000n + BigInt(nanoseconds(fraction));
      return ({ beginNs }) => Number(ns - beginNs);
    }
  }
  throw new TypeError(
    `Cannot understand the time "${text}": it is none like 1.5, 20ms, -2s, 12:34:56 or ` +
      `2026-01-31T12:34:56`,
  );
}

function beforeEnd(text: string, ns: number): TimeBound {
  return ({ end }) => {
    if (end === null) throw new TypeError(`Cannot use the time ${text}: the trace has no end yet`);
    return end - ns;
  };
}

function timeOfDay(
  [hours, minutes, seconds]: readonly [number, number, number],
  ns: number,
): TimeBound {
  return ({ beginNs, end }) => {
    const date = new Date(Number(beginNs / 1_000_000n));
    const on = (day: number): number => {
      const at = new Date(date.getFullYear(), date.getMonth(), day, hours, minutes, seconds);
      return Number(BigInt(at.getTime()) * 1_000_000n + BigInt(ns) - beginNs);
    };
    const [today, tomorrow] = [on(date.getDate()), on(date.getDate() + 1)];
    return today < 0 && end !== null && tomorrow <= end ? tomorrow : today;
  };
}

/** Of a fraction of a second, `.5`. */
function nanoseconds(fraction: string): number {
  return Number(fraction.slice(1).padEnd(9, "0"));
}
