import type { LostEvents, TraceEvent } from "../ctf/mod.ts";

/** Makes lines of what is in a trace, in the order it is given. */
export interface EventText {
  /** A line, with its end. */
  event(event: TraceEvent): string;
  /** A line, with its end, or nothing where that is told elsewhere. */
  lost(lost: LostEvents): string;
  /** A line for standard error; nothing where `lost` tells it. */
  warning(lost: LostEvents): string;
}
