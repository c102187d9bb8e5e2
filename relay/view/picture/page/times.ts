import { ClockText } from "../../clock_text.ts";
import { stepBegin, stepOf } from "../../steps.ts";
import { inSuitableUnit } from "../../units.ts";

/** A length of time, short and for people: `1.25 ms`. */
export function durationText(ns: number, digits: number = 3): string {
  const size = Math.abs(ns);
  if (size < 60e9) {
    const [value, unit] = inSuitableUnit(ns, digits);
    return `${unit === "ns" ? Math.round(value) : trimmed(value, digits)} ${unit}`;
  }
  const [minutes, seconds] = [Math.floor(size / 60e9), (size % 60e9) / 1e9];
  if (minutes < 60) return `${ns < 0 ? "-" : ""}${minutes} min ${Math.floor(seconds)} s`;
  return `${ns < 0 ? "-" : ""}${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds since the begin with as many decimals as steps of `step` nanoseconds need. */
export function secondsText(ns: number, step: number = 1): string {
  const decimals = Math.min(9, Math.max(0, 9 - Math.floor(Math.log10(Math.max(1, step)))));
  return `${(ns / 1e9).toFixed(decimals)} s`;
}

/** The time of day with all its nanoseconds. */
export function clockText(beginNs: bigint, ns: number): string {
  return new ClockText(beginNs).of(ns);
}

/** The day and the time of day to the second. */
export function dateText(beginNs: bigint): string {
  const date = new Date(Number(beginNs / 1_000_000n));
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

const NUMBERS = new Intl.NumberFormat("en-US");

/** A number with its thousands apart. */
export function countText(count: number): string {
  return NUMBERS.format(count);
}

/** All steps of nanoseconds that `niceStep` has up to ten years: `secondsText` writes their multiples whole. */
export const NICE_STEPS: readonly number[] = Array.from({ length: 54 }, (_, i) => stepBegin(i));

/** A step of 1, 2 or 5 times a power of ten that is at least `least`. */
export function niceStep(least: number): number {
  const step = stepOf(Math.max(1, least));
  return stepBegin(step) >= least ? stepBegin(step) : stepBegin(step + 1);
}

function trimmed(value: number, digits: number): string {
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.max(1, Math.abs(value)))));
  return value.toFixed(Math.min(decimals, digits));
}
