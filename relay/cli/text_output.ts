import { JobError, reasonOf } from "./job_error.ts";
import { TextChunks } from "./text_chunks.ts";

/** Whoever read standard output does not any more. */
export class OutputClosed extends Error {
  override name = "OutputClosed";
}

/** Characters that are written at once. */
const CHUNK = 65_536;

/** Writes text to standard output in large pieces. Throws {@linkcode OutputClosed} when nobody reads it. */
export class TextOutput extends TextChunks {
  /** Has written nothing yet. */
  constructor() {
    super(writeOut, CHUNK);
  }
}

function writeOut(bytes: Uint8Array): number {
  try {
    return Deno.stdout.writeSync(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
    throw new JobError(`Cannot write to standard output: ${reasonOf(error)}`);
  }
}
