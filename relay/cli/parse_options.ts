import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { JobError } from "./job_error.ts";

/** What the arguments of a command say, options and the rest. */
export type ParsedOptions<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>
>;

/** Divides the arguments of a command into options and the rest; a {@linkcode JobError} when wrong. */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): ParsedOptions<Options> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    const [firstLine] = (error as Error).message.split("\n");
    throw new JobError(`Cannot understand the arguments: ${firstLine}`);
  }
}
