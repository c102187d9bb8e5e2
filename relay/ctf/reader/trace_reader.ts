import type { ByteSource } from "./byte_source.ts";
import { CtfError } from "../ctf_error.ts";
import type { EventClass } from "../tsdl/field_class.ts";
import { MetadataParser } from "../tsdl/metadata_parser.ts";
import { PacketFile } from "./packet_file.ts";
import { compareStreams, type StreamIdentity, StreamReader } from "./stream_reader.ts";
import { TextCache } from "./text_cache.ts";
import { TraceCode } from "./trace_code.ts";
import type { LostEvents, TraceEvent } from "./trace_event.ts";
import type { ClockClass, TraceFormat } from "../tsdl/trace_format.ts";

/** A trace: what is in its directory. */
export interface TraceInput {
  /** Its metadata, text or packets. */
  readonly metadata: Uint8Array;
  /** Its other files. */
  readonly streams: readonly {
    /** For errors, and for people. */
    readonly name: string;
    /** What is in it. */
    readonly source: ByteSource;
  }[];
}

/** How a trace is read. */
export interface ReaderOptions {
  /** Is told of lost events, in order with the events. */
  readonly onLost?: (lost: LostEvents) => void;
}

/** What is known of a stream's file. */
export interface StreamInfo {
  /** The file's name. */
  readonly name: string;
  /** The CPU whose stream it is, -1 where packets do not say. */
  readonly cpu: number;
  /** When its first packet begins, `null` where that does not say, as a time of events. */
  readonly begin: number | null;
  /** When its last packet ends, `null` where that does not say. */
  readonly end: number | null;
}

/** A file, and what belongs to it. */
interface ReadFile {
  readonly file: PacketFile;
  readonly format: TraceFormat;
  readonly index: number;
}

/**
 * Reads traces of CTF 1.8: all events of all streams, by time. Traces of the same UUID are parts of one: a
 * packet that is in several is shown once. It keeps a part of each file in memory, not more than 16 MiB:
 * events that are longer than 8 MiB, or whose arrays have more than 4,194,304 elements, are refused.
 *
 * What is wrong in a file is thrown as a {@linkcode CtfError} when its turn comes; then the reader can go on
 * with the other files. It makes code of the metadata, by `new Function`: where that is forbidden, as by a
 * page's Content-Security-Policy without `unsafe-eval`, reading throws a `CtfError` that says so.
 *
 * @example Count the events of a trace
 * ```ts ignore
 * import { bytesSource, TraceReader } from "@ltt/relay/ctf";
 *
 * const metadata = Deno.readFileSync("trace/metadata");
 * const source = bytesSource(Deno.readFileSync("trace/channel0_0"));
 * const reader = new TraceReader([{ metadata, streams: [{ name: "channel0_0", source }] }]);
 * const counts = new Map<string, number>();
 * for (const { class: { name } } of reader) counts.set(name, (counts.get(name) ?? 0) + 1);
 * ```
 */
export class TraceReader implements Iterable<TraceEvent> {
  readonly #formats: readonly TraceFormat[];
  readonly #options: ReaderOptions;
  readonly #files: ReadFile[] = [];
  readonly #byKey = new Map<string, StreamReader>();
  /** What is next, the oldest first: a heap. */
  #streams: StreamReader[] = [];
  #hasBegun = false;
  #beginNs: bigint | null = null;

  /** Of these traces. A `CtfError` if metadata makes no sense. */
  constructor(traces: readonly TraceInput[], options: ReaderOptions = {}) {
    this.#options = options;
    const formats: TraceFormat[] = [];
    // Threads of a program record the same texts.
    const texts = new TextCache();
    let index = 0;
    for (const { metadata, streams } of traces) {
      const format = new MetadataParser(metadata);
      const code = new TraceCode(format, true);
      formats.push(format);
      for (const { name, source } of streams) {
        const file = new PacketFile(name, source, format, code, texts);
        this.#files.push({ file, format, index: index++ });
      }
    }
    this.#formats = formats;
  }

