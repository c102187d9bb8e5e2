import type { DurationStatistics } from "./statistics.ts";
import type { TraceData } from "./trace_data.ts";

/** What of the page changed. */
export type Change = "range" | "kinds" | "selection" | "hits" | "durations" | "theme";

/** What is looked at closely: an event, or something that lasted; -1 for the one it is not. */
export interface Selection {
  readonly event: number;
  readonly pair: number;
}

/** What the page shows just now; its parts change it, and are told when it changes. */
export class State {
  readonly data: TraceData;
  /** Shown are the times from here to there, in nanoseconds. */
  from: number;
  to: number;
  selection: Selection | null = null;
  /** Of which name the durations are shown, `null` where nothing lasted. */
  durations: DurationStatistics | null = null;
  /** Events that were searched for, in order, and which of them was gone to; -1 for none. */
  hits: Uint32Array = new Uint32Array(0);
  hit: number = -1;
  readonly #hidden = new Set<number>();
  readonly #listeners: ((change: Change) => void)[] = [];

  constructor(data: TraceData) {
    this.data = data;
    [this.from, this.to] = [data.begin, data.end];
  }

  /** Calls it with each change. */
  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells of a change. */
  changed(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Shows other times; as long ones, but within the trace and at least 10 ns. */
  setRange(from: number, to: number): void {
    const { begin, end } = this.data;
    const length = Math.min(end - begin, Math.max(10, to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(end - length, Math.max(begin, middle - length / 2));
    this.to = this.from + length;
    this.changed("range");
  }

  /** Shows `factor` times as long, and leaves the time `at` where it is. */
  zoom(factor: number, at: number = (this.from + this.to) / 2): void {
    this.setRange(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  /** Goes on by a part of what is shown. */
  pan(part: number): void {
    const step = (this.to - this.from) * part;
    this.setRange(this.from + step, this.to + step);
  }

  /** Whether events of a kind are shown. */
  shows(kind: number): boolean {
    return !this.#hidden.has(kind);
  }

  /** Shows the events of these kinds, and no others. */
  showKinds(kinds: Iterable<number>): void {
    this.#hidden.clear();
    for (const { index } of this.data.kinds) this.#hidden.add(index);
    for (const kind of kinds) this.#hidden.delete(kind);
    this.changed("kinds");
  }

  /** Looks closely at an event, and brings it into view. */
  selectEvent(event: number): void {
    this.selection = { event, pair: -1 };
    this.#reveal(this.data.time[event]);
    this.changed("selection");
  }

  /** Looks closely at something that lasted; with `zooms`, all of it is shown, and as much again. */
  selectPair(pair: number, zooms: boolean): void {
    const { pairs } = this.data;
    this.selection = { event: -1, pair };
    if (zooms) {
      const [begin, duration] = [pairs.begin[pair], Math.max(100, pairs.duration[pair])];
      this.setRange(begin - duration / 2, begin + 1.5 * duration);
    }
    this.changed("selection");
  }

  /** Looks at nothing closely. */
  deselect(): void {
    this.selection = null;
    this.changed("selection");
  }

  /** Shows the durations of a name. */
  chooseDurations(one: DurationStatistics): void {
    this.durations = one;
    this.changed("durations");
  }

  /** Takes what was searched for. */
  setHits(hits: Uint32Array): void {
    this.hits = hits;
    this.hit = -1;
    this.changed("hits");
  }

  /** Goes to the next event that was searched for, or with -1 to the one before. */
  goToHit(step: 1 | -1): void {
    const { length } = this.hits;
    if (length === 0) return;
    this.hit = this.hit < 0 ? this.#firstHit(step) : (this.hit + step + length) % length;
    this.selectEvent(this.hits[this.hit]);
    this.changed("hits");
  }

  /** The first one in view, else the first of all. */
  #firstHit(step: 1 | -1): number {
    if (step < 0) return this.hits.length - 1;
    const { time } = this.data;
    const inView = this.hits.findIndex((event) => time[event] >= this.from);
    return inView >= 0 && time[this.hits[inView]] <= this.to ? inView : 0;
  }

  #reveal(time: number): void {
    if (time >= this.from && time <= this.to) return;
    const half = (this.to - this.from) / 2;
    this.setRange(time - half, time + half);
  }
}
