import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { thereIs } from "../view/near_names.ts";
import { JobError } from "./job_error.ts";

/** What the arguments of a command say, options and the rest. */
export type ParsedOptions<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>
>;

/**
 * Divides the arguments of a command into options and the rest; a {@linkcode JobError} when wrong, also for an
 * option that is there twice and has one value. Of `--cwd` the last one counts: the tasks give one first.
 */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): ParsedOptions<Options> {
  const parsed = understood(
    Object.keys(options),
    () => parseArgs({ args: [...args], allowPositionals: true, tokens: true, options }),
  );
  const given = new Set<string>();
  for (const { kind, name = "" } of parsed.tokens as readonly { kind: string; name?: string }[]) {
    if (kind !== "option" || name === "cwd") continue;
    const { type, multiple } = options[name];
    if (type === "string" && !multiple && given.has(name)) {
      throw new JobError(`Cannot use --${name} twice: it has one value`);
    }
    given.add(name);
  }
  return parsed as ParsedOptions<Options>;
}

/** What people are told of an option that is none, and which of the options come near. */
export function unknownOption(option: string, options: readonly string[]): string {
  const near = thereIs(option.replace(/^-+/, ""), options, (name) => `--${name}`);
  return `Cannot understand the arguments: Unknown option '${option}'${near}`;
}

/** What is wrong becomes a line, of which the hint at `--` is left out. */
function understood<T>(options: readonly string[], parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [firstLine] = (error as Error).message.split("\n");
    const why = firstLine.replace(/\. To specify a positional.*|\.$/, "");
    const [, unknown] = /^Unknown option '([^']*)'$/.exec(why) ?? [];
    if (unknown !== undefined) throw new JobError(unknownOption(unknown, options));
    throw new JobError(`Cannot understand the arguments: ${why}`);
  }
}
