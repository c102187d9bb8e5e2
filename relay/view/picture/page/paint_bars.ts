import { type BarGroup, barLabel, type BarRow, hasFailed } from "./bars.ts";
import { MARK_COUNT } from "./colors.ts";
import type { Numbers } from "./columns.ts";
import { lowerBound } from "./lanes.ts";
import { BAR_HEIGHT } from "./layout.ts";
import { type Brush, fitted } from "./paint_lane.ts";
import { xOf } from "./scale.ts";
import { durationText } from "./times.ts";

const BAR_INNER_HEIGHT = BAR_HEIGHT - 4;
/** Narrower bars are drawn as one with their neighbours. */
const NARROW_PIXELS = 2;

/** Draws a row of what lasted, its top at `top`; the one that is looked at closely has a frame. */
export function paintBars(
  brush: Brush,
  { index }: BarGroup,
  { pairs, begins, reaches }: BarRow,
  selected: number,
  top: number,
): void {
  const { context, scale, colors, data } = brush;
  const { duration } = data.pairs;
  const color = colors.marks[index % MARK_COUNT];
  let [runBegin, runEnd] = [-Infinity, -Infinity];
  const endRun = (): void => {
    if (runEnd <= runBegin) return;
    context.fillStyle = color;
    // What lasted longer stands out.
    context.globalAlpha = 0.5;
    context.fillRect(runBegin, top + 2, runEnd - runBegin, BAR_INNER_HEIGHT);
    context.globalAlpha = 1;
  };
  let i = lowerBound(reaches, scale.from);
  while (i < pairs.length && begins[i] <= scale.to) {
    const pair = pairs[i];
    const begin = Math.max(Math.round(xOf(scale, begins[i])), scale.left);
    const width = (begins[i] + duration[pair] - Math.max(begins[i], scale.from)) / scale.nsPerPixel;
    if (width < NARROW_PIXELS && pair !== selected) {
      if (begin > runEnd) {
        endRun();
        runBegin = begin;
      }
      runEnd = begin + 1;
    } else if (width > 0) paintBar(brush, pair, color, begin, width, pair === selected, top);
    i = nextBar(begins, i, scale.nsPerPixel);
  }
  endRun();
}

function paintBar(
  { context, scale, colors, data }: Brush,
  pair: number,
  color: string,
  x: number,
  fullWidth: number,
  isSelected: boolean,
  top: number,
): void {
  const width = Math.max(1, Math.min(fullWidth, scale.left + scale.width - x));
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
  if (!isSelected) return;
  context.strokeStyle = colors.text;
  context.lineWidth = 2;
  context.strokeRect(x - 1, top + 1, width + 2, BAR_INNER_HEIGHT + 2);
}

/** Of bars that begin within a pixel only the last is drawn: it alone may reach further. */
function nextBar(begins: Float64Array, i: number, nsPerPixel: number): number {
  const beyond = lowerBound(begins, begins[i] + nsPerPixel, i + 1);
  return Math.max(i + 1, beyond - 1);
}

/** What lasted at a time, or almost: the nearest within `tolerance` nanoseconds; -1 for nothing. */
export function barAt(
  { pairs, begins }: BarRow,
  durations: Numbers,
  time: number,
  tolerance: number,
): number {
  const next = lowerBound(begins, time);
  let [best, bestDistance] = [-1, tolerance];
  for (const i of [next, next - 1, next - 2]) {
    if (i < 0 || i >= pairs.length) continue;
    const end = begins[i] + durations[pairs[i]];
    const distance = time < begins[i] ? begins[i] - time : Math.max(0, time - end);
    if (distance < bestDistance || (distance === 0 && best < 0)) {
      [best, bestDistance] = [pairs[i], distance];
    }
  }
  return best;
}
