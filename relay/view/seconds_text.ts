import { nineDigits, SECOND_NS } from "./clock_text.ts";

/** Seconds with all nine digits behind the point, of nanoseconds. */
export function secondsText(ns: number): string {
  const sign = ns < 0 ? "-" : "";
  const size = Math.abs(ns);
  const seconds = Math.floor(size / SECOND_NS);
  return `${sign}${seconds}.${nineDigits(size - seconds * SECOND_NS)}`;
}
