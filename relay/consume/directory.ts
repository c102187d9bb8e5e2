import { type Rotation, StreamFile } from "./stream_file.ts";
import { TraceFile } from "./trace_file.ts";
import type { TraceOutput } from "./trace_output.ts";

/** File beside a trace for figures. It is hidden, so that readers of traces leave it alone. */
export const STATISTICS_FILE: string = ".statistics.json";

/** Whether a file of that name is part of a trace, which may be rotated. */
function isOfTrace(name: string): boolean {
  return name === STATISTICS_FILE || /^(metadata|channel0_\d+(_\d+)?)$/.test(name);
}

/** A directory to write a trace to. */
export interface TraceDirectoryOptions extends Rotation {
  /** CPUs whose files are made at once, so that no permission is needed later. */
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
  #bytes = 0;

  /** Makes the directory. One that holds a trace, and nothing else, is emptied; a `TypeError` for another one. */
  constructor(path: string, options: TraceDirectoryOptions) {
    this.name = path;
    this.#options = options;
    makeEmpty(path);
    this.#metadata = new TraceFile(`${path}/metadata`);
    this.#metadata.lock();
    for (const cpu of options.openFor) this.#stream(cpu);
  }

  /** Bytes written so far, without packets that will be replaced. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends to the metadata. */
  metadata(bytes: Uint8Array): void {
    this.#metadata.append([bytes]);
    this.#bytes += bytes.length;
  }

  /** Appends a packet to a stream. */
  packet(cpu: number, pieces: readonly Uint8Array[]): void {
    this.#stream(cpu).append(pieces);
    for (const { length } of pieces) this.#bytes += length;
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
      const opensAll = this.#options.openFor.includes(cpu);
      stream = new StreamFile(`${this.name}/channel0_${cpu}`, this.#options, opensAll);
      this.#streams.set(cpu, stream);
    }
    return stream;
  }
}

/** Refuses with a `TypeError` a directory that holds something else than a trace. */
export function assertReplaceable(path: string): void {
  const foreign = [...Deno.readDirSync(path)].find(({ name, isFile }) =>
    !isFile || !isOfTrace(name)
  );
  if (foreign !== undefined) {
    throw new TypeError(`Cannot write a trace to ${path}: it holds "${foreign.name}"`);
  }
}

/** Refuses with a `TypeError` a directory that a session is writing to, of this process or another one. */
function assertUnused(path: string): void {
  let metadata;
  try {
    metadata = Deno.openSync(`${path}/metadata`, { write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const isFree = metadata.tryLockSync(true);
  metadata.close();
  if (!isFree) throw new TypeError(`Cannot write a trace to ${path}: another session does`);
}

/** Makes a directory, or empties it of a trace. */
function makeEmpty(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  assertReplaceable(path);
  assertUnused(path);
  for (const { name } of [...Deno.readDirSync(path)]) Deno.removeSync(`${path}/${name}`);
}
