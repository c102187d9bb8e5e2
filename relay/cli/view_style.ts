import type { EventClass } from "../ctf/mod.ts";
import {
  BabeltraceText,
  COLORS,
  ColumnText,
  type EventText,
  JsonText,
  NO_COLORS,
  type OriginOf,
  type TextStyle,
  type TraceNames,
} from "../view/mod.ts";
import type { ViewFormat } from "./view_arguments.ts";

/** How wide lines may be, and its colours: none but on a terminal, nor where `NO_COLOR` is set. */
export function terminalStyle(): TextStyle {
  if (!Deno.stdout.isTerminal()) return { width: null, colors: NO_COLORS };
  return { width: Deno.consoleSize().columns, colors: Deno.noColor ? NO_COLORS : COLORS };
}

/** What makes lines of events, of several traces with their `names`, and the lines that come before all others. */
export function eventText(
  format: ViewFormat,
  beginNs: bigint,
  originOf: OriginOf,
  names: TraceNames | null,
): { readonly text: EventText; readonly title: string } {
  const hasClock = (eventClass: EventClass): boolean => originOf(eventClass).hasClock;
  switch (format) {
    case "json":
      return { text: new JsonText(beginNs, hasClock, names), title: "" };
    case "babeltrace":
      return { text: new BabeltraceText(beginNs, originOf, Deno.stdout.isTerminal()), title: "" };
    case "columns": {
      const style = terminalStyle();
      const text = new ColumnText(style, hasClock, names);
      // A program that reads the table needs no title.
      return { text, title: style.width === null ? "" : text.title() };
    }
  }
}
