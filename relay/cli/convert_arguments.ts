import { commandName } from "./command_name.ts";
import { JobError } from "./job_error.ts";
import { parseOptions } from "./parse_options.ts";

/** What `convert` was asked to do. */
export interface ConvertArguments {
  /** Directories with traces. */
  readonly traces: readonly string[];
  /** As what they are written: Chrome's Trace Event Format is the only one. */
  readonly to: "chrome-json";
  /** File to write. */
  readonly out: string;
  /** Directory that relative paths start from. */
  readonly cwd: string;
}

/** Text of `--help`. */
export function convertUsage(): string {
  return `Usage: ${commandName()} convert --to chrome-json --out FILE TRACE...

Writes the events of traces as other programs read them. Several traces are merged by time.

  --to FORMAT   chrome-json: Chrome's Trace Event Format, for Perfetto and chrome://tracing
  --out FILE    file to write
  --cwd DIR     directory that relative paths start from (default: the current one)
`;
}

/** Understands the arguments; `null` when help was asked for, a {@linkcode JobError} when wrong. */
export function parseConvertArguments(args: readonly string[]): ConvertArguments | null {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return null;
  if (positionals.length === 0 || positionals.includes("")) {
    throw new JobError("Cannot convert: no trace is named");
  }
  const { to, out, cwd = "." } = values;
  if (to === undefined) throw new JobError("Cannot convert without --to FORMAT");
  if (to !== "chrome-json") throw new JobError(`Cannot use --to ${to}: it is not chrome-json`);
  if (!out) throw new JobError("Cannot convert without --out FILE");
  if (cwd === "") throw new JobError("Cannot use --cwd without a value");
  return { traces: positionals, to, out, cwd };
}

/** What there is besides files. */
const OPTIONS = {
  to: { type: "string" },
  out: { type: "string" },
  cwd: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;
