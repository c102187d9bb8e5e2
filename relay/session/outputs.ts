import { type ConsumedStream, Consumer } from "../consume/consumer.ts";
import { TraceDirectory } from "../consume/directory.ts";
import { DirectoryLock } from "../consume/directory_lock.ts";
import { DirectorySink } from "../consume/directory_sink.ts";
import { RelaydConsumer } from "../consume/relayd/relayd_consumer.ts";
import type { RelaydLink } from "../consume/relayd/relayd_link.ts";
import type { StreamSink } from "../consume/stream_sink.ts";
import { type TraceInfo, traceMetadata } from "../ctf/metadata.ts";
import type { Registry } from "../trace/registry.ts";
import { say } from "./loss_report.ts";
import { type ResolvedOptions, traceName } from "./options.ts";
import type { SessionStatistics } from "./statistics.ts";
import { StatisticsFile } from "./statistics_file.ts";

/** What outputs need of the session's thread. */
export interface OutputSurroundings {
  /** What all threads know of tracepoints. */
  readonly registry: Registry;
  /** Rung, for each CPU, when its stream has delivered. */
  readonly doorbells: Int32Array<SharedArrayBuffer>;
  /** A time before which nothing more comes in the stream of a CPU, as far as that is known. */
  readonly quietUntil: (cpu: number) => number;
  /** Told when nothing can be written any more. */
  readonly failed: () => void;
}

/**
 * Where a session writes to: a trace or, in a flight recorder, one for each snapshot, and the file of
 * its figures. For the session's own thread.
 */
export class Outputs {
  /** Takes everything to the trace; `null` in a flight recorder, and without an output. */
  readonly sink: StreamSink | null;
  readonly #options: ResolvedOptions;
  readonly #info: TraceInfo;
  readonly #registry: Registry;
  /** Bytes of metadata before that of all tracepoints. */
  readonly #preambleLength: number;
  readonly #lock: DirectoryLock | null;
  readonly #statisticsFile: StatisticsFile | null;
  #snapshots = 0;

  /** Makes them, in place of what is there of earlier sessions; before the first tracepoint is declared. */
  constructor(
    options: ResolvedOptions,
    info: TraceInfo,
    around: OutputSurroundings,
    link: RelaydLink | null,
  ) {
    this.#options = options;
    this.#info = info;
    this.#registry = around.registry;
    this.#preambleLength = around.registry.metadataLength;
    const { output, mode, statisticsDirectory } = options;
    const isContinuous = mode === "continuous";
    this.#lock = isContinuous || output === null ? null : new DirectoryLock(output);
    this.sink = !isContinuous || output === null
      ? null
      : link === null
      ? this.#directorySink(output, around)
      : this.#relaydSink(link, around);
    if (this.failure !== null) throw new Error(this.failure);
    this.#statisticsFile = statisticsDirectory === null
      ? null
      : new StatisticsFile(statisticsDirectory);
  }

  /** Why the trace cannot be written any more; `null` while it can. */
  get failure(): string | null {
    const why = this.sink?.failure ?? null;
    return why === null ? null : this.#failed(why);
  }

  /** Writes all that was recorded by now; `isEnd` if the process may end then. Rejects with why not. */
  async flush(isEnd: boolean): Promise<void> {
    await this.#trying(() => this.sink?.flush(isEnd));
  }

  /**
   * Writes what streams hold to a trace of its own, and returns its path, of which `why` is part. An
   * `Error` when that cannot be, also because the session's directory was removed.
   */
  snapshot(why: string, streams: readonly ConsumedStream[]): string {
    this.#lock?.assertHeld();
    const number = this.#snapshots++;
    const slug = why.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 50);
    const path = `${this.#options.output}/snapshot-${number}${slug === "" ? "" : `-${slug}`}`;
    const directory = this.#directory(path);
    const env = { ...this.#info.env, snapshot: number, snapshot_reason: why };
    const preamble = new TextEncoder().encode(traceMetadata({ ...this.#info, env }));
    const consumer = new Consumer(directory, this.#source, this.#preambleLength, preamble);
    for (const stream of streams) consumer.copy(stream);
    consumer.close();
    if (consumer.failure !== null) {
      throw new Error(`Cannot write snapshot ${path}: ${consumer.failure}`);
    }
    return path;
  }

  /** Writes the session's figures, and how many bytes of events are not written, where that was asked for. */
  writeStatistics(read: () => SessionStatistics, unwrittenBytes: number): void {
    try {
      this.#statisticsFile?.write(read(), unwrittenBytes);
    } catch {
      // Where nothing can be written the trace cannot either, which is said; the next time may do.
    }
  }

  /** Writes the rest, and nothing any more; errors as of `flush`. */
  async close(): Promise<void> {
    await this.#trying(() => this.sink?.close());
  }

  /** Closes the file of the figures, and leaves the directory to other sessions. */
  end(): void {
    this.#statisticsFile?.close();
    this.#lock?.close();
  }

  #directorySink(path: string, { doorbells, failed }: OutputSurroundings): StreamSink {
    return new DirectorySink(new Consumer(this.#directory(path), this.#source), doorbells, failed);
  }

  #relaydSink(link: RelaydLink, { doorbells, quietUntil }: OutputSurroundings): StreamSink {
    const { spill, livePeriodMs, maxFileSize, maxFiles } = this.#options;
    return new RelaydConsumer(link, {
      ...this.#source,
      doorbells,
      quietUntil,
      livePeriodMs,
      maxFileSize,
      maxFiles,
      spill: spill === null
        ? null
        : new TraceDirectory(spill, { maxFileSize: 0, maxFiles: 0, openFor: [] }),
      say,
    });
  }

  async #trying(body: () => void | Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      throw new Error(this.#failed((error as Error).message));
    }
  }

  #failed(why: string): string {
    return `Cannot write trace ${traceName(this.#options)}: ${why}`;
  }

  get #source(): { readonly uuid: Uint8Array; readonly registry: Registry } {
    return { uuid: this.#info.uuid, registry: this.#registry };
  }

  #directory(path: string): TraceDirectory {
    const { maxFileSize, maxFiles, maxCpus, opensAllFiles } = this.#options;
    const openFor = opensAllFiles ? Array.from({ length: maxCpus + 1 }, (_, cpu) => cpu) : [];
    return new TraceDirectory(path, { maxFileSize, maxFiles, openFor });
  }
}
