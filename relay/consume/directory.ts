import { CHANNEL_NAME, inUse, takeDirectory } from "./output_directory.ts";
import { type Rotation, StreamFile } from "./stream_file.ts";
import { TraceFile } from "./trace_file.ts";
import type { TraceOutput } from "./trace_output.ts";

/** A directory to write a trace to. */
export interface TraceDirectoryOptions extends Rotation {
  /** CPUs whose first files are made at once: all there are, where they are not rotated. */
  readonly openFor: readonly number[];
}

/**
 * A trace in a directory: `metadata`, and for each CPU that has written its stream, `channel0_CPU`.
 * Only the user can read the files.
 */
export class TraceDirectory implements TraceOutput {
  /** Path of the directory. */
  readonly name: string;
  readonly #options: TraceDirectoryOptions;
  readonly #metadata: TraceFile;
  readonly #streams = new Map<number, StreamFile>();

  /**
   * Makes the directory, or empties it. A `TypeError` for one that holds something else than traces, or
   * that another session writes to.
   */
  constructor(path: string, options: TraceDirectoryOptions) {
    this.name = path;
    this.#options = options;
    this.#metadata = takeDirectory(path, () => {
      const metadata = new TraceFile(`${path}/metadata`);
      if (!metadata.tryLock()) throw inUse(path);
      return metadata;
    });
    for (const cpu of options.openFor) this.#stream(cpu);
  }

  /** Appends to the metadata. */
  metadata(bytes: Uint8Array): void {
    this.#metadata.append([bytes]);
  }

  /** Refuses with a `NotFound` error to go on when it was removed. */
  assertThere(): void {
    this.#metadata.assertThere(this.name);
  }

  /** Appends a packet to a stream. */
  packet(cpu: number, pieces: readonly Uint8Array[]): void {
    this.#stream(cpu).append(pieces);
  }

  /** Appends a packet that the next one of the CPU replaces. */
  provisional(cpu: number, packet: Uint8Array): void {
    this.#stream(cpu).appendTail(packet);
  }

  /** Closes all files. */
  close(): void {
    this.#metadata.close();
    for (const stream of this.#streams.values()) stream.close();
  }

  #stream(cpu: number): StreamFile {
    let stream = this.#streams.get(cpu);
    if (stream === undefined) {
      stream = new StreamFile(`${this.name}/${CHANNEL_NAME}${cpu}`, this.#options);
      this.#streams.set(cpu, stream);
    }
    return stream;
  }
}
