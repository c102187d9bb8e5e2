/** Nanoseconds in a second. */
export const SECOND_NS: number = 1_000_000_000;

/**
 * Makes times of day in the local time zone, `hh:mm:ss.nnnnnnnnn`, of times in nanoseconds since
 * `beginNs`, which is nanoseconds since 1970. Remembers the last second: events come in order.
 */
export class ClockText {
  readonly #beginS: number;
  /** Nanoseconds that `beginNs` lies behind a second. */
  readonly #restNs: number;
  #second = NaN;
  #text = "";

  /** Times since `beginNs`. */
  constructor(beginNs: bigint) {
    const second = BigInt(SECOND_NS);
    this.#restNs = Number((beginNs % second + second) % second);
    this.#beginS = Number((beginNs - BigInt(this.#restNs)) / second);
  }

  /** The time of day. */
  of(time: number): string {
    const whole = time + this.#restNs;
    const seconds = Math.floor(whole / SECOND_NS);
    if (seconds !== this.#second) {
      this.#second = seconds;
      const date = new Date((this.#beginS + seconds) * 1000);
      const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
      this.#text = parts.map((part) => String(part).padStart(2, "0")).join(":") + ".";
    }
    return this.#text + nineDigits(whole - seconds * SECOND_NS);
  }
}

/** An integer below 10^9 with zeros before it. */
export function nineDigits(value: number): string {
  return (SECOND_NS + Math.round(value)).toString().slice(1);
}
