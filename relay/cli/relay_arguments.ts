import { commandName } from "./command_name.ts";
import { JobError } from "./job_error.ts";
import { parseOptions } from "./parse_options.ts";

/** What `relay` was asked to do. */
export interface RelayArguments {
  /** CPUs online at the start. */
  readonly cpus: number;
  /** NUMA nodes. */
  readonly nodes: number;
  /** Folder for the pages. */
  readonly out: string;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** Which page allocation is to fail, 0 for none. */
  readonly failPage: number;
  /** Which small allocation is to fail, 0 for none. */
  readonly failSlab: number;
  /** Files to relay; none for the sources of this package. */
  readonly files: readonly string[];
}

/** Text of `--help`. */
export function relayUsage(): string {
  return `Usage: ${commandName()} relay [--cpus N] [--nodes N] [--out DIR] [FILE...]

Boots a machine, opens a channel and relays the bytes of the files through the
per-CPU buffers; DIR/relay<cpu> gets what was written on each CPU, page by page.
Half-way a CPU comes up, a little later one goes down.

  FILE           what to relay (default: the sources of this package)
  --cpus N       CPUs online at the start, 1 to 64 (default 4)
  --nodes N      NUMA nodes, 1 to 64 (default 2)
  --out DIR      folder for the pages (default relay-out)
  --fail-page K  let the K-th page allocation fail, and watch it being unwound
  --fail-slab K  the same for the K-th small allocation
  --cwd DIR      folder that relative paths start from (default: the current one)
`;
}

/** Understands the arguments; `null` when help was asked for, a {@linkcode JobError} when wrong. */
export function parseRelayArguments(args: readonly string[]): RelayArguments | null {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return null;
  if (values.out === "") throw new JobError("Cannot use --out without a name");
  return {
    cpus: count("--cpus", values.cpus ?? "4", 1, 64),
    nodes: count("--nodes", values.nodes ?? "2", 1, 64),
    out: values.out ?? "relay-out",
    cwd: values.cwd ?? ".",
    failPage: count("--fail-page", values["fail-page"] ?? "0", values["fail-page"] ? 1 : 0),
    failSlab: count("--fail-slab", values["fail-slab"] ?? "0", values["fail-slab"] ? 1 : 0),
    files: positionals,
  };
}

/** What there is besides files. */
const OPTIONS = {
  cpus: { type: "string" },
  nodes: { type: "string" },
  out: { type: "string" },
  cwd: { type: "string" },
  "fail-page": { type: "string" },
  "fail-slab": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

function count(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw new JobError(`Cannot use ${name} ${text}: not a number ${range}`);
}
