/** `deno task record`. */
import { finish, type Finished, MAIN, start, testCommand } from "./support.ts";

const needed = ["run", "read", "write", "net", "env", "ffi"] as const;

/** Whether a program cannot be recorded here: for `{ ignore }`. */
export const CANNOT_RECORD: boolean = needed.some((name) =>
  Deno.permissions.querySync({ name }).state !== "granted"
);

/** A test of `deno task record`. */
export function test(
  name: string,
  body: (directory: string) => Promise<void>,
  isIgnored: boolean = false,
): void {
  testCommand(`record ${name}`, CANNOT_RECORD || isIgnored, body);
}

/** Starts to record a program of a directory. */
export function startRecord(directory: string, args: readonly string[]): Deno.ChildProcess {
  return start(["--allow-all", MAIN, "record", "--cwd", directory, ...args]);
}

/** Records a program of a directory. */
export function record(directory: string, args: readonly string[]): Promise<Finished> {
  return finish(startRecord(directory, args));
}
