import { inSuitableUnit } from "./units.ts";

/** A time in nanoseconds with three digits and the unit that suits it: `1.55ms`, `120s`. */
export function durationText(ns: number): string {
  const [value, unit] = inSuitableUnit(ns, 3);
  return `${value < 0 ? "-" : ""}${threeDigits(Math.abs(value))}${unit}`;
}

/** A number with at least three digits, and no more than it needs before the point. */
function threeDigits(value: number): string {
  if (value >= 99.95 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}