  /** What the metadata says of where the traces were made; of the first one that says it. */
  get env(): Readonly<Record<string, string | number | bigint>> {
    return Object.assign({}, ...this.#formats.map(({ env }) => env).reverse());
  }

  /** What the metadata of each trace says. */
  get formats(): readonly TraceFormat[] {
    return this.#formats;
  }

  /** The clocks of the traces. */
  get clocks(): readonly ClockClass[] {
    return this.#formats.flatMap(({ clocks }) => [...clocks.values()]);
  }

  /** All kinds of events there are, of parts of a trace those of the first part. */
  get eventClasses(): readonly EventClass[] {
    const classes = new Map<string, EventClass>();
    for (const [i, { uuid, streams }] of this.#formats.entries()) {
      for (const one of [...streams.values()].flatMap(({ events }) => [...events.values()])) {
        const key = `${uuid ?? i}/${one.streamId}/${one.id}`;
        if (!classes.has(key)) classes.set(key, one);
      }
    }
    return [...classes.values()];
  }

  /**
   * From when on times are counted: when the first packet began, in nanoseconds since the epoch, or since what
   * else the clock has as its origin. 0 as long as there is no packet.
   */
  get beginNs(): bigint {
    this.#begin();
    return this.#beginNs ?? 0n;
  }

  /** Looks at all packets, up to what is none, and begins again with the first event. */
  streams(): StreamInfo[] {
    this.#begin();
    const infos = this.#files.map(({ file }) => {
      let info: StreamInfo = { name: file.name, cpu: -1, begin: null, end: null };
      file.rewind();
      try {
        for (let one = file.nextPacket(); one !== null; one = file.nextPacket()) {
          const [begin, end] = [one.timestampBegin, one.timestampEnd]
            .map((cycles) => cycles === null ? null : one.times.of(cycles));
          info = { name: file.name, cpu: one.cpu, begin: info.begin ?? begin, end };
        }
      } catch (error) {
        if (!(error instanceof CtfError)) throw error;
      }
      return info;
    });
    this.seek(-Infinity);
    return infos;
  }

  /** The next event, `null` if there is none any more. A `CtfError` for what is none. */
  next(): TraceEvent | null {
    this.#begin();
    for (;;) {
      const stream = this.#streams[0];
      if (stream === undefined || stream.time === Infinity) return null;
      const { event, lost, error } = stream;
      if (error === null) stream.advance();
      // The last one takes the place of one that is good for nothing any more.
      else if (this.#streams.length === 1) this.#streams.pop();
      else this.#streams[0] = this.#streams.pop()!;
      if (this.#streams.length > 1) this.#sink(0);
      if (event !== null) return event;
      if (error !== null) throw error;
      if (lost !== null) this.#options.onLost?.(lost);
    }
  }

  /** All events from the next one on. */
  *[Symbol.iterator](): Generator<TraceEvent, void, void> {
    for (let event = this.next(); event !== null; event = this.next()) yield event;
  }

  /**
   * Goes to the first event at a time or later, forwards or back, by the begins of packets. What was lost is
   * told if it may have been at that time or later, though it began before.
   */
  seek(time: number): void {
    this.#begin();
    this.#streams = [...this.#byKey.values()];
    for (const stream of this.#streams) {
      stream.seek(time);
      if (stream.error === null) stream.advance();
    }
    this.#heapify();
  }

  /** Looks at the files, once: to which stream they belong, and when they begin. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const added = this.#files.filter((one) => this.#addFile(one));
    const begins = added.map(({ file }) => file.beginOf()).filter((one) => one !== null);
    this.#beginNs = begins.length === 0 ? null : begins.reduce((a, b) => a < b ? a : b);
    for (const { file } of added) {
      file.beginNs = this.#beginNs ?? 0n;
      file.rewind();
    }
    const all = [...this.#byKey.values()];
    all.sort((a, b) => compareStreams(a.identity, b.identity));
    for (const [rank, stream] of all.entries()) stream.rank = rank;
    for (const stream of this.#streams) stream.advance();
    this.#heapify();
  }

  /** Puts a file to its stream, if a packet of it is there or should be. */
  #addFile({ file, format, index }: ReadFile): boolean {
    let identity: StreamIdentity = { uuid: "", streamId: 0, instance: -1, file: index };
    try {
      const packet = file.nextPacket();
      if (packet === null) return false;
      const { streamInstance, code: { stream } } = packet;
      identity = {
        uuid: format.uuid ?? "",
        streamId: stream.id,
        instance: streamInstance ?? -1,
        file: index,
      };
    } catch (error) {
      // It is thrown again when the turn of the stream comes.
      if (!(error instanceof CtfError)) throw error;
    }
    const { uuid, streamId, instance } = identity;
    const isTold = uuid !== "" && instance !== -1;
    const key = isTold ? `${uuid}/${streamId}/${instance}` : `${index}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) known.add(file);
    else {
      const stream = new StreamReader(file, identity);
      this.#byKey.set(key, stream);
      this.#streams.push(stream);
    }
    return true;
  }

  #heapify(): void {
    for (let i = (this.#streams.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #sink(from: number): void {
    const streams = this.#streams;
    const stream = streams[from];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= streams.length) break;
      if (child + 1 < streams.length && isFirst(streams[child + 1], streams[child])) child++;
      if (!isFirst(streams[child], stream)) break;
      streams[at] = streams[child];
      at = child;
    }
    streams[at] = stream;
  }
}

function isFirst(a: StreamReader, b: StreamReader): boolean {
  return a.time === b.time ? a.rank < b.rank : a.time < b.time;
}
