import { DurationFigures } from "../../duration_figures.ts";
import type { TraceData } from "./trace_data.ts";

/** How many of the slowest are listed. */
const SLOWEST = 50;

/** How long what has one name lasted; the slowest are numbers of pairs. */
export interface DurationStatistics {
  readonly name: string;
  readonly index: number;
  readonly figures: DurationFigures<number>;
}

/** Statistics of each name, the one with the longest first. */
export function durationStatistics({ pairs }: TraceData): DurationStatistics[] {
  const all = pairs.names.map((name, index) => {
    return { name, index, figures: new DurationFigures<number>(SLOWEST) };
  });
  for (let i = 0; i < pairs.name.length; i++) {
    all[pairs.name[i]].figures.add(pairs.duration[i], i);
  }
  return all.sort((a, b) => b.figures.durations.max - a.figures.durations.max);
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
  return durations.max - durations.percentile(0.5);
}
