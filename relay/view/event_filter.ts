import type { EventClass, LostEvents, TraceEvent } from "../ctf/mod.ts";
import { glob } from "../trace/glob.ts";

/** Which events are wanted. */
export interface EventFilterOptions {
  /** Patterns of names, one of which has to fit; none for all. */
  readonly names: readonly string[];
  /** CPUs; none for all. */
  readonly cpus: ReadonlySet<number>;
  /** What has to be true of an event, `null` for nothing. */
  readonly where: ((event: TraceEvent) => boolean) | null;
  /** Is given every event first, wanted or not; `null` for nobody. */
  readonly meet: ((event: TraceEvent) => void) | null;
  /** Nanoseconds before which events are not wanted. */
  readonly from: number;
  /** Nanoseconds behind which they are not. */
  readonly to: number;
}

/** A span of time on a CPU. */
export interface CpuSpan {
  /** The CPU, -1 if it is not known. */
  readonly cpu: number;
  /** Nanoseconds as an event's `time`. */
  readonly begin: number;
  /** Likewise. */
  readonly end: number;
}

/** Tells which events are wanted. */
export class EventFilter {
  readonly #options: EventFilterOptions;
  readonly #patterns: readonly ((name: string) => boolean)[];
  readonly #classes = new Map<EventClass, boolean>();

  /** Takes what is not given for everything. */
  constructor(options: Partial<EventFilterOptions> = {}) {
    this.#options = {
      names: [],
      cpus: new Set(),
      where: null,
      meet: null,
      from: -Infinity,
      to: Infinity,
      ...options,
    };
    this.#patterns = this.#options.names.map(glob);
  }

  /** Nanoseconds before which nothing is wanted. */
  get from(): number {
    return this.#options.from;
  }

  /** Whether an event is wanted. */
  wants(event: TraceEvent): boolean {
    const { cpus, where, meet, from, to } = this.#options;
    meet?.(event);
    if (event.time < from || event.time > to) return false;
    if (cpus.size > 0 && !cpus.has(event.cpu)) return false;
    return this.#wantsClass(event.class) && (where === null || where(event));
  }

  /** Whether no event of a time, nor one behind it, is wanted. */
  isOver(time: number): boolean {
    return time > this.#options.to;
  }

  /** Whether it is wanted to be told of lost events. */
  wantsLost({ cpu, begin, end }: LostEvents): boolean {
    const { cpus, from, to } = this.#options;
    return end >= from && begin <= to && (cpus.size === 0 || cpus.has(cpu));
  }

  /** Of spans of time on CPUs, the parts that are wanted. */
  cut<T extends CpuSpan>(spans: readonly T[]): T[] {
    const { from, to } = this.#options;
    return spans.filter(({ cpu, begin, end }) => this.wantsLost({ cpu, begin, end, count: 0 }))
      .map((span) => ({ ...span, begin: Math.max(from, span.begin), end: Math.min(to, span.end) }));
  }

  #wantsClass(eventClass: EventClass): boolean {
    if (this.#patterns.length === 0) return true;
    let wanted = this.#classes.get(eventClass);
    if (wanted === undefined) {
      wanted = this.#patterns.some((fits) => fits(eventClass.name));
      this.#classes.set(eventClass, wanted);
    }
    return wanted;
  }
}
