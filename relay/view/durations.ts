/** Units, the largest first, in nanoseconds. */
const UNITS: readonly (readonly [string, number])[] = [
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1],
];

/** A time in nanoseconds with three digits and the unit that suits it: `1.55ms`, `120s`. */
export function durationText(ns: number): string {
  const size = Math.abs(ns);
  const sign = ns < 0 ? "-" : "";
  for (const [unit, factor] of UNITS) {
    // What would be rounded to 1000 is one of the next unit.
    if (size < factor * 0.9995 && unit !== "ns") continue;
    return sign + threeDigits(size / factor) + unit;
  }
  return "0ns";
}

/** A number with at least three digits, and no more than it needs before the point. */
function threeDigits(value: number): string {
  if (value >= 99.95 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}
