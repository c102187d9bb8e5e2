import {
  type Expression,
  expression,
  EXPRESSION_HELP,
  ExpressionError,
  type Path,
  pathExpression,
  type TimeBound,
  timeBound,
} from "../view/mod.ts";
import { commandName } from "./command_name.ts";
import { JobError } from "./job_error.ts";
import { type ParsedOptions, parseOptions } from "./parse_options.ts";

/** How events are shown. */
export type ViewFormat = "columns" | "json" | "babeltrace";

/** CPUs that follow each other. */
export interface CpuRange {
  /** As it was typed: `3`, `3-5`. */
  readonly text: string;
  /** The CPUs. */
  readonly cpus: readonly number[];
}

/** What `view` was asked to do. */
export interface ViewArguments {
  /** Directories with traces. */
  readonly traces: readonly string[];
  /** How events or figures are shown. */
  readonly format: ViewFormat;
  /** Patterns of names; none for all. */
  readonly events: readonly string[];
  /** CPUs, from the first to the last of each; none for all. */
  readonly cpus: readonly CpuRange[];
  /** What has to be true of an event; `null` for nothing. */
  readonly where: Expression | null;
  /** The first time that is shown; `null` for the trace's. */
  readonly from: TimeBound | null;
  /** The last one; `null` for the trace's. */
  readonly to: TimeBound | null;
  /** Whether events are shown as they are recorded. */
  readonly follow: boolean;
  /** Whether figures are shown in place of events. */
  readonly stats: boolean;
  /** Patterns of the events between which times are measured; `null` for none. */
  readonly between: readonly [from: string, to: string] | null;
  /** What both of them have to be equal in; `null` for nothing. */
  readonly by: Path | null;
  /** File for a page that shows the events; `null` for none. */
  readonly html: string | null;
  /** Directory that relative paths start from. */
  readonly cwd: string;
}

/** Text of `--help`. */
export function viewUsage(): string {
  return `Usage: ${commandName()} view [OPTIONS] TRACE...

Shows the events of traces: directories with \`metadata\`, or with such directories in them. Several are
merged by time, and each line tells of which one it is.

  --format FORMAT    columns (default): a table; json: a line of JSON for each event, in which fields
                     of bool are true or false; babeltrace: as Babeltrace 2 prints them
  --event LIST       patterns of events to show, * stands for any text: http:*,file:open
  --cpu LIST         CPUs to show: 1,3-5
  --from TIME        not what was before: seconds since the trace began, 1.5 or 20ms; seconds before
  --to TIME          its end, -2s; a time of day, 12:34:56.789; a date and time, 2026-01-31T12:34:56
  --where EXPR       an expression that has to be true of an event: 'status >= 500'
  --follow           show what a running program records, until it ends, or the first event behind --to
  --stats            figures in place of events: how many, how often, how long what lasts has lasted
  --between A B      the time from each event A to the next B: a histogram and the slowest
  --by FIELD         with --between: only from A to the B that is equal in FIELD
  --html FILE        makes a page for a browser in place of text, whole in one file: a timeline by CPU,
                     durations, search
  --cwd DIR          directory that relative paths start from (default: the current one)

${EXPRESSION_HELP.join("\n\n")}

A name of events or of a field that no event of the traces has is said on standard error. That is no
failure: the exit code is 1 only if something could not be read, or the arguments make no sense.
`;
}

