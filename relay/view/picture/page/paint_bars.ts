import { type BarGroup, barLabel, type BarRow, hasFailed } from "./bars.ts";
import { MARK_COUNT } from "./colors.ts";
import { lowerBound } from "./lanes.ts";
import { BAR_HEIGHT } from "./layout.ts";
import { type Brush, fitted } from "./paint_lane.ts";
import { type Scale, xOf } from "./scale.ts";
import { durationText } from "./times.ts";
import type { PairTable } from "./trace_data.ts";

const BAR_INNER_HEIGHT = BAR_HEIGHT - 4;
/** Narrower bars are drawn as one with their neighbours. */
const NARROW_PIXELS = 2;

/** Draws a row of what lasted, its top at `top`; the one that is looked at closely has a frame, over all. */
export function paintBars(
  brush: Brush,
  { index }: BarGroup,
  row: BarRow,
  selected: number,
  top: number,
): void {
  const { context, scale, colors, data } = brush;
  const { pairs, begins, ends } = row;
  const color = colors.marks[index % MARK_COUNT];
  const leftOf = (begin: number): number => Math.max(Math.round(xOf(scale, begin)), scale.left);
  const widthOf = (begin: number, end: number): number =>
    (end - Math.max(begin, scale.from)) / scale.nsPerPixel;
  let [runBegin, runEnd] = [-Infinity, -Infinity];
  const endRun = (): void => {
    if (runEnd <= runBegin) return;
    context.fillStyle = color;
    // What lasted longer stands out.
    context.globalAlpha = 0.5;
    context.fillRect(runBegin, top + 2, runEnd - runBegin, BAR_INNER_HEIGHT);
    context.globalAlpha = 1;
  };
  let i = lowerBound(ends, scale.from);
  while (i < pairs.length && begins[i] <= scale.to) {
    const x = leftOf(begins[i]);
    // In a last row the next one may lie over its end.
    const width = widthOf(begins[i], Math.min(ends[i], begins[i + 1] ?? Infinity));
    if (width < NARROW_PIXELS) {
      if (x > runEnd) {
        endRun();
        runBegin = x;
      }
      runEnd = x + 1;
    } else paintBar(brush, pairs[i], color, x, width, top);
    i = nextBar(begins, i, scale.nsPerPixel);
  }
  endRun();
  if (!holds(row, selected)) return;
  const begin = data.pairs.begin[selected];
  const end = begin + data.pairs.duration[selected];
  if (end < scale.from || begin > scale.to) return;
  const [x, width] = [leftOf(begin), Math.max(1, widthOf(begin, end))];
  paintBar(brush, selected, color, x, width, top);
  context.strokeStyle = colors.text;
  context.lineWidth = 2;
  context.strokeRect(x - 1, top + 1, shownWidth(scale, x, width) + 2, BAR_INNER_HEIGHT + 2);
}

function paintBar(
  { context, scale, colors, data }: Brush,
  pair: number,
  color: string,
  x: number,
  fullWidth: number,
  top: number,
): void {
  const width = shownWidth(scale, x, fullWidth);
  context.fillStyle = color;
  // What has not ended is pale.
  context.globalAlpha = data.pairs.endEvent[pair] < 0 ? 0.45 : 1;
  context.fillRect(x, top + 2, width, BAR_INNER_HEIGHT);
  context.globalAlpha = 1;
  if (width >= 4 && hasFailed(data, pair)) {
    context.fillStyle = colors.lost;
    context.fillRect(x, top + BAR_HEIGHT - 5, width, 3);
  }
  if (width > 34) {
    context.fillStyle = colors.onMark;
    const text = `${barLabel(data, pair)}  ${durationText(data.pairs.duration[pair])}`;
    context.fillText(fitted(context, text, width - 8), x + 4, top + BAR_HEIGHT / 2 + 0.5);
  }
}

function shownWidth({ left, width }: Scale, x: number, fullWidth: number): number {
  return Math.max(1, Math.min(fullWidth, left + width - x));
}

/** Of bars that begin within a pixel only the last is drawn: it alone may reach further. */
function nextBar(begins: Float64Array, i: number, nsPerPixel: number): number {
  const beyond = lowerBound(begins, begins[i] + nsPerPixel, i + 1);
  return Math.max(i + 1, beyond - 1);
}

/** Whether a row is where something that lasted lies, be it below others. */
export function holds({ pairs, covered }: BarRow, pair: number): boolean {
  return pair >= 0 && (pairs.includes(pair) || covered.includes(pair));
}

/**
 * What is seen of a row at a time, or almost: the nearest within `tolerance` nanoseconds, -1 for nothing.
 * What is `selected` lies over all.
 */
export function barAt(
  row: BarRow,
  { begin, duration }: PairTable,
  time: number,
  tolerance: number,
  selected: number,
): number {
  const { pairs, begins } = row;
  const next = lowerBound(begins, time);
  let [best, bestDistance] = [-1, tolerance];
  // Others before these end before these do.
  const near = [next - 1, next].filter((i) => i >= 0 && i < pairs.length).map((i) => pairs[i]);
  for (const pair of holds(row, selected) ? [selected, ...near] : near) {
    const distance = Math.max(begin[pair] - time, time - begin[pair] - duration[pair], 0);
    if (distance < bestDistance || (distance === 0 && best < 0)) {
      [best, bestDistance] = [pair, distance];
    }
  }
  return best;
}
