import { JobError } from "./job_error.ts";
import { plainLines } from "./plain_text.ts";

/** What the arguments of a command mean. */
export interface CommandArguments<Options> {
  /** Text of `--help`. */
  readonly usage: () => string;
  /** Understands the arguments; `null` when help was asked for, a {@linkcode JobError} when wrong. */
  readonly parse: (args: readonly string[]) => Options | null;
}

/**
 * Runs a command, or helps. Answers the exit code: what `run` does, 1 for a {@linkcode JobError}, which ends in a line
 * on standard error.
 */
export async function runCommand<Options>(
  { usage, parse }: CommandArguments<Options>,
  args: readonly string[],
  run: (options: Options) => Promise<number>,
): Promise<number> {
  try {
    const options = parse(args);
    if (options !== null) return await run(options);
    console.log(usage());
    return 0;
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    console.error(`error: ${plainLines(error.message)}`);
    return 1;
  }
}
