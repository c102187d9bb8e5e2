import { Histogram } from "./histogram.ts";
import { Slowest } from "./slowest.ts";

/** How long things have lasted, in nanoseconds, and which of them longest. */
export class DurationFigures<T> {
  /** How long all of them have. */
  readonly durations: Histogram = new Histogram();
  /** Those that took longest. */
  readonly slowest: Slowest<T>;

  /** Keeps so many of the slowest. */
  constructor(slowest: number) {
    this.slowest = new Slowest(slowest);
  }

  /** One more. */
  add(duration: number, of: T): void {
    this.durations.add(duration);
    this.slowest.add(duration, of);
  }
}
