/// <reference lib="dom" />
import { make } from "./dom.ts";

/** Colours of the canvas: those of the style sheet, which knows light and dark. */
export interface Colors {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly panel: string;
  readonly accent: string;
  readonly lost: string;
  readonly hit: string;
  readonly off: string;
  readonly onMark: string;
  /** Of kinds of events, and of what lasted. */
  readonly marks: readonly string[];
}

/** Number of colours for kinds; with more kinds they come again. */
export const MARK_COUNT = 8;

/** The colours as they are now. */
export function readColors(): Colors {
  // Which of the two a colour is only an element knows.
  const probe = make("span", { hidden: "" });
  document.body.append(probe);
  const color = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colors = {
    text: color("text"),
    muted: color("muted"),
    line: color("line"),
    panel: color("panel"),
    accent: color("accent"),
    lost: color("lost"),
    hit: color("hit"),
    off: color("off"),
    onMark: color("on-mark"),
    marks: Array.from({ length: MARK_COUNT }, (_, i) => color(`mark-${i}`)),
  };
  probe.remove();
  return colors;
}
