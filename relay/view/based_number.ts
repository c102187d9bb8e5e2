/** What stands before the digits of a number. */
const PREFIXES = { 2: "0b", 8: "0", 10: "", 16: "0x" } as const;

/** A base that people are shown integers in. */
export type Base = keyof typeof PREFIXES;

/** An integer in a base, its sign first: `0x1f`, `-0x1`. */
export function basedNumber(value: number | bigint, base: Base): string {
  if (base === 10) return `${value}`;
  const digits = (value < 0 ? -value : value).toString(base);
  return `${value < 0 ? "-" : ""}${PREFIXES[base]}${digits}`;
}
