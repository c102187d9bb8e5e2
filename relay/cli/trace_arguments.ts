import { resolve } from "node:path";
import { METADATA, traceDirectories } from "../view/mod.ts";
import { attempt, JobError } from "./job_error.ts";

/** Directories with traces, of what was named on the command line; a {@linkcode JobError} if there is none. */
export async function directoriesOf(traces: readonly string[], cwd: string): Promise<string[]> {
  const directories: string[] = [];
  for (const trace of traces) {
    const path = resolve(cwd, trace);
    const found = await attempt("read trace", path, () => traceDirectories(path));
    if (found.length === 0) {
      throw new JobError(`Cannot read trace ${path}: it holds no file "${METADATA}"`);
    }
    directories.push(...found);
  }
  return directories;
}
