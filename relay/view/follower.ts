import { CtfError, type TraceEvent, type TraceFormat } from "../ctf/mod.ts";
import { FollowedTrace, type Item } from "./followed_trace.ts";
import { type OriginOf, Origins, traceKey } from "./origins.ts";
import type { TraceListener } from "./opened_traces.ts";
import { TraceNames } from "./trace_names.ts";

/** Milliseconds between two looks at the files. */
const LOOK_MS = 100;

/**
 * The events of traces that are being written, as they come, until nobody writes to any of them. What one
 * look finds is in order; a CPU that writes later may come with what is older.
 */
export class Follower implements Disposable {
  /** Where events come from. */
  readonly originOf: OriginOf;
  readonly #directories: readonly string[];
  readonly #traces: readonly FollowedTrace[];
  readonly #listener: TraceListener;
  #beginNs: bigint | null = null;

  /** Of traces in these directories; has looked at nothing yet. */
  constructor(directories: readonly string[], listener: TraceListener) {
    this.#directories = directories;
    this.#traces = directories.map((directory) =>
      new FollowedTrace(directory, (error) => listener.broken(error))
    );
    this.#listener = listener;
    this.originOf = new Origins(() => this.formats).of;
  }

  /** What the metadata says so far. */
  get formats(): readonly TraceFormat[] {
    return this.#traces.flatMap(({ formats }) => formats);
  }

  /** What people call the traces; `null` if they are all in one directory. */
  get names(): TraceNames | null {
    if (this.#directories.length < 2) return null;
    return new TraceNames(this.#directories, () => this.#keys(), this.originOf);
  }

  /** Nanoseconds since 1970 at which times are 0: 0 before the first packet is there. */
  get beginNs(): bigint {
    return this.#beginNs ?? 0n;
  }

  /**
   * What looks find, one after the other: each has to be taken to its end before the next one. It ends when
   * the traces do, or `signal` says so.
   */
  async *looks(signal: AbortSignal): AsyncGenerator<Iterable<TraceEvent>, void, void> {
    for (let isLast = false; !isLast && !signal.aborted;) {
      // Before the look: what was written until then is found by it.
      isLast = this.#traces.every((trace) => trace.isOver());
      yield this.#events(isLast);
      if (!isLast) await sleep(LOOK_MS, signal);
    }
  }

  /** Closes all files. */
  [Symbol.dispose](): void {
    for (const trace of this.#traces) trace.close();
  }

  /** What tells the trace of each directory apart, `null` where there is none yet. */
  #keys(): (string | null)[] {
    let number = 0;
    return this.#traces.map(({ formats: [format] }) =>
      format === undefined ? null : traceKey(format, number++)
    );
  }

  *#events(isLast: boolean): Generator<TraceEvent, void, void> {
    for (const item of merged(this.#look(isLast))) {
      if (item.kind === "event") yield item.event;
      else this.#listener.lost(item.lost);
    }
  }

  #look(isLast: boolean): Generator<Item, void, void>[] {
    const begin = (ns: bigint): bigint => this.#beginNs ??= ns;
    return this.#traces.flatMap((trace) => {
      try {
        return trace.streams(isLast, begin);
      } catch (error) {
        if (!(error instanceof CtfError)) throw error;
        this.#listener.broken(error);
        return [];
      }
    });
  }
}

/** What several streams have, by time. */
function* merged(streams: readonly Generator<Item, void, void>[]): Generator<Item, void, void> {
  const heads = streams.map((stream) => ({ stream, item: stream.next().value ?? null }))
    .filter(({ item }) => item !== null);
  while (heads.length > 0) {
    let first = 0;
    for (let i = 1; i < heads.length; i++) {
      if (heads[i].item!.time < heads[first].item!.time) first = i;
    }
    const head = heads[first];
    yield head.item!;
    head.item = head.stream.next().value ?? null;
    if (head.item === null) heads.splice(first, 1);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
