import type { TraceEvent } from "../ctf/mod.ts";
import { counted } from "./counted.ts";
import type { Between } from "./between.ts";
import type { Colors } from "./colors.ts";
import { durationText } from "./durations.ts";
import { shownFields } from "./field_texts.ts";
import type { Histogram } from "./histogram.ts";
import { histogramText } from "./histogram_text.ts";
import type { Pair } from "./pairs.ts";
import { harmless } from "./plain_values.ts";
import { secondsText } from "./seconds_text.ts";
import type { Statistics } from "./statistics.ts";
import { formatTable } from "./table.ts";
import { lineWidth, PLAIN_STYLE, type TextStyle } from "./text_style.ts";
import type { TraceNames } from "./trace_names.ts";
import { truncated } from "./text_width.ts";

/** Events that are named, and what lasts. */
const TOP = 15;
/** What lasts that the slowest of are told of. */
const SLOWEST_OF = 5;

/** The figures of a trace for people, or of several, which `names` tells apart. */
export function statisticsText(
  statistics: Statistics,
  style: TextStyle = PLAIN_STYLE,
  names: TraceNames | null = null,
): string {
  const { bold } = style.colors;
  const { span, durations } = statistics;
  const lines = [
    `  ${totals(statistics)}`,
    "",
    ...eventRows(statistics, bold),
    "",
    ...cpuRows(statistics, names),
  ];
  if (durations.length > 0) {
    const unended = statistics.unended;
    const rows = durations.slice(0, TOP).map(([name, figures]) => [
      harmless(name),
      figures.durations.count,
      ...percentiles(figures.durations),
      figures.durations.count === 0 ? "" : durationText(figures.durations.sum),
      unended.get(name) ?? 0,
    ]);
    const head = ["what lasts", "count", "p50", "p90", "p99", "max", "together", "not ended"];
    lines.push("", table([head, ...rows], bold), ...more(durations.length - TOP));
    const ended = durations.filter(([, figures]) => figures.durations.count > 0);
    for (const [name, { slowest }] of ended.slice(0, SLOWEST_OF)) {
      lines.push(
        "",
        bold(`  slowest ${harmless(name)}`),
        ...slowest.all.map((pair) => row(pair, style)),
      );
    }
  }
  const pauses = statistics.pauses.filter(({ duration }) => duration > span / 20);
  if (pauses.length > 0) {
    lines.push("", bold("  longest times without events"));
    for (const { end, duration } of pauses) {
      const from = secondsText(end.time - duration);
      lines.push(`  ${from.padStart(14)} ${durationText(duration).padStart(8)}`);
    }
  }
  return lines.join("\n") + "\n";
}

/** The times between two events for people. */
export function betweenText(
  { durations, slowest }: Between,
  from: string,
  to: string,
  style: TextStyle = PLAIN_STYLE,
): string {
  const title = `${harmless(from)} to ${harmless(to)}`;
  if (durations.count === 0) return `  ${title}: never\n`;
  const { bold } = style.colors;
  const rows = [title, durations.count, ...percentiles(durations)];
  return [
    table([["between", "count", "p50", "p90", "p99", "max"], rows], bold),
    "",
    histogramText(durations),
    bold("  slowest"),
    ...slowest.all.map((pair) => row(pair, style)),
  ].join("\n") + "\n";
}

function totals({ events, lostEvents, span, cpus }: Statistics): string {
  const lost = lostEvents === 0 ? "none lost" : `${lostEvents} lost`;
  const rate = span > 0 ? `, ${perSecond(events, span)}/s` : "";
  const [what, where] = [counted(events, "event"), counted(cpus.length, "CPU")];
  return `${what} in ${durationText(span)} on ${where}${rate}; ${lost}`;
}

function eventRows({ names, events, span }: Statistics, bold: Colors["bold"]): string[] {
  const rows = names.slice(0, TOP).map(([name, count]) => [
    harmless(name),
    count,
    `${(100 * count / events).toFixed(1)} %`,
    span > 0 ? perSecond(count, span) : "",
  ]);
  return [
    table([["event", "events", "share", "per second"], ...rows], bold),
    ...more(names.length - TOP),
  ];
}

function cpuRows({ cpus }: Statistics, names: TraceNames | null): string[] {
  const traceCell = (name: string): string[] => names === null ? [] : [name];
  const time = (at: number | null): string => at === null ? "" : secondsText(at);
  const rows = cpus.map(({ trace, cpu, events, lost, first, last }) => [
    ...traceCell(harmless(names?.ofTrace(trace) ?? "")),
    cpu < 0 ? "?" : cpu,
    events,
    lost,
    time(first),
    time(last),
  ]);
  return [
    formatTable([
      [...traceCell("trace"), "CPU", "events", "lost", "first event", "last event"],
      ...rows,
    ]),
  ];
}

function percentiles(histogram: Histogram): string[] {
  if (histogram.count === 0) return ["", "", "", ""];
  const parts = [0.5, 0.9, 0.99].map((p) => durationText(histogram.percentile(p)));
  return [...parts, durationText(histogram.max)];
}

/** A table with its title in bold. */
function table(rows: readonly (readonly (string | number)[])[], bold: Colors["bold"]): string {
  const [title, ...others] = formatTable(rows).split("\n");
  return [bold(title), ...others].join("\n");
}

/** When it began, how long it lasted, and what its events say. */
function row({ begin, end, beginTime, duration }: Pair, style: TextStyle): string {
  const parts = [...begin === null ? [] : [fieldsOf(begin)], fieldsOf(end)].filter((part) =>
    part !== ""
  );
  const head = `  ${secondsText(beginTime).padStart(14)} ${durationText(duration).padStart(8)}`;
  const text = `${head}  ${parts.join(" → ")}`.trimEnd();
  const width = lineWidth(style);
  return width === null ? text : truncated(text, width);
}

function fieldsOf({ class: { fields: fieldsClass }, fields }: TraceEvent): string {
  return shownFields(fieldsClass).map(({ name, text }) => `${name}=${text(fields[name])}`).join(
    " ",
  );
}

function more(count: number): string[] {
  return count > 0 ? [`  and ${count} more`] : [];
}

function perSecond(count: number, span: number): string {
  const rate = count / (span / 1e9);
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}
