import { dirname } from "node:path";
import { METADATA, streamNames } from "../view/mod.ts";
import { attempt, JobError } from "./job_error.ts";

/**
 * Refuses a path to write to that is a file of a trace which is read, by whatever name, or would be one of
 * its streams: a {@linkcode JobError}. Nothing is touched. Has to be called before the output is emptied.
 */
export async function assertNoTraceOverwritten(
  path: string,
  directories: readonly string[],
): Promise<void> {
  const output = await attempt("write", path, () => found(() => Deno.stat(path)));
  const parent = await attempt("write", path, async () => {
    const real = await found(() => Deno.realPath(path));
    return real === null
      ? await found(() => Deno.realPath(dirname(path))) ?? dirname(path)
      : dirname(real);
  });
  for (const directory of directories) {
    const isInside = await attempt("read trace", directory, async () => {
      if (parent === await Deno.realPath(directory)) return true;
      if (output === null) return false;
      for (const name of [METADATA, ...streamNames(directory)]) {
        const { dev, ino } = await Deno.stat(`${directory}/${name}`);
        if (dev === output.dev && ino !== null && ino === output.ino) return true;
      }
      return false;
    });
    if (!isInside) continue;
    throw new JobError(`Cannot write ${path}: it is in the trace that is read, ${directory}`);
  }
}

/** What there is of a path; `null` for nothing, and where it may be written but not be read. */
async function found<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    const { NotFound, NotCapable } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotCapable) return null;
    throw error;
  }
}
