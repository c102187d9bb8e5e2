import { createHash, type Hash } from "node:crypto";
import { type Machine, PAGE_SIZE } from "../../hw/mod.ts";
import type { RelayBuffer } from "../buffer.ts";
import { attempt, JobError } from "./job_error.ts";

/**
 * The way of the bytes written on one CPU: into its buffer, and whenever a sub-buffer is full page
 * by page out of RAM into a file. The file has its name only once all is well; until then it is
 * called `.part`.
 */
export class Lane {
  /** The buffer written to. */
  readonly buffer: RelayBuffer;
  /** Files that began here. */
  files = 0;
  /** Pages written to the file, the last of them perhaps in part. */
  pages = 0;
  readonly #ram: Uint8Array;
  readonly #path: string;
  readonly #partPath: string;
  readonly #hash: Hash = createHash("sha256");
  #file: Deno.FsFile | null = null;
  /** Whether there is a file that is not to stay. */
  #unfinished = false;
  #produced = 0;
  #consumed = 0;

  /** A lane through `buffer` into the file `path`. */
  constructor(machine: Machine, buffer: RelayBuffer, path: string) {
    this.#ram = machine.ram.bytes;
    this.buffer = buffer;
    this.#path = path;
    this.#partPath = `${path}.part`;
  }

  /** Bytes written on the CPU. */
  get bytes(): number {
    return this.#produced;
  }

  /** Makes the file. */
  async open(): Promise<void> {
    const there = await Deno.stat(this.#path).catch(() => null);
    if (there?.isDirectory) throw new JobError(`Cannot write ${this.#path}: it is a directory`);
    const options = { write: true, create: true, truncate: true };
    const path = this.#partPath;
    this.#file = await attempt("write", path, () => Deno.open(path, options));
    this.#unfinished = true;
  }

  /** Writes bytes into the buffer, and full sub-buffers into the file. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    const { subbufSize } = this.buffer.chan;
    for (let at = 0; at < bytes.length;) {
      const room = subbufSize - this.#produced % subbufSize;
      const part = bytes.subarray(at, at + room);
      this.buffer.write(this.#produced, part);
      this.#produced += part.length;
      at += part.length;
      if (this.#produced % subbufSize === 0) await this.#drain();
    }
  }

  /**
   * Writes the rest into the file and reads it back: a {@linkcode JobError} if it differs, or
   * whatever `check` throws, which is called on the way.
   */
  async finish(check: () => void): Promise<void> {
    await this.#drain();
    this.#close();
    const hash = createHash("sha256");
    await attempt("read", this.#partPath, async () => {
      using file = await Deno.open(this.#partPath);
      for await (const chunk of file.readable) {
        hash.update(chunk);
        check();
      }
    });
    if (hash.digest("hex") !== this.#hash.digest("hex")) {
      throw new JobError(`Cannot trust ${this.#path}: what came out is not what went in`);
    }
  }

  /** Gives the file its name. */
  async keep(): Promise<void> {
    await attempt("write", this.#path, () => Deno.rename(this.#partPath, this.#path));
    this.#unfinished = false;
  }

  /** Removes the unfinished file, if there is one. */
  async discard(): Promise<void> {
    this.#close();
    if (!this.#unfinished) return;
    await attempt("remove", this.#partPath, async () => {
      try {
        await Deno.remove(this.#partPath);
      } catch (error) {
        // Another run with the same outputs may have been faster.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    });
  }

  /** Writes all pages that hold unread bytes, straight from RAM. */
  async #drain(): Promise<void> {
    while (this.#consumed < this.#produced) {
      const { address } = this.buffer.readGetPage(this.#consumed);
      const length = Math.min(PAGE_SIZE, this.#produced - this.#consumed);
      let rest = this.#ram.subarray(address, address + length);
      while (rest.length > 0) {
        const written = await attempt("write", this.#partPath, () => this.#file!.write(rest));
        rest = rest.subarray(written);
      }
      this.#consumed += length;
      this.pages++;
    }
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }
}
