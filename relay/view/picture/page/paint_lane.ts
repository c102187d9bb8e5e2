/// <reference lib="dom" />
import { type Colors, MARK_COUNT } from "./colors.ts";
import { type Lane, lowerBound } from "./lanes.ts";
import { LANE_HEIGHT, LANE_PADDING } from "./layout.ts";
import { paintDowns, paintUps } from "./paint_life.ts";
import { type Scale, xOf } from "./scale.ts";
import { countText } from "./times.ts";
import type { TraceData } from "./trace_data.ts";

/** CSS pixels of a bar that tells how many events there are. */
export const BIN_PIXELS = 2;
/** Single events are drawn if there is a place of so many pixels for each. */
const PIXELS_PER_EVENT = 4;
const INNER_HEIGHT = LANE_HEIGHT - 2 * LANE_PADDING;

/** What a painter of rows is given. */
export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly scale: Scale;
  readonly colors: Colors;
  readonly data: TraceData;
}

/** Events of a lane in bins of equal times, counted from 0 so that they stay where they are while panned. */
export interface Bins {
  readonly firstTime: number;
  readonly binNs: number;
  /** Number of the first event of each bin, and behind the last. */
  readonly edges: Uint32Array;
  /** Events of the fullest. */
  readonly most: number;
}

/** The bins that are in view; `null` where there is a place for each event. */
export function binsOf({ times }: Lane, { from, to, nsPerPixel, width }: Scale): Bins | null {
  const first = lowerBound(times, from);
  if (lowerBound(times, to, first) - first <= width / PIXELS_PER_EVENT) return null;
  const binNs = BIN_PIXELS * nsPerPixel;
  const firstTime = Math.floor(from / binNs) * binNs;
  const edges = new Uint32Array(Math.ceil((to - firstTime) / binNs) + 1);
  let [at, most] = [lowerBound(times, firstTime), 0];
  for (let i = 0; i < edges.length; i++) {
    const next = lowerBound(times, firstTime + i * binNs, at);
    if (i > 0 && next - at > most) most = next - at;
    edges[i] = at = next;
  }
  return { firstTime, binNs, edges, most };
}

/** Draws a lane, its top at `top`; `most` is the highest count of any lane's bin. */
export function paintLane(
  brush: Brush,
  lane: Lane,
  bins: Bins | null,
  most: number,
  top: number,
): void {
  const { context, colors, scale } = brush;
  paintDowns(brush, lane, top);
  if (bins === null) paintEvents(brush, lane, top);
  else paintBins(brush, lane, bins, most, top);
  paintUps(brush, lane, top);
  paintLost(brush, lane, top);
  context.fillStyle = colors.hit;
  let lastX = -Infinity;
  for (let i = lowerBound(lane.hits, scale.from); i < lane.hits.length; i++) {
    const x = xOf(scale, lane.hits[i]);
    if (x > scale.left + scale.width) break;
    if (x < lastX + 2) continue;
    lastX = x;
    context.beginPath();
    context.moveTo(x - 4, top);
    context.lineTo(x + 4, top);
    context.lineTo(x, top + LANE_PADDING + 1);
    context.fill();
  }
}

/** How high a bar is for so many events: few are seen beside very many. */
function paintBins(brush: Brush, lane: Lane, bins: Bins, most: number, top: number): void {
  const { context, scale, colors, data } = brush;
  const { firstTime, binNs, edges } = bins;
  const bottom = top + LANE_HEIGHT - LANE_PADDING;
  const perLog = INNER_HEIGHT / Math.log1p(most);
  let color = -1;
  for (let i = 0; i + 1 < edges.length; i++) {
    const count = edges[i + 1] - edges[i];
    if (count === 0) continue;
    // The colour is that of one of them, in the middle.
    const kind = data.kinds[data.kind[lane.events[edges[i] + (count >> 1)]]];
    if (kind.color !== color) {
      color = kind.color;
      context.fillStyle = colors.marks[color % MARK_COUNT];
    }
    const height = Math.max(2, Math.round(Math.log1p(count) * perLog));
    // Whole pixels are filled several times as fast.
    const x = Math.round(xOf(scale, firstTime + i * binNs));
    context.fillRect(x, bottom - height, BIN_PIXELS, height);
  }
}

function paintEvents({ context, scale, colors, data }: Brush, lane: Lane, top: number): void {
  const { times, events } = lane;
  const first = lowerBound(times, scale.from - 200 * scale.nsPerPixel);
  for (let i = first; i < times.length && times[i] <= scale.to; i++) {
    const kind = data.kinds[data.kind[events[i]]];
    const x = xOf(scale, times[i]);
    context.fillStyle = colors.marks[kind.color % MARK_COUNT];
    context.fillRect(x - 1, top + LANE_PADDING, 2, INNER_HEIGHT);
    const space = (i + 1 < times.length ? xOf(scale, times[i + 1]) : Infinity) - x - 9;
    if (space < 36) continue;
    context.fillStyle = colors.muted;
    const text = fitted(context, kind.name, Math.min(space, 190));
    context.fillText(text, x + 5, top + LANE_HEIGHT / 2);
  }
}

/** Red stripes from where nothing had been lost to where nothing more was. */
function paintLost(
  { context, scale, colors, data: { lost } }: Brush,
  lane: Lane,
  top: number,
): void {
  const right = scale.left + scale.width;
  let lastX = -Infinity;
  for (const i of lane.lost) {
    if (lost.end[i] < scale.from || lost.begin[i] > scale.to) continue;
    const begin = Math.max(scale.left, xOf(scale, lost.begin[i]));
    const x = Math.min(begin, right - 4);
    const width = Math.max(4, Math.min(right, xOf(scale, lost.end[i])) - x);
    if (x + width < lastX + 1) continue;
    lastX = x + width;
    context.save();
    context.beginPath();
    context.rect(x, top + 2, width, LANE_HEIGHT - 4);
    context.clip();
    context.globalAlpha = 0.16;
    context.fillStyle = colors.lost;
    context.fill();
    context.globalAlpha = 0.75;
    context.strokeStyle = colors.lost;
    context.lineWidth = 1.5;
    context.beginPath();
    // Stripes are counted from the left edge of the canvas, so that neighbours go on.
    for (let at = Math.floor((x - LANE_HEIGHT) / 8) * 8; at < x + width; at += 8) {
      context.moveTo(at, top + LANE_HEIGHT);
      context.lineTo(at + LANE_HEIGHT, top);
    }
    context.stroke();
    context.globalAlpha = 1;
    const text = `${countText(lost.count[i])} lost`;
    const textWidth = context.measureText(text).width;
    if (textWidth + 12 < width) {
      context.fillStyle = colors.panel;
      context.fillRect(x + 3, top + LANE_HEIGHT / 2 - 9, textWidth + 8, 18);
      context.fillStyle = colors.lost;
      context.fillText(text, x + 7, top + LANE_HEIGHT / 2);
    }
    context.restore();
  }
}

/** Text that is no wider than `width`, with … where it was cut. */
export function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  // No letter is narrower than two pixels: what cannot be seen is not measured.
  const start = text.slice(0, Math.ceil(width / 2));
  if (start === text && context.measureText(text).width <= width) return text;
  let [low, high] = [0, start.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${start.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${start.slice(0, low)}…`;
}
