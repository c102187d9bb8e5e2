import type { ContextName } from "../session/options.ts";
import { isNearlyAll } from "../view/near_names.ts";
import { commandName } from "./command_name.ts";
import { JobError } from "./job_error.ts";
import { parseOptions, unknownOption } from "./parse_options.ts";

/** What `record` was asked to do. */
export interface RecordArguments {
  /** Options of `deno run` for the script. */
  readonly denoArgs: readonly string[];
  /** The program; `null` for the bundled example. */
  readonly script: string | null;
  /** Its arguments. */
  readonly scriptArgs: readonly string[];
  /** Directory for the trace; `null` for one named after the time. */
  readonly out: string | null;
  /** The relay daemon to send the trace to in its place, `net://HOST:CONTROL:DATA`; `null` for none. */
  readonly relayd: string | null;
  /** Directory for what the daemon misses; `null` for none. */
  readonly spill: string | null;
  /** File in which events lie until they are written; `null` for none. */
  readonly blackBox: string | null;
  /** Seconds after which the program is interrupted; `null` for never. */
  readonly seconds: number | null;
  /** Whether the summary is printed as JSON. */
  readonly json: boolean;
  /** Directory that relative paths start from. */
  readonly cwd: string;
  /** Environment of the traced program, for its probes. */
  readonly env: Readonly<Record<string, string>>;
}

/** Text of `--help`. */
export function recordUsage(): string {
  return `Usage: ${commandName()} record [OPTIONS] [SCRIPT [ARGS]]

Runs SCRIPT as \`deno run\` would, and records what it does: requests, files, processes, timers,
workers, errors and its own tracepoints. SCRIPT has the permissions that are given here, as to
\`deno run\`, and no others. Without SCRIPT an example is recorded: an HTTP server under load.

  --out DIR            directory for the trace, replaces one there (default trace-DATE-TIME)
  --relayd URL         send the trace to LTTng's relay daemon, net://HOST:CONTROL:DATA
  --live               with --relayd: viewers can be attached while the program runs
  --live-period MS     the same, and what was recorded is sent so often (default 1000)
  --name NAME          with --relayd: name of the session (default deno)
  --spill DIR          with --relayd: directory for what the daemon misses while it is away
  --black-box FILE     keep in FILE what is not written yet: when the program is killed,
                       \`recover FILE\` makes a trace of it
  --seconds S          interrupt the program after S seconds
  --json               print the summary as a line of JSON on standard output
  --probes LIST        groups to record, or with a leading - not to: http, fetch, file, process,
                       timer, console, performance, diagnostics, worker, error, loop (default all)
  --events LIST        patterns of events to record, * stands for any text (default *)
  --context LIST       what each event also tells: cpu, worker
  --flight-recorder    keep the newest events in memory, write them at the end and at errors
  --redact MODULE      module whose default export, (kind, value) => text, decides about secrets
  --subbuf-size BYTES  bytes of a sub-buffer (default 262144)
  --subbufs N          sub-buffers of a thread (default 16)
  --cpus N             threads that can be recorded at a time (default 32)
  --max-file-size B    bytes after which a stream goes on in another file
  --max-files N        with --max-file-size: files of a stream, the oldest is written over
  --cwd DIR            directory that relative paths start from (default: the current one)

All other options before SCRIPT are those of \`deno run\`: --allow-net, -A, --config=FILE …
`;
}

/** Our options that take a value, and the environment variable that hands it to the probes. */
const WITH_VALUE: Readonly<Record<string, string | null>> = {
  "out": null,
  "relayd": null,
  "spill": null,
  "black-box": null,
  "name": "LTT_RELAY_NAME",
  "live-period": "LTT_RELAY_LIVE",
  "seconds": null,
  "cwd": null,
  "probes": "LTT_RELAY_PROBES",
  "events": "LTT_RELAY_EVENTS",
  "context": "LTT_RELAY_CONTEXTS",
  "redact": "LTT_RELAY_REDACT",
  "subbuf-size": "LTT_RELAY_SUBBUF_SIZE",
  "subbufs": "LTT_RELAY_SUBBUFS",
  "cpus": "LTT_RELAY_CPUS",
  "max-file-size": "LTT_RELAY_MAX_FILE_SIZE",
  "max-files": "LTT_RELAY_MAX_FILES",
};
/** What each event can tell besides. */
const CONTEXTS: readonly string[] = ["cpu", "worker"] satisfies readonly ContextName[];
const FLAGS = ["json", "flight-recorder", "live"];
const OPTIONS = {
  ...Object.fromEntries(Object.keys(WITH_VALUE).map((name) => [name, { type: "string" } as const])),
  ...Object.fromEntries(FLAGS.map((name) => [name, { type: "boolean" } as const])),
  help: { type: "boolean", short: "h" } as const,
};

