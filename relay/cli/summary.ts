import { counted } from "../view/counted.ts";
import type { SessionStatistics } from "../session/mod.ts";
import type { Figures } from "../session/statistics_file.ts";
import { sumLost } from "../session/mod.ts";
import { commandName } from "./command_name.ts";
import { formatTable } from "../view/table.ts";
import type { Written } from "./written.ts";

/** Tracepoints that the summary names, and snapshots. */
const TOP = 10;

/** The summary of a recording, for programs. */
export interface Summary {
  /** Directory of the trace. */
  readonly trace: string;
  /** Events recorded. */
  readonly events: number;
  /** Events lost, by cause. */
  readonly lost: Readonly<Record<string, number>>;
  /** Bytes recorded. */
  readonly bytes: number;
  /** Of these, at most so many that the trace lacks, for its output has failed; only if it has. */
  readonly unwrittenBytes?: number;
  /** The clocks of the threads, without repetition, the first thread's first. */
  readonly clock: string;
  /** What each CPU did. */
  readonly cpus: readonly { cpu: number; events: number; lost: number; bytes: number }[];
  /** Of a flight recorder the paths of its snapshots, which are all that was written. */
  readonly snapshots?: readonly string[];
}

/** Makes the summary of a session's figures. */
export function summaryOf(
  trace: string,
  statistics: Figures,
  written: Written,
): Summary {
  const { events, bytes, unwrittenBytes, lost, cpus } = statistics;
  const clocks = new Set(cpus.map(({ clock }) => clock).filter((clock) => clock !== ""));
  return {
    trace,
    events,
    lost: { ...lost },
    bytes,
    ...(unwrittenBytes > 0 ? { unwrittenBytes } : {}),
    clock: [...clocks].join(", "),
    cpus: cpus.map(({ cpu, events, lost, bytes }) => ({ cpu, events, lost, bytes })),
    ...(written.kind === "snapshots"
      ? { snapshots: written.snapshots.map((name) => `${trace}/${name}`) }
      : {}),
  };
}

/**
 * The summary for people: the events there were most of, what each CPU did, what was lost, what is
 * written if that is not all, and what to type next.
 */
export function summaryText(
  trace: string,
  statistics: Figures,
  written: Written,
): string {
  const { tracepoints, cpus, unwrittenBytes: unwritten } = statistics;
  const top = tracepoints.filter(({ events, lost }) => events + lost > 0)
    .sort((a, b) => b.events - a.events);
  const eventRows = top.slice(0, TOP).map((
    { name, events, bytes, lost },
  ) => [name, events, bytes, lost]);
  const others = top.length > TOP ? [`  and ${top.length - TOP} more`] : [];
  const cpuRows = cpus.map((
    { cpu, thread, events, bytes, lost },
  ) => [cpu, thread, events, bytes, lost]);
  const lost = Object.entries(statistics.lost).filter(([, count]) => count > 0)
    .map(([cause, count]) => `${count} ${cause}`);
  const { clock, snapshots } = summaryOf(trace, statistics, written);
  const opens = written.kind === "remote"
    ? [`OUTPUT/${remotePath(trace)}`, written.spill ?? []].flat()
    : snapshots === undefined
    ? [trace]
    : snapshots.slice(-1);
  return [
    "",
    formatTable([["event", "events", "bytes", "lost"], ...eventRows]),
    ...others,
    "",
    formatTable([["CPU", "thread", "events", "bytes", "lost"], ...cpuRows]),
    "",
    `  ${counted(statistics.events, "event")}, ${size(statistics.bytes)}; ` +
    `${lost.length === 0 ? "none lost" : `lost: ${lost.join(", ")}`}` +
    (clock === "" ? "" : `; clock: ${clock}`),
    ...writtenLines(trace, written),
    ...unwritten === 0 ? [] : [`  up to ${size(unwritten)} of them are not in the trace`],
    "",
    ...lookLines(opens),
  ].join("\n");
}

/** What to type to look at traces. */
export function lookLines(traces: readonly string[]): string[] {
  if (traces.length === 0) return [];
  const shown = traces.map(quoted).join(" ");
  const picture = quoted(`${traces[0].replace(/.*\//, "")}.html`);
  const command = commandName();
  return [
    `  ${command} view ${shown}`,
    `  ${command} view --html ${picture} ${shown}`,
    `  babeltrace2 ${shown}`,
    "",
  ];
}

/** A line that says how far it is. */
export function progressLine(seconds: number, statistics: SessionStatistics): string {
  const { events, bytes, lost, cpus } = statistics;
  return `${seconds.toFixed(0)} s  ${events} events  ${size(bytes)}  ` +
    `${sumLost(lost)} lost  ${counted(cpus.length, "CPU")}`;
}

/** What is on the disk, if that is not what was recorded. */
function writtenLines(trace: string, written: Written): string[] {
  switch (written.kind) {
    case "all":
      return [];
    case "remote":
      return [
        `  sent to ${trace}; OUTPUT is where the daemon writes, ~/lttng-traces if not told otherwise`,
      ];
    case "newest":
      return [`  written: the newest ${size(written.bytes)}, in ${counted(written.files, "file")}`];
    case "snapshots": {
      const { snapshots } = written;
      if (snapshots.length === 0) return ["  written: no snapshots"];
      const shown = snapshots.slice(-TOP).map((name) => `${trace}/${name}`).join(", ");
      const which = snapshots.length > TOP ? ", the last" : ":";
      return [`  written: ${counted(snapshots.length, "snapshot")}${which} ${shown}`];
    }
  }
}

/** The path below the daemon's output. */
function remotePath(trace: string): string {
  return trace.split("/").slice(3).join("/");
}

/** A number of bytes, in a unit that fits. */
export function size(bytes: number): string {
  // What would be rounded to 1000.0 KB is 1.0 MB.
  return bytes < 999_950 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A path or URL as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
