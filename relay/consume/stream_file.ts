/** When a stream goes on in another file. */
export interface Rotation {
  /** Bytes a file may have; 0 for any number. A packet is never divided. */
  readonly maxFileSize: number;
  /** Files a stream may have, the oldest of which is written over; 0 for any number. */
  readonly maxFiles: number;
}

/** Reading and writing for the user, nobody else. */
const MODE = 0o600;

const NOTHING = new Uint8Array(0);

/** A file of whole pieces: should a write fail, what was there before is there again. */
export class TraceFile {
  readonly #file: Deno.FsFile;
  /** Bytes of pieces that stay. */
  #end = 0;
  /** The piece behind them, which the next one replaces. */
  #tail: Uint8Array = NOTHING;

  /** Makes the file, or empties it. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { create: true, write: true, truncate: true, mode: MODE });
  }

  /** Locks the file until it is closed, or the process ends. */
  lock(): void {
    this.#file.lockSync(true);
  }

  /** Bytes of the pieces that stay. */
  get size(): number {
    return this.#end;
  }

  /** Appends a piece, in parts. */
  append(parts: readonly Uint8Array[]): void {
    this.#write(parts);
    for (const { length } of parts) this.#end += length;
    this.#tail = NOTHING;
  }

  /** Appends a piece that the next one replaces. The file keeps it. */
  appendTail(piece: Uint8Array): void {
    this.#write([piece]);
    this.#tail = piece;
  }

  /** Takes away the piece that the next one would replace. */
  dropTail(): void {
    if (this.#tail.length > 0) this.#cut(this.#end);
    this.#tail = NOTHING;
  }

  /** Empties the file. */
  clear(): void {
    this.#end = 0;
    this.#tail = NOTHING;
    this.#cut(0);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /** Writes behind the pieces that stay, over what may be there. */
  #write(parts: readonly Uint8Array[]): void {
    try {
      if (this.#tail.length > 0) this.#seek(this.#end);
      let size = 0;
      for (const part of parts) {
        this.#writeAll(part);
        size += part.length;
      }
      if (size < this.#tail.length) this.#cut(this.#end + size);
    } catch (error) {
      this.#restore();
      throw error;
    }
  }

  /** There is room for what was there: it still has its blocks. */
  #restore(): void {
    try {
      this.#seek(this.#end);
      this.#writeAll(this.#tail);
    } catch {
      this.#tail = NOTHING;
    }
    this.#cut(this.#end + this.#tail.length);
  }

  #writeAll(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }

  #cut(end: number): void {
    this.#file.truncateSync(end);
    this.#seek(end);
  }

  #seek(at: number): void {
    this.#file.seekSync(at, Deno.SeekMode.Start);
  }
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
