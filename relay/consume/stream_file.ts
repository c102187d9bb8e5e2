import { TraceFile } from "./trace_file.ts";

/** When a stream goes on in another file. */
export interface Rotation {
  /** Bytes a file may have; 0 for any number. A packet is never divided. */
  readonly maxFileSize: number;
  /** Files a stream may have, the oldest of which is written over; 0 for any number. */
  readonly maxFiles: number;
}

/**
 * The files of a stream, `PATH`, or `PATH_0`, `PATH_1` … when it is rotated. One of them is open: a
 * process has only so many.
 */
export class StreamFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  #file: TraceFile;
  /** Its number. */
  #current = 0;

  /** Makes the first file. */
  constructor(path: string, rotation: Rotation) {
    this.#path = path;
    this.#rotation = rotation;
    this.#file = this.#make(0);
  }

  /** Appends a packet. */
  append(parts: readonly Uint8Array[]): void {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    this.#write(size, (file) => file.append(parts));
  }

  /** Appends a packet that the next one replaces. */
  appendTail(packet: Uint8Array): void {
    this.#write(packet.length, (file) => file.appendTail(packet));
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /** Writes a packet to the file that has room for it, which may be the next one. */
  #write(size: number, write: (file: TraceFile) => void): void {
    const { maxFileSize, maxFiles } = this.#rotation;
    const { size: used } = this.#file;
    if (maxFileSize === 0 || used === 0 || used + size <= maxFileSize) return write(this.#file);
    if (maxFiles === 1) {
      this.#file.clear();
      return write(this.#file);
    }
    const number = maxFiles === 0 ? this.#current + 1 : (this.#current + 1) % maxFiles;
    const next = this.#make(number);
    try {
      write(next);
    } catch (error) {
      // What was there stays, with the packet that this one would have replaced.
      next.close();
      throw error;
    }
    this.#file.dropTail();
    this.#file.close();
    this.#file = next;
    this.#current = number;
  }

  #make(number: number): TraceFile {
    const isRotated = this.#rotation.maxFileSize > 0;
    return new TraceFile(isRotated ? `${this.#path}_${number}` : this.#path);
  }
}
