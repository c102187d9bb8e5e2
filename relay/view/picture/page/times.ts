/** A length of time, short and for people: `1.25 ms`. */
export function durationText(ns: number, digits: number = 3): string {
  const size = Math.abs(ns);
  if (size < 1000) return `${Math.round(ns)} ns`;
  for (const [limit, unit] of [[1e6, "µs"], [1e9, "ms"], [60e9, "s"]] as const) {
    if (size >= limit) continue;
    const divisor = unit === "µs" ? 1e3 : unit === "ms" ? 1e6 : 1e9;
    return `${trimmed(ns / divisor, digits)} ${unit}`;
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
  const [date, rest] = dateParts(beginNs + BigInt(Math.round(ns)));
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${time}.${String(rest).padStart(9, "0")}`;
}

/** The day and the time of day to the second. */
export function dateText(beginNs: bigint): string {
  const [date] = dateParts(beginNs);
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

const NUMBERS = new Intl.NumberFormat("en-US");

/** A number with its thousands apart. */
export function countText(count: number): string {
  return NUMBERS.format(count);
}

/** All steps of nanoseconds that `niceStep` has up to ten years: `secondsText` writes their multiples whole. */
export const NICE_STEPS: readonly number[] = Array.from(
  { length: 18 },
  (_, power) => [1, 2, 5].map((factor) => factor * 10 ** power),
).flat();

/** A step of 1, 2 or 5 times a power of ten that is at least `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power;
  return 10 * power;
}

function dateParts(ns: bigint): [Date, number] {
  const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return [new Date(Number((ns - rest) / 1_000_000n)), Number(rest)];
}

function trimmed(value: number, digits: number): string {
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.max(1, Math.abs(value)))));
  return value.toFixed(Math.min(decimals, digits));
}
