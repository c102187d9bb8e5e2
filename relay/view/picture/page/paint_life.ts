/// <reference lib="dom" />
import type { Lane } from "./lanes.ts";
import { LANE_HEIGHT } from "./layout.ts";
import type { Brush } from "./paint_lane.ts";
import { xOf } from "./scale.ts";

/** Shorter times are grey, but nothing is written there. */
const MARKED_PIXELS = 8;

/** Where the CPU was not up is grey, below its events. */
export function paintDowns({ context, scale, colors }: Brush, { downs }: Lane, top: number): void {
  const right = scale.left + scale.width;
  context.fillStyle = colors.off;
  for (const { begin, end } of downs) {
    const from = Math.max(scale.left, xOf(scale, begin));
    const to = Math.min(right, xOf(scale, end));
    if (to > from) context.fillRect(from, top + 1, to - from, LANE_HEIGHT - 2);
  }
}

/** Where it came and went, over its events; not where it can hardly be seen. */
export function paintUps(brush: Brush, { downs }: Lane, top: number): void {
  const { scale, data } = brush;
  for (const { begin, end } of downs) {
    if (end - begin < MARKED_PIXELS * scale.nsPerPixel) continue;
    if (begin > data.begin) paintWord(brush, "down ◂", begin, -1, top);
    if (end < data.end) paintWord(brush, "▸ up", end, 1, top);
  }
}

/** A line at a time, and a word beside it: before it with -1, behind it with 1. */
function paintWord(brush: Brush, word: string, time: number, side: -1 | 1, top: number): void {
  const { context, scale, colors } = brush;
  if (time < scale.from || time > scale.to) return;
  const x = xOf(scale, time);
  const width = context.measureText(word).width + 6;
  const left = side < 0 ? x - width - 1 : x + 1;
  context.fillStyle = colors.muted;
  context.fillRect(x - 0.5, top + 1, 1, LANE_HEIGHT - 2);
  context.fillStyle = colors.panel;
  context.fillRect(left, top + LANE_HEIGHT - 17, width, 16);
  context.fillStyle = colors.text;
  context.fillText(word, left + 3, top + LANE_HEIGHT - 9);
}
