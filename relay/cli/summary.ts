import type { SessionStatistics } from "../session/mod.ts";
import { sumLost } from "../session/mod.ts";
import { formatTable } from "./report.ts";

/** Tracepoints that the summary names. */
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
  /** The clocks of the threads, without repetition, the first thread's first. */
  readonly clock: string;
  /** What each CPU did. */
  readonly cpus: readonly { cpu: number; events: number; lost: number; bytes: number }[];
}

/** Makes the summary of a session's figures. */
export function summaryOf(trace: string, statistics: SessionStatistics): Summary {
  const { events, bytes, lost, cpus } = statistics;
  const clocks = new Set(cpus.map(({ clock }) => clock).filter((clock) => clock !== ""));
  return {
    trace,
    events,
    lost: { ...lost },
    bytes,
    clock: [...clocks].join(", "),
    cpus: cpus.map(({ cpu, events, lost, bytes }) => ({ cpu, events, lost, bytes })),
  };
}

/** The summary for people: the events there were most of, what each CPU did, what was lost. */
export function summaryText(trace: string, statistics: SessionStatistics): string {
  const { tracepoints, cpus } = statistics;
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
  const { clock } = summaryOf(trace, statistics);
  return [
    "",
    formatTable([["event", "events", "bytes", "lost"], ...eventRows]),
    ...others,
    "",
    formatTable([["CPU", "thread", "events", "bytes", "lost"], ...cpuRows]),
    "",
    `  ${statistics.events} events, ${megabytes(statistics.bytes)}; ` +
    `${lost.length === 0 ? "none lost" : `lost: ${lost.join(", ")}`}; clock: ${clock}`,
    "",
    `  babeltrace2 ${quoted(trace)}`,
    "",
  ].join("\n");
}

/** A line that says how far it is. */
export function progressLine(seconds: number, statistics: SessionStatistics): string {
  const { events, bytes, lost, cpus } = statistics;
  return `${seconds.toFixed(0)} s  ${events} events  ${megabytes(bytes)}  ` +
    `${sumLost(lost)} lost  ${cpus.length} CPU${cpus.length === 1 ? "" : "s"}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
