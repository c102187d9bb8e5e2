import type { EventKind, Figure } from "./peer.ts";

/** What all rounds together say of a case. */
export interface Row {
  peer: string;
  event: EventKind;
  threads: number;
  ns: { min: number; median: number };
  events: number | null;
  /** Its median in those of ours, in the same case; null without ours. */
  ratio: number | null;
}

/** The middle one; of two, the mean. */
function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** A row a case; what `ours` wrote first of a case is what the others are compared with. */
export function summarize(figures: Figure[], ours: string): Row[] {
  const cases = Map.groupBy(figures, (one) => `${one.event} ${one.threads} ${one.peer}`);
  const rows = [...cases.values()].map((rounds): Row => {
    const ns = rounds.map((round) => round.ns);
    return { ...rounds[0], ns: { min: Math.min(...ns), median: median(ns) }, ratio: null };
  });
  for (const row of rows) {
    const own = rows.find(({ peer, event, threads }) =>
      peer.startsWith(ours) && event === row.event && threads === row.threads
    );
    if (own !== undefined) row.ratio = row.ns.median / own.ns.median;
  }
  return rows;
}

/** A nanosecond is worth a decimal, a hundred are not. */
const short = (value: number): string => value < 100 ? value.toFixed(1) : value.toFixed(0);

/** The rows as columns of text. */
export function format(rows: Row[]): string {
  const head = ["peer", "event", "threads", "ns min", "median", "events a run", "times ours"];
  const lines = rows.map(({ peer, event, threads, ns, events, ratio }) => [
    peer,
    event,
    `${threads}`,
    short(ns.min),
    short(ns.median),
    events === null ? "-" : events.toLocaleString("en"),
    ratio === null ? "-" : ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0),
  ]);
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column].length)));
  return all.map((line) =>
    line.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
    ).join("  ")
  ).join("\n");
}
