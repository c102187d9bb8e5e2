import { commandName } from "./command_name.ts";
import { JobError } from "./job_error.ts";
import { parseOptions } from "./parse_options.ts";

/** What `recover` was asked to do. */
export interface RecoverArguments {
  /** The black box. */
  readonly file: string;
  /** Directory for the trace; `null` for one beside the file. */
  readonly out: string | null;
  /** Whether its program may still run, and is not to be disturbed. */
  readonly live: boolean;
  /** Whether the events are taken from its program for as long as that runs. */
  readonly attach: boolean;
  /** Whether what was found is printed as JSON. */
  readonly json: boolean;
  /** Directory that relative paths start from. */
  readonly cwd: string;
}

/** Text of `--help`. */
export function recoverUsage(): string {
  return `Usage: ${commandName()} recover [OPTIONS] FILE

Makes a trace of the black box that a program has left: \`record --black-box FILE\`, or a session with
\`backing: { file }\`. Says what was found.

  --out DIR   directory for the trace (default FILE-trace); if the program's own trace is there, it is
              completed, and what was cut off in it is mended
  --live      the program still runs: take what is there now, without disturbing it
  --attach    the program still runs, and writes nowhere: take the events from it until it ends, then
              the rest
  --json      print what was found as a line of JSON on standard output
  --cwd DIR   directory that relative paths start from (default: the current one)
`;
}

/** Understands the arguments; `null` when help was asked for, a {@linkcode JobError} when wrong. */
export function parseRecoverArguments(args: readonly string[]): RecoverArguments | null {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return null;
  const [file, ...more] = positionals;
  if (!file) throw new JobError("Cannot recover: no file is named");
  if (more.length > 0) throw new JobError(`Cannot recover ${file} and ${more[0]}: one at a time`);
  if (values.out === "") throw new JobError("Cannot use --out without a value");
  if (values.live && values.attach) throw new JobError("Cannot use both --live and --attach");
  return {
    file,
    out: values.out === undefined ? null : String(values.out),
    live: values.live === true,
    attach: values.attach === true,
    json: values.json === true,
    cwd: String(values.cwd ?? "."),
  };
}

/** What there is besides files. */
const OPTIONS = {
  out: { type: "string" },
  live: { type: "boolean" },
  attach: { type: "boolean" },
  json: { type: "boolean" },
  cwd: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;
