import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import {
  BoxFile,
  drain,
  DrainLock,
  recover as takeOut,
  type Recovered,
  TraceCompletion,
} from "../blackbox/mod.ts";
import { TraceDirectory, type TraceOutput } from "../consume/mod.ts";
import { attempt, JobError } from "./job_error.ts";
import { parseRecoverArguments, type RecoverArguments, recoverUsage } from "./recover_arguments.ts";
import { recoveredText } from "./recovered.ts";
import { runCommand } from "./run_command.ts";

/**
 * Makes a trace of a black box, and says what was found: the command `recover`. Answers the exit code: 1 if
 * something in the file is damaged, or nothing could be done, which ends in one line on standard error.
 */
export function recover(args: readonly string[]): Promise<number> {
  const command = { usage: recoverUsage, parse: parseRecoverArguments };
  return runCommand(command, args, async (options) => {
    const cwd = resolve(options.cwd);
    const path = resolve(cwd, options.file);
    const out = resolve(cwd, options.out ?? `${path}-trace`);
    return await attempt("recover", path, () => run(path, out, options));
  });
}

async function run(path: string, out: string, options: RecoverArguments): Promise<number> {
  using box = openBox(path, !options.live);
  if (!options.live && !options.attach) lock(box);
  using drainLock = options.attach ? new DrainLock(box) : null;
  const output = await attempt("write trace to", out, () => openOutput(out, box.info.uuid));
  let found: Recovered;
  try {
    found = drainLock !== null
      ? await untilInterrupted((signal) => drain(drainLock, output, signal))
      : takeOut(box, output, options.live);
  } finally {
    output.close();
  }
  const isDone = found.isAll && found.faultCount === 0;
  if (isDone && box.writes) box.state = "recovered";
  const added = output instanceof TraceCompletion ? output.added : null;
  const shown = relative(Deno.cwd(), out);
  const trace = shown.startsWith("..") ? out : shown;
  if (options.json) console.log(JSON.stringify({ trace: out, facts: box.info.facts, ...found }));
  else console.error(recoveredText(trace, box.info.facts, found, added));
  if (isDone && !box.writes) {
    console.error(`warning: ${path} may not be written, and still says that it holds a trace`);
  }
  return found.faultCount === 0 ? 0 : 1;
}

/** Before anything is made: what its program still writes is refused. */
function lock(box: BoxFile): void {
  if (box.tryLock()) return;
  const { pid } = box.info.facts;
  throw new JobError(
    `Cannot recover ${box.path}: process ${pid} still records to it; --live looks without disturbing it`,
  );
}

/** What may not be written is recovered all the same, and stays as it is. */
function openBox(path: string, writes: boolean): BoxFile {
  try {
    return new BoxFile(path, writes);
  } catch (error) {
    const isDenied = error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable || (error as { code?: string }).code === "EROFS";
    if (!writes || !isDenied) throw error;
    return new BoxFile(path, false);
  }
}

/** Does something that SIGINT and SIGTERM bring to an end. */
async function untilInterrupted<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, abort);
  try {
    return await body(controller.signal);
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, abort);
  }
}

/** What is there of another trace, or of something else, is not touched. */
function openOutput(path: string, uuid: Uint8Array): TraceOutput {
  // Also what a flight recorder has made that had no time for a snapshot.
  const isNew = !existsSync(path) ||
    [...Deno.readDirSync(path)].every(({ name }) => name.startsWith("."));
  if (!isNew) return new TraceCompletion(path, uuid);
  return new TraceDirectory(path, { maxFileSize: 0, maxFiles: 0, openFor: [] });
}
