import { relative } from "node:path";
import { TextChunks } from "./text_chunks.ts";

/** Characters that are written at once. */
const CHUNK = 1 << 20;

/** Writes text to a file in large pieces. */
export class FileOutput extends TextChunks implements Disposable {
  readonly #file: Deno.FsFile;

  /** Makes the file, or empties it; errors of the system, here and when it is written. */
  constructor(path: string) {
    const file = Deno.openSync(path, { write: true, create: true, truncate: true });
    super((bytes) => file.writeSync(bytes), CHUNK);
    this.#file = file;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Says on standard error how many events a file has, and what to do with it. */
export function sayWritten(path: string, events: number, next: string): void {
  const shown = relative(Deno.cwd(), path);
  const count = `${events.toLocaleString("en-US")} event${events === 1 ? "" : "s"}`;
  console.error(`${count} in ${shown.startsWith("..") ? path : shown}: ${next}`);
}
