import { TraceFile } from "./trace_file.ts";

/** When a stream goes on in another file. */
export interface Rotation {
  /** Bytes a file may have; 0 for any number. A packet is never divided. */
  readonly maxFileSize: number;
  /** Files a stream may have, the oldest of which is written over; 0 for any number. */
  readonly maxFiles: number;
}

/** The files of a stream, `PATH`, or `PATH_0`, `PATH_1` … when it is rotated. */
export class StreamFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  /** Those opened, by number. */
  readonly #files: TraceFile[] = [];
  #current = 0;

  /** Opens the first file; all of them if `opensAll` and their number is known. */
  constructor(path: string, rotation: Rotation, opensAll: boolean) {
    this.#path = path;
    this.#rotation = rotation;
    const count = opensAll && rotation.maxFileSize > 0 ? Math.max(rotation.maxFiles, 1) : 1;
    for (let i = 0; i < count; i++) this.#files.push(this.#open(i));
  }

  /** Appends a packet. */
  append(parts: readonly Uint8Array[]): void {
    const next = this.#fileFor(parts.reduce((sum, part) => sum + part.length, 0));
    this.#files[next].append(parts);
    this.#enter(next);
  }

  /** Appends a packet that the next one replaces. */
  appendTail(packet: Uint8Array): void {
    const next = this.#fileFor(packet.length);
    this.#files[next].appendTail(packet);
    this.#enter(next);
  }

  /** Closes the files. */
  close(): void {
    for (const file of this.#files) file?.close();
  }

  /** Number of the file that has room for a packet, opened and, if it is another one, empty. */
  #fileFor(size: number): number {
    const { maxFileSize, maxFiles } = this.#rotation;
    const { size: used } = this.#files[this.#current];
    if (maxFileSize === 0 || used === 0 || used + size <= maxFileSize) return this.#current;
    const next = maxFiles === 0 ? this.#current + 1 : (this.#current + 1) % maxFiles;
    if (this.#files[next] === undefined) this.#files[next] = this.#open(next);
    else this.#files[next].clear();
    return next;
  }

  /** Goes on in a file that a packet was written to. */
  #enter(next: number): void {
    if (next === this.#current) return;
    const file = this.#files[this.#current];
    file.dropTail();
    // A stream may have any number of files, the process only so many open.
    if (this.#rotation.maxFiles === 0) {
      file.close();
      delete this.#files[this.#current];
    }
    this.#current = next;
  }

  #open(i: number): TraceFile {
    return new TraceFile(this.#rotation.maxFileSize === 0 ? this.#path : `${this.#path}_${i}`);
  }
}
