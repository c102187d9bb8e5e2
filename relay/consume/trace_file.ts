import { writeAll } from "./file_bytes.ts";
import { assertThere } from "./output_directory.ts";

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

  /** Locks the file until it is closed, or the process ends; `false` if somebody else has. */
  tryLock(): boolean {
    return this.#file.tryLockSync(true);
  }

  /** Refuses with a `NotFound` error to go on when the file was removed, as with all its directory. */
  assertThere(directory: string): void {
    assertThere(this.#file, directory);
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
        writeAll(this.#file, part);
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
      writeAll(this.#file, this.#tail);
    } catch {
      this.#tail = NOTHING;
    }
    this.#cut(this.#end + this.#tail.length);
  }

  #cut(end: number): void {
    this.#file.truncateSync(end);
    this.#seek(end);
  }

  #seek(at: number): void {
    this.#file.seekSync(at, Deno.SeekMode.Start);
  }
}
