import type { FieldClass } from "../tsdl/field_class.ts";
import type { ClockClass, StreamClass, TraceFormat } from "../tsdl/trace_format.ts";

const NS_PER_S = 1_000_000_000n;

/** The clock of a stream's events, `null` if they have no times. */
export function clockOf(stream: StreamClass, format: TraceFormat): ClockClass | null {
  for (const scope of [stream.eventHeader, stream.packetContext]) {
    const name = scope === null ? null : clockName(scope);
    if (name !== null) return format.clocks.get(name) ?? null;
  }
  return null;
}

function clockName(field: FieldClass): string | null {
  switch (field.kind) {
    case "integer":
      return field.clock;
    case "struct":
    case "variant": {
      for (const { class: inside } of field.kind === "struct" ? field.members : field.options) {
        const name = clockName(inside);
        if (name !== null) return name;
      }
      return null;
    }
    default:
      return null;
  }
}

/** Makes nanoseconds of what a clock shows, as Babeltrace does. */
export class ClockTimes {
  /** Whether there is a clock: without one all times are 0. */
  readonly hasClock: boolean;
  readonly #frequency: bigint;
  /** From the origin to the clock's 0. */
  readonly #offsetNs: bigint;
  /** What times are counted from: what the clock would show then, if it counts nanoseconds. */
  #beginHigh = 0;
  #beginLow = 0;
  /** From there to the clock's 0, for other clocks. */
  #toOffset = 0n;

  /** Of such a clock, or of none. */
  constructor(clock: ClockClass | null) {
    this.hasClock = clock !== null;
    this.#frequency = clock?.frequency ?? NS_PER_S;
    if (clock === null) this.#offsetNs = 0n;
    else {
      // Whole seconds of the offset are exact whatever the frequency is.
      const seconds = floorDivide(clock.offset, this.#frequency);
      const rest = clock.offset - seconds * this.#frequency;
      this.#offsetNs = (clock.offsetS + seconds) * NS_PER_S + this.#ns(rest);
    }
  }

  /** Nanoseconds since the clock's origin when it shows `cycles`. */
  sinceOrigin(cycles: number | bigint): bigint {
    return this.#offsetNs + this.#ns(BigInt.asUintN(64, BigInt(cycles)));
  }

  /** Has times counted from so many nanoseconds since the origin on. */
  set beginNs(beginNs: bigint) {
    if (!this.hasClock) return;
    const begin = beginNs - this.#offsetNs;
    this.#beginHigh = Number(BigInt.asIntN(32, begin >> 32n));
    this.#beginLow = Number(BigInt.asUintN(32, begin));
    this.#toOffset = -begin;
  }

  /** The time when the clock shows `cycles`. */
  of(cycles: number | bigint): number {
    const bits = BigInt.asUintN(64, BigInt(cycles));
    return this.at(Number(bits >> 32n) | 0, Number(BigInt.asUintN(32, bits)));
  }

  /** The time when the clock shows these halves of 64 bits. */
  at(high: number, low: number): number {
    if (this.#frequency === NS_PER_S) {
      return ((high - this.#beginHigh) | 0) * 4294967296 + (low - this.#beginLow);
    }
    const ns = this.#scaled((high >>> 0) * 4294967296 + low);
    const sum = ns + Number(this.#toOffset);
    const isExact = ns <= Number.MAX_SAFE_INTEGER && Number.isSafeInteger(Number(this.#toOffset));
    return isExact ? sum : Number(BigInt(ns) + this.#toOffset);
  }

  #ns(cycles: bigint): bigint {
    if (this.#frequency === NS_PER_S) return cycles;
    return BigInt(this.#scaled(Number(cycles)));
  }

  #scaled(cycles: number): number {
    return Math.trunc((1e9 * cycles) / Number(this.#frequency));
  }
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
}
