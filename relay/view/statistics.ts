import type { EventClass, LostEvents, TraceEvent } from "../ctf/mod.ts";
import { DurationFigures } from "./duration_figures.ts";
import { type Pair, Pairs } from "./pairs.ts";
import { Slowest } from "./slowest.ts";

/** How many of what took longest are kept, for each name. */
const SLOWEST = 3;
/** Pauses that are kept. */
const PAUSES = 3;

/** What there is of a CPU of a trace. */
export interface CpuFigures {
  /** What tells its trace apart. */
  readonly trace: string;
  /** The CPU, -1 if it is not known. */
  readonly cpu: number;
  /** Its events. */
  readonly events: number;
  /** Events it has lost. */
  readonly lost: number;
  /** Time of its first event, nanoseconds as an event's `time`; `null` without any. */
  readonly first: number | null;
  /** Time of its last one. */
  readonly last: number | null;
}

/** The same, while they grow. */
type GrowingFigures = { -readonly [Key in keyof CpuFigures]: CpuFigures[Key] };

/** A time without any event. */
export interface Pause {
  /** The event it ended with. */
  readonly end: TraceEvent;
  /** Nanoseconds. */
  readonly duration: number;
}

/** Figures of a trace, while its events come by in order. It keeps a few events, whatever comes. */
export class Statistics {
  readonly #pairs: Pairs;
  readonly #names = new Map<string, number>();
  readonly #traceOf: (eventClass: EventClass) => string;
  /** By trace and CPU. */
  readonly #cpus = new Map<string, Map<number, GrowingFigures>>();
  readonly #durations = new Map<string, DurationFigures<Pair>>();
  readonly #pauses = new Slowest<Pause>(PAUSES);
  #first: number | null = null;
  #last = 0;
  #events = 0;
  #lost = 0;

  /** Has seen no event yet; `traceOf` as of {@linkcode Pairs}. */
  constructor(traceOf: (eventClass: EventClass) => string = () => "") {
    this.#traceOf = traceOf;
    this.#pairs = new Pairs(traceOf);
  }

  /** The event that comes next. */
  push(event: TraceEvent): void {
    const { class: eventClass, time, cpu } = event;
    const { name } = eventClass;
    if (this.#first === null) this.#first = time;
    else this.#pause(event, time - this.#last);
    this.#last = time;
    this.#events++;
    this.#names.set(name, (this.#names.get(name) ?? 0) + 1);
    const figures = this.#cpu(this.#traceOf(eventClass), cpu);
    figures.events++;
    figures.first ??= time;
    figures.last = time;
    const pair = this.#pairs.push(event);
    if (pair !== null) this.#lasted(pair);
  }

  /** Events that are missing in a trace. */
  lost({ cpu, count }: LostEvents, trace: string = ""): void {
    this.#lost += count;
    this.#cpu(trace, cpu).lost += count;
  }

  /** Events that came. */
  get events(): number {
    return this.#events;
  }

  /** Events that were lost. */
  get lostEvents(): number {
    return this.#lost;
  }

  /** Time of the first event, nanoseconds; `null` without any. */
  get first(): number | null {
    return this.#first;
  }

  /** Nanoseconds from the first event to the last. */
  get span(): number {
    return this.#first === null ? 0 : this.#last - this.#first;
  }

  /** How many events there are of each name, the most first. */
  get names(): readonly (readonly [string, number])[] {
    return [...this.#names].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  }

  /** What there is of each CPU, trace by trace. */
  get cpus(): readonly CpuFigures[] {
    return [...this.#cpus.values()].flatMap((cpus) =>
      [...cpus.values()].sort((a, b) => a.cpu - b.cpu)
    );
  }

  /** How long what has ended has lasted, by its name, what took most time together first; none where nothing has. */
  get durations(): readonly (readonly [string, DurationFigures<Pair>])[] {
    const all = new Map(this.#durations);
    for (const name of this.unended.keys()) {
      if (!all.has(name)) all.set(name, new DurationFigures(SLOWEST));
    }
    return [...all].sort(([, a], [, b]) => b.durations.sum - a.durations.sum);
  }

  /** How many have begun and not ended, by name. */
  get unended(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { name } of this.#pairs.unended()) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }

  /** The longest times without any event. */
  get pauses(): readonly Pause[] {
    return this.#pauses.all;
  }

  #pause(end: TraceEvent, duration: number): void {
    if (this.#pauses.takes(duration)) this.#pauses.add(duration, { end, duration });
  }

  #cpu(trace: string, cpu: number): GrowingFigures {
    let cpus = this.#cpus.get(trace);
    if (cpus === undefined) this.#cpus.set(trace, cpus = new Map());
    let figures = cpus.get(cpu);
    if (figures === undefined) {
      figures = { trace, cpu, events: 0, lost: 0, first: null, last: null };
      cpus.set(cpu, figures);
    }
    return figures;
  }

  #lasted(pair: Pair): void {
    let figures = this.#durations.get(pair.name);
    if (figures === undefined) {
      figures = new DurationFigures(SLOWEST);
      this.#durations.set(pair.name, figures);
    }
    figures.add(pair.duration, pair);
  }
}
