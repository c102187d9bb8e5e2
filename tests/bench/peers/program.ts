/** No program here takes longer, unless it hangs. */
const LONGEST_MS = 300_000;

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws {Error} If it cannot be started or fails, with its own words about that
 */
export async function output(program: string, options: Deno.CommandOptions): Promise<string> {
  const timeout = AbortSignal.timeout(LONGEST_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  signal.throwIfAborted();
  const { success, code, stdout, stderr } = await new Deno.Command(program, {
    ...options,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).output().catch((error) => {
    throw new Error(`Cannot run ${program}: ${error.message}`, { cause: error });
  });
  signal.throwIfAborted();
  if (!success) {
    throw new Error(complaint(stderr) || `Cannot run ${program}: it ended with ${code}`);
  }
  return new TextDecoder().decode(stdout);
}

/** The line of a program's standard error that says most. */
export function complaint(stderr: Uint8Array): string {
  const lines = new TextDecoder().decode(stderr).split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((line) => /error/i.test(line)) ?? lines[0] ?? "";
  return line.replace(/^error: (Uncaught )?(\(in .*?\) )*/i, "");
}
