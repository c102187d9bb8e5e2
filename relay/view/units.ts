/** Units of time: nanoseconds of each. */
export const TIME_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  min: 60e9,
  h: 3600e9,
};

/** What else a number may be multiplied by. */
export const COUNT_UNITS: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 };

/** A number with one of such units: what it is in the smallest of them; `null` for a unit that is not there. */
export function inUnits(
  digits: string,
  unit: string,
  units: Readonly<Record<string, number>>,
): number | null {
  if (!Object.hasOwn(units, unit)) return null;
  const value = Number(digits) * units[unit];
  // 1.1ms are 1,100,000 ns, not a little more.
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-6 ? whole : value;
}

/** Units in which times are written, the largest first, in nanoseconds. */
const WRITTEN: readonly (readonly [unit: string, ns: number])[] = [
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1],
];

/** A time in nanoseconds in the unit that suits it, where so many digits of it are written. */
export function inSuitableUnit(ns: number, digits: number): [value: number, unit: string] {
  // What would be rounded to 1000 is one of the next unit.
  const least = 1 - 0.5 * 10 ** -digits;
  const [unit, factor] = WRITTEN.find(([, factor]) => Math.abs(ns) >= factor * least) ?? ["ns", 1];
  return [ns / factor, unit];
}
