import type { TraceEvent } from "../ctf/mod.ts";
import { glob } from "../trace/glob.ts";
import { DurationFigures } from "./duration_figures.ts";
import type { EventValue } from "./event_values.ts";
import type { Pair } from "./pairs.ts";
import { valueKey } from "./plain_values.ts";

/** Events that wait for what follows them, at most: then the oldest is forgotten. */
const MAX_WAITING = 65_536;

/** Between which events the time is measured. */
export interface BetweenOptions {
  /** Pattern of the names it begins with. */
  readonly from: string;
  /** Pattern of the names it ends with. */
  readonly to: string;
  /** What both have to be equal in, `null` for nothing. */
  readonly by: EventValue | null;
  /** Slowest that are kept. */
  readonly slowest: number;
}

/**
 * Measures the time from each event to the next one of another name, while events come in order. If the
 * first comes twice the time begins with the later one; one that fits both patterns ends and begins.
 */
export class Between extends DurationFigures<Pair> {
  readonly #options: BetweenOptions;
  readonly #begins: (name: string) => boolean;
  readonly #ends: (name: string) => boolean;
  readonly #waiting = new Map<string | number | bigint, TraceEvent>();

  /** Measures from now on. */
  constructor(options: BetweenOptions) {
    super(options.slowest);
    this.#options = options;
    this.#begins = glob(options.from);
    this.#ends = glob(options.to);
  }

  /** The event that comes next. */
  push(event: TraceEvent): void {
    const { name } = event.class;
    const ends = this.#ends(name);
    const begins = this.#begins(name);
    if (!ends && !begins) return;
    const { by } = this.#options;
    const value = by === null ? "" : by(event);
    if (value === undefined) return;
    const key = valueKey(value);
    const begin = this.#waiting.get(key);
    if (ends && begin !== undefined) {
      const duration = event.time - begin.time;
      this.add(duration, { name, begin, end: event, beginTime: begin.time, duration });
    }
    if (ends || begin !== undefined) this.#waiting.delete(key);
    if (!begins) return;
    this.#waiting.set(key, event);
    if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(this.#waiting.keys().next().value!);
  }
}
