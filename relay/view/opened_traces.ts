import {
  CtfError,
  type LostEvents,
  type TraceEvent,
  type TraceFormat,
  TraceReader,
} from "../ctf/mod.ts";
import type { CpuSpan } from "./event_filter.ts";
import { type OriginOf, Origins, traceKey } from "./origins.ts";
import type { TraceSpan } from "./time_bounds.ts";
import { closeTrace, openTrace, type TraceFiles } from "./trace_files.ts";
import { TraceNames } from "./trace_names.ts";

/** Is told what comes between events. */
export interface TraceListener {
  /** Of lost events. */
  readonly lost: (lost: LostEvents) => void;
  /** Of what is wrong with a file: what is in the others still comes. */
  readonly broken: (error: CtfError) => void;
}

/** From when to when a stream has recorded. */
export interface StreamLife extends CpuSpan {
  /** Name of its file. */
  readonly stream: string;
}

/** The events of traces in directories, by time. */
export class OpenedTraces implements Disposable {
  /** Where events come from. */
  readonly originOf: OriginOf;
  readonly #reader: TraceReader;
  readonly #files: readonly TraceFiles[];
  readonly #listener: TraceListener;

  /** Opens the directories; a `CtfError` if metadata makes no sense, errors of the system. */
  constructor(directories: readonly string[], listener: TraceListener) {
    this.#listener = listener;
    const files: TraceFiles[] = [];
    this.#files = files;
    try {
      for (const directory of directories) files.push(openTrace(directory));
      this.#reader = new TraceReader(files, { onLost: (lost) => listener.lost(lost) });
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.originOf = new Origins(() => this.#reader.formats).of;
  }

  /** Nanoseconds since 1970 at which times are 0. */
  get beginNs(): bigint {
    return this.#reader.beginNs;
  }

  /** What the metadata of each trace says. */
  get formats(): readonly TraceFormat[] {
    return this.#reader.formats;
  }

  /** What the metadata of each trace says of where it was made, by what tells the traces apart. */
  get environments(): ReadonlyMap<string, TraceFormat["env"]> {
    const { formats } = this.#reader;
    // Of parts of a trace the first one counts.
    return new Map(
      formats.map((format, i) => [traceKey(format, i), format.env] as const).reverse(),
    );
  }

  /** What people call the traces; `null` if there is only one. */
  get names(): TraceNames | null {
    const keys = this.#reader.formats.map(traceKey);
    if (new Set(keys).size < 2) return null;
    return new TraceNames(this.#files.map(({ path }) => path), () => keys, this.originOf);
  }

  /** What tells the trace apart that a stream's file is of. */
  traceOfStream(name: string): string {
    const at = this.#files.findIndex(({ streams }) => streams.some((one) => one.name === name));
    return traceKey(this.#reader.formats[at], at);
  }

  /** From when to when each stream has recorded; then the first event comes again. */
  lives(): StreamLife[] {
    return this.#reader.streams().flatMap(({ name, cpu, begin, end }) =>
      begin === null || end === null ? [] : [{ cpu, begin, end, stream: name }]
    );
  }

  /** When it begins, and when it ends, for which all packets are looked at. */
  span(): TraceSpan {
    const reader = this.#reader;
    return {
      beginNs: reader.beginNs,
      get end() {
        return Math.max(0, ...reader.streams().map(({ end }) => end ?? 0));
      },
    };
  }

  /** The events from a time on. */
  *events(from: number): Generator<TraceEvent, void, void> {
    if (from > 0) this.#reader.seek(from);
    for (;;) {
      const event = this.#next();
      if (event === null) return;
      yield event;
    }
  }

  /** Closes all files. */
  [Symbol.dispose](): void {
    for (const files of this.#files) closeTrace(files);
  }

  #next(): TraceEvent | null {
    for (;;) {
      try {
        return this.#reader.next();
      } catch (error) {
        if (!(error instanceof CtfError)) throw error;
        this.#listener.broken(error);
      }
    }
  }
}
