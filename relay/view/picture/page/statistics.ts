import { DurationFigures } from "../../duration_figures.ts";
import type { TraceData } from "./trace_data.ts";

/** How many of the slowest are listed. */
const SLOWEST = 50;

/**
 * How long what has one name and has ended lasted; the slowest are numbers of pairs, among them what has not ended, which
 * may have lasted longer.
 */
export interface DurationStatistics {
  readonly name: string;
  readonly index: number;
  readonly figures: DurationFigures<number>;
  /** How many have not ended. */
  unended: number;
}

/** Statistics of each name, the one with the longest first, those of which none has ended last. */
export function durationStatistics({ pairs }: TraceData): DurationStatistics[] {
  const all = pairs.names.map((name, index) => {
    return { name, index, figures: new DurationFigures<number>(SLOWEST), unended: 0 };
  });
  for (let i = 0; i < pairs.name.length; i++) {
    const one = all[pairs.name[i]];
    if (pairs.endEvent[i] >= 0) one.figures.add(pairs.duration[i], i);
    else {
      one.figures.slowest.add(pairs.duration[i], i);
      one.unended++;
    }
  }
  return all.sort((a, b) => longest(b) - longest(a));
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
function excess({ figures: { durations } }: DurationStatistics): number {
  return durations.count === 0 ? -1 : durations.max - durations.percentile(0.5);
}

/** Nanoseconds of the longest that has ended; -1 where none has. */
function longest({ figures: { durations } }: DurationStatistics): number {
  return durations.count === 0 ? -1 : durations.max;
}
