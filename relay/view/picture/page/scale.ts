import type { State } from "./state.ts";

/** Which time is where on the canvas: labels stand left of the times. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  /** Where times begin, in CSS pixels. */
  readonly left: number;
  /** CSS pixels of all times. */
  readonly width: number;
  /** Nanoseconds of a CSS pixel. */
  readonly nsPerPixel: number;
}

/** The scale of what is shown on a canvas so wide. */
export function scaleOf({ from, to }: State, canvasWidth: number): Scale {
  const left = canvasWidth < 560 ? 84 : 148;
  const width = Math.max(50, canvasWidth - left - 12);
  return { from, to, left, width, nsPerPixel: (to - from) / width };
}

/** Where a time is. */
export function xOf({ from, left, nsPerPixel }: Scale, time: number): number {
  return left + (time - from) / nsPerPixel;
}

/** Which time is there. */
export function timeAt({ from, left, nsPerPixel }: Scale, x: number): number {
  return from + (x - left) * nsPerPixel;
}