/** Understands the arguments; `null` when help was asked for, a {@linkcode JobError} when wrong. */
export function parseViewArguments(args: readonly string[]): ViewArguments | null {
  const [rest, between] = takeBetween(args);
  const { values, positionals } = parseOptions(withNegative(rest), OPTIONS);
  if (values.help) return null;
  if (positionals.length === 0 || positionals.includes("")) {
    // What was meant as the trace may have become the second event.
    const hint = between === null ? "" : "; --between takes two events";
    throw new JobError(`Cannot view: no trace is named${hint}`);
  }
  for (const [name, value] of Object.entries(values)) {
    if ([value].flat().includes("")) throw new JobError(`Cannot use --${name} without a value`);
  }
  if (values.by !== undefined && between === null) {
    throw new JobError("Cannot use --by without --between");
  }
  const isSummed = values.stats === true || between !== null;
  if (values.follow && isSummed) {
    throw new JobError("Cannot use --follow with --stats or --between: they need the end");
  }
  if (values.follow) {
    for (const option of ["from", "to"] as const) {
      if (!values[option]?.startsWith("-")) continue;
      const why = "the trace has no end yet";
      throw new JobError(`Cannot use --${option} ${values[option]} with --follow: ${why}`);
    }
  }
  const format = formatOf(values.format);
  if (isSummed && format === "babeltrace") {
    throw new JobError("Cannot use --format babeltrace with --stats or --between");
  }
  if (values.html !== undefined) refuseBesideHtml(values, between !== null);
  return {
    traces: positionals,
    format,
    events: (values.event ?? []).flatMap((list) => listOf("event", list)),
    cpus: (values.cpu ?? []).flatMap(cpusOf),
    where: values.where === undefined ? null : understood(() => expression(values.where!)),
    from: values.from === undefined ? null : understood(() => timeBound(values.from!)),
    to: values.to === undefined ? null : understood(() => timeBound(values.to!)),
    follow: values.follow === true,
    stats: values.stats === true,
    between,
    by: values.by === undefined ? null : understood(() => pathExpression(values.by!)),
    html: values.html ?? null,
    cwd: values.cwd ?? ".",
  };
}

/** A page is one thing more that could be made of the events: it is the only one. */
function refuseBesideHtml(
  { format, follow, stats }: ParsedOptions<typeof OPTIONS>["values"],
  isBetween: boolean,
): void {
  const others = { format: format !== undefined, follow, stats, between: isBetween };
  const other = Object.entries(others).find(([, isGiven]) => isGiven === true);
  if (other !== undefined) throw new JobError(`Cannot use both --html and --${other[0]}`);
}

function formatOf(text: string = "columns"): ViewFormat {
  if (text === "columns" || text === "json" || text === "babeltrace") return text;
  throw new JobError(`Cannot use --format ${text}: it is not columns, json or babeltrace`);
}

function listOf(option: string, text: string): string[] {
  const list = text.split(",");
  if (list.includes("")) throw new JobError(`Cannot use --${option} ${text}: something is empty`);
  return list;
}

/** CPUs, `1,3-5`. */
function cpusOf(text: string): CpuRange[] {
  return listOf("cpu", text).map((part) => {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const [first, last] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (!(first <= last)) throw new JobError(`Cannot use --cpu ${text}: "${part}" is no CPU`);
    return { text: part, cpus: Array.from({ length: last - first + 1 }, (_, i) => first + i) };
  });
}

/** What the user got wrong ends the job. */
function understood<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof TypeError) {
      throw new JobError(error.message);
    }
    throw error;
  }
}

/** Takes `--between A B` out of the arguments: no other option has two values. */
function takeBetween(args: readonly string[]): [string[], readonly [string, string] | null] {
  const end = args.indexOf("--");
  const at = args.indexOf("--between");
  if (at < 0 || (end >= 0 && end < at)) return [[...args], null];
  const [from, to] = args.slice(at + 1, at + 3);
  if (!from || !to) throw new JobError("Cannot use --between without two events");
  const [others, again] = takeBetween(args.toSpliced(at, 3));
  if (again !== null) throw new JobError("Cannot use --between twice: it has one pair of events");
  return [others, [from, to]];
}

/** What there is besides traces. */
const OPTIONS = {
  format: { type: "string" },
  event: { type: "string", multiple: true },
  cpu: { type: "string", multiple: true },
  from: { type: "string" },
  to: { type: "string" },
  where: { type: "string" },
  follow: { type: "boolean" },
  stats: { type: "boolean" },
  by: { type: "string" },
  html: { type: "string" },
  cwd: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Joins `--from -2s`, whose value would be taken for an option. */
function withNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [i, arg] of args.entries()) {
    const before = args[i - 1];
    const isTime = (before === "--from" || before === "--to") && /^-\d/.test(arg);
    if (isTime) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}