/** Options of `deno run` whose value is an argument of its own. */
const DENO_WITH_VALUE = [
  ..."-c --config --import-map --cert --location --seed --preload --import --require".split(" "),
  ..."--conditions --ext -L --log-level --node-modules-linker --min-dep-age".split(" "),
  "--inspect-publish-uid",
];

/** Understands the arguments; `null` when help was asked for, a {@linkcode JobError} when wrong. */
export function parseRecordArguments(args: readonly string[]): RecordArguments | null {
  const { ours, denoArgs, script, scriptArgs } = divide(args);
  const values: Readonly<Record<string, string | boolean | undefined>> =
    parseOptions(ours, OPTIONS).values;
  if (values.help) return null;
  const text = (name: string): string | null => {
    const value = values[name];
    if (value === "") throw new JobError(`Cannot use --${name} without a value`);
    return value === undefined ? null : String(value);
  };
  const env: Record<string, string> = {};
  for (const [name, variable] of Object.entries(WITH_VALUE)) {
    const value = text(name);
    if (variable !== null && value !== null) env[variable] = value;
  }
  if (env.LTT_RELAY_CONTEXTS !== undefined) assertContexts(env.LTT_RELAY_CONTEXTS);
  if (values["flight-recorder"]) env.LTT_RELAY_MODE = "flight-recorder";
  if (values.live) env.LTT_RELAY_LIVE ??= "1000";
  const relayd = text("relayd");
  if (relayd !== null && text("out") !== null) {
    throw new JobError("Cannot record both to --out and --relayd");
  }
  return {
    denoArgs,
    script,
    scriptArgs,
    out: text("out"),
    relayd,
    spill: text("spill"),
    blackBox: text("black-box"),
    seconds: seconds(text("seconds")),
    json: values.json === true,
    cwd: text("cwd") ?? ".",
    env,
  };
}

/** Divides the arguments: up to the script they are ours or `deno run`'s, after it the script's. */
function divide(args: readonly string[]): {
  ours: string[];
  denoArgs: string[];
  script: string | null;
  scriptArgs: string[];
} {
  const ours: string[] = [];
  const denoArgs: string[] = [];
  let i = 0;
  for (; i < args.length && args[i].startsWith("-") && args[i] !== "-" && args[i] !== "--"; i++) {
    const [name] = args[i].replace(/^--/, "").split("=");
    const isOurs = args[i].startsWith("--") && Object.hasOwn(OPTIONS, name);
    if (
      isOurs && Object.hasOwn(WITH_VALUE, name) && !args[i].includes("=") && i + 1 < args.length
    ) {
      ours.push(`${args[i]}=${args[++i]}`);
      continue;
    }
    if (!isOurs && args[i].startsWith("--")) assertNoneOfOurs(name);
    (isOurs || args[i] === "-h" ? ours : denoArgs).push(args[i]);
    if (DENO_WITH_VALUE.includes(args[i]) && i + 1 < args.length) denoArgs.push(args[++i]);
  }
  if (args[i] === "--") i++;
  return { ours, denoArgs, script: args[i] ?? null, scriptArgs: args.slice(i + 1) };
}

/** Refuses what Deno would not know either: an option of ours but for a letter. None of Deno's comes so near one. */
function assertNoneOfOurs(name: string): void {
  const names = Object.keys(OPTIONS);
  if (!names.some((one) => isNearlyAll(name, one))) return;
  throw new JobError(unknownOption(`--${name}`, names));
}

/** Refuses contexts that there are not. */
function assertContexts(list: string): void {
  const unknown = list.split(",").map((one) => one.trim()).find((one) =>
    one !== "" && !CONTEXTS.includes(one)
  );
  if (unknown === undefined) return;
  const there = `there is no context "${unknown}", but ${CONTEXTS.join(" and ")}`;
  throw new JobError(`Cannot use --context ${list}: ${there}`);
}

function seconds(text: string | null): number | null {
  if (text === null) return null;
  const value = Number(text);
  if (value > 0 && value < 2 ** 31 / 1000) return value;
  throw new JobError(`Cannot use --seconds ${text}: not a number above 0`);
}
