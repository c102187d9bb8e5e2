import { JobError, reasonOf } from "./job_error.ts";

/** Whoever read standard output does not any more. */
export class OutputClosed extends Error {
  override name = "OutputClosed";
}

/** Characters that are written at once. */
const CHUNK = 65_536;

const encoder = new TextEncoder();

/** Writes text to standard output in large pieces. Throws {@linkcode OutputClosed} when nobody reads it. */
export class TextOutput {
  #text = "";

  /** Writes text, now or later. */
  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK) this.flush();
  }

  /** Writes what is left. */
  flush(): void {
    const bytes = encoder.encode(this.#text);
    this.#text = "";
    try {
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
      throw new JobError(`Cannot write to standard output: ${reasonOf(error)}`);
    }
  }
}
