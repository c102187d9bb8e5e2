import { type ConsumedStream, Consumer, DirectoryLock, TraceDirectory } from "../consume/mod.ts";
import { type TraceInfo, traceMetadata } from "../ctf/mod.ts";
import type { Registry } from "../trace/mod.ts";
import type { ResolvedOptions } from "./options.ts";
import type { SessionStatistics } from "./statistics.ts";
import { StatisticsFile } from "./statistics_file.ts";

/**
 * Where a session writes to: a trace or, in a flight recorder, one for each snapshot, and the file of
 * its figures. For the session's own thread.
 */
export class Outputs {
  /** Takes everything to the trace; `null` in a flight recorder. */
  readonly consumer: Consumer | null;
  readonly #options: ResolvedOptions;
  readonly #info: TraceInfo;
  readonly #registry: Registry;
  /** Bytes of metadata before that of all tracepoints. */
  readonly #preambleLength: number;
  readonly #lock: DirectoryLock | null;
  readonly #statisticsFile: StatisticsFile | null;
  #snapshots = 0;

  /** Makes them, in place of what is there of earlier sessions; before the first tracepoint is declared. */
  constructor(options: ResolvedOptions, info: TraceInfo, registry: Registry) {
    this.#options = options;
    this.#info = info;
    this.#registry = registry;
    this.#preambleLength = registry.metadataLength;
    const { output, mode, writesStatistics } = options;
    const isContinuous = mode === "continuous";
    this.#lock = isContinuous ? null : new DirectoryLock(output);
    this.consumer = isContinuous ? new Consumer(this.#directory(output), this.#source) : null;
    if (this.failure !== null) throw new Error(this.failure);
    this.#statisticsFile = writesStatistics ? new StatisticsFile(output) : null;
  }

  /** Why the trace cannot be written any more; `null` while it can. */
  get failure(): string | null {
    const why = this.consumer?.failure ?? null;
    return why === null ? null : `Cannot write trace ${this.#options.output}: ${why}`;
  }

  /** Writes what streams hold to a trace of its own, and returns its path, of which `why` is part. */
  snapshot(why: string, streams: readonly ConsumedStream[]): string {
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

  /** Writes the session's figures, where that was asked for. */
  writeStatistics(read: () => SessionStatistics): void {
    try {
      this.#statisticsFile?.write(read());
    } catch {
      // Where nothing can be written the trace cannot either, which is said; the next time may do.
    }
  }

  /** Closes all files, and leaves the directory to other sessions. */
  close(): void {
    this.consumer?.close();
    this.#statisticsFile?.close();
    this.#lock?.close();
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
