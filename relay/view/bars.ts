import { durationText } from "./durations.ts";
import type { Histogram } from "./histogram.ts";

/** Columns of the longest bar. */
const BAR_WIDTH = 40;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A row of a drawn histogram. */
export interface Bar {
  /** Nanoseconds from which on values are counted in it. */
  readonly from: number;
  /** Nanoseconds up to which they are. */
  readonly to: number;
  /** How many those are. */
  readonly count: number;
}

/** Values by steps of 1, 2 and 5 nanoseconds and their tenfolds, from the first step with values to the last. */
export function barsOf(histogram: Histogram): Bar[] {
  const counts = new Map<number, number>();
  histogram.each((value, count) => {
    const step = stepOf(value);
    counts.set(step, (counts.get(step) ?? 0) + count);
  });
  const steps = [...counts.keys()];
  const bars: Bar[] = [];
  for (let step = Math.min(...steps); step <= Math.max(...steps); step++) {
    const from = step < 0 ? 0 : limitOf(step);
    bars.push({ from, to: limitOf(step + 1), count: counts.get(step) ?? 0 });
  }
  return bars;
}

/** Draws a histogram: a line for each step. */
export function histogramText(histogram: Histogram): string {
  const bars = barsOf(histogram);
  const most = Math.max(...bars.map(({ count }) => count));
  const digits = String(most).length;
  return bars.map(({ from, to, count }) => {
    const range = `${durationText(from).padStart(6)} … ${durationText(to).padEnd(6)}`;
    return `  ${range} ${String(count).padStart(digits)} ${barText(count / most)}`.trimEnd() + "\n";
  }).join("");
}

/** A bar; what there is of is seen. */
function barText(share: number): string {
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * BAR_WIDTH * 8));
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/** The step of a value: -1 below 1. */
function stepOf(value: number): number {
  if (value < 1) return -1;
  let step = 3 * Math.floor(Math.log10(value));
  while (limitOf(step + 1) <= value) step++;
  while (limitOf(step) > value) step--;
  return step;
}

/** Where a step begins: 1, 2, 5, 10 … */
function limitOf(step: number): number {
  return [1, 2, 5][step % 3] * 10 ** Math.floor(step / 3);
}
