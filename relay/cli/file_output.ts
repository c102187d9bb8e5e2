import { relative } from "node:path";

/** Characters that are written at once. */
const CHUNK = 1 << 20;

const encoder = new TextEncoder();

/** Writes text to a file in large pieces. */
export class FileOutput implements Disposable {
  readonly #file: Deno.FsFile;
  #text = "";

  /** Makes the file, or empties it; errors of the system, here and when it is written. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  /** Writes text, now or later. */
  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK) this.flush();
  }

  /** Writes what is left. */
  flush(): void {
    const bytes = encoder.encode(this.#text);
    this.#text = "";
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
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
