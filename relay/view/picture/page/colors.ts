/// <reference lib="dom" />
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
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
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
}
