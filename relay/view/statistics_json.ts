import type { TraceEvent } from "../ctf/mod.ts";
import type { Between } from "./between.ts";
import type { Histogram } from "./histogram.ts";
import { jsonOf, jsonWriter } from "./json_text.ts";
import type { Pair } from "./pairs.ts";
import type { Statistics } from "./statistics.ts";
import type { TraceNames } from "./trace_names.ts";
import { type WritableValue, WrittenText } from "./value_text.ts";

/** The figures of a trace as a line of JSON; times and durations in nanoseconds; `names` where there are several. */
export function statisticsJson(statistics: Statistics, names: TraceNames | null = null): string {
  const { events, lostEvents, first, span, cpus, durations, unended, pauses } = statistics;
  return line({
    events,
    lost: lostEvents,
    first,
    span_ns: span,
    names: statistics.names.map(([name, count]) => ({ name, events: count })),
    cpus: cpus.map(({ trace, cpu, ...figures }) => ({
      ...(names === null ? {} : { trace: names.ofTrace(trace) }),
      cpu: cpu < 0 ? null : cpu,
      ...figures,
    })),
    durations: durations.map(([name, { durations, slowest }]) => ({
      name,
      ...figuresOf(durations),
      unended: unended.get(name) ?? 0,
      slowest: slowest.all.map(pairOf),
    })),
    pauses: pauses.map(({ end, duration }) => ({
      from: end.time - duration,
      duration_ns: duration,
    })),
  });
}

/** The times between two events as a line of JSON. */
export function betweenJson({ durations, slowest }: Between, from: string, to: string): string {
  return line({
    between: [from, to],
    ...figuresOf(durations),
    histogram: durations.bars().map((bar) => ({ ...bar })),
    slowest: slowest.all.map(pairOf),
  });
}

function figuresOf(histogram: Histogram): Record<string, number | null> {
  const { count, sum, min, max } = histogram;
  const of = (value: number): number | null => count === 0 ? null : value;
  return {
    count,
    min_ns: of(min),
    p50_ns: of(histogram.percentile(0.5)),
    p90_ns: of(histogram.percentile(0.9)),
    p99_ns: of(histogram.percentile(0.99)),
    max_ns: of(max),
    sum_ns: sum,
  };
}

function line(value: WritableValue): string {
  return `${jsonOf(value)}\n`;
}

function pairOf({ begin, end, beginTime, duration }: Pair): WritableValue {
  return {
    at: beginTime,
    duration_ns: duration,
    begin: begin === null ? null : eventOf(begin),
    end: eventOf(end),
  };
}

function eventOf({ class: eventClass, fields }: TraceEvent): WritableValue {
  const text = jsonWriter(eventClass.fields)(fields);
  return { event: eventClass.name, fields: new WrittenText(text) };
}
