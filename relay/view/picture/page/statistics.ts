import { lowerBound } from "./lanes.ts";
import type { TraceData } from "./trace_data.ts";

/** How long what has one name lasted. */
export interface DurationStatistics {
  readonly name: string;
  readonly index: number;
  /** All durations in nanoseconds, the shortest first. */
  readonly sorted: Float64Array;
}

/** Statistics of each name, the one with the longest first. */
export function durationStatistics({ pairs }: TraceData): DurationStatistics[] {
  const counts = new Uint32Array(pairs.names.length);
  for (let i = 0; i < pairs.name.length; i++) counts[pairs.name[i]]++;
  const sorted = Array.from(counts, (count) => new Float64Array(count));
  counts.fill(0);
  for (let i = 0; i < pairs.name.length; i++) {
    const name = pairs.name[i];
    sorted[name][counts[name]++] = pairs.duration[i];
  }
  const all = pairs.names.map((name, index) => ({ name, index, sorted: sorted[index].sort() }));
  return all.sort((a, b) => b.sorted[b.sorted.length - 1] - a.sorted[a.sorted.length - 1]);
}

/** The duration that a part of all does not exceed. */
export function percentile(sorted: Float64Array, part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

/**
 * The statistics of the name whose longest lasted longest beyond what is usual; there has to be one. Of
 * a server and its clients it is the server: theirs is the same time, and waiting.
 */
export function mostUneven(statistics: readonly DurationStatistics[]): DurationStatistics {
  const most = statistics.reduce((a, b) => excess(b) > excess(a) ? b : a);
  const server = statistics.find(({ name }) => name === "http:server");
  return most.name === "http:fetch" && server !== undefined ? server : most;
}

/** Nanoseconds that the longest lasted beyond half of all. */
function excess({ sorted }: DurationStatistics): number {
  return sorted[sorted.length - 1] - percentile(sorted, 0.5);
}

/** Those that lasted longest, the longest first. */
export function slowest(
  { pairs }: TraceData,
  { index, sorted }: DurationStatistics,
  count: number,
): number[] {
  const limit = sorted[Math.max(0, sorted.length - count)];
  const found: number[] = [];
  for (let i = 0; i < pairs.name.length; i++) {
    if (pairs.name[i] === index && pairs.duration[i] >= limit) found.push(i);
  }
  return found.sort((a, b) => pairs.duration[b] - pairs.duration[a]).slice(0, count);
}

/** How many lasted so long: classes from 1 to 2, 2 to 5 and 5 to 10 times a power of ten. */
export function histogram(sorted: Float64Array): { limits: number[]; counts: number[] } {
  const limits = [limitBelow(sorted[0])];
  const counts: number[] = [];
  let before = 0;
  while (before < sorted.length) {
    const limit = nextLimit(limits[limits.length - 1]);
    const at = lowerBound(sorted, limit, before);
    counts.push(at - before);
    limits.push(limit);
    before = at;
  }
  return { limits, counts };
}

function nextLimit(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit) + 1e-9);
  const first = Math.round(limit / power);
  return first === 1 ? 2 * power : first === 2 ? 5 * power : 10 * power;
}

function limitBelow(duration: number): number {
  if (duration < 1) return 1e-9;
  let limit = 10 ** Math.floor(Math.log10(duration));
  while (nextLimit(limit) <= duration) limit = nextLimit(limit);
  return limit;
}
