import { commandName } from "./command_name.ts";
import { JobError } from "./job_error.ts";
import { parseOptions } from "./parse_options.ts";

/** Where the page is unless told otherwise. */
const PORT = "8420";

/** What `machine` was asked to do. */
export interface MachineArguments {
  /** Port on 127.0.0.1, 0 for any free one. */
  readonly port: number;
}

/** Text of `--help`. */
export function machineUsage(): string {
  return `Usage: ${commandName()} machine [--port N]

Serves a page on which a small machine is seen as it is: nodes, page frames, CPUs,
channels and their buffers. What happens in it comes step by step, with the place in
the patch that does it. Five scenarios lead through it. Ctrl-C ends it.

  --port N   port on 127.0.0.1, 0 for any free one (default ${PORT})
`;
}

/** Understands the arguments; `null` when help was asked for, a {@linkcode JobError} when wrong. */
export function parseMachineArguments(args: readonly string[]): MachineArguments | null {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return null;
  if (positionals.length > 0) {
    throw new JobError(`Cannot serve "${positionals[0]}": the machine takes no files`);
  }
  const text = values.port ?? PORT;
  const port = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65535)) {
    throw new JobError(`Cannot use --port ${text}: not a number from 0 to 65535`);
  }
  return { port };
}

/** Its options. */
const OPTIONS = { port: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
