import { durationText } from "./durations.ts";
import type { Histogram } from "./histogram.ts";

/** Columns of the longest bar. */
const BAR_WIDTH = 40;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Draws a histogram of nanoseconds: a line for each bar. */
export function histogramText(histogram: Histogram): string {
  const bars = histogram.bars();
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
