import type { EventClass, LostEvents, TraceEvent } from "../ctf/mod.ts";
import type { Colors } from "./colors.ts";
import { durationText } from "./durations.ts";
import type { EventText } from "./event_text.ts";
import type { ValueText } from "./class_text.ts";
import { harmless, plainValue } from "./plain_values.ts";
import { secondsText } from "./seconds_text.ts";
import { type ShownField, shownFields } from "./field_texts.ts";
import { lineWidth, PLAIN_STYLE, type TextStyle } from "./text_style.ts";
import type { TraceNames } from "./trace_names.ts";
import { padded, textWidth, truncated } from "./text_width.ts";

/** What is the same in all rows of a class. */
interface ClassTexts {
  /** Column that tells of which trace they are; empty where there is one alone. */
  readonly trace: string;
  /** Name of the event. */
  readonly name: string;
  /** Columns that takes. */
  readonly width: number;
  /** What comes before the first `:`. */
  readonly group: string;
  /** The fields that are shown. */
  readonly fields: readonly ShownField[];
  /** Makes the text of fields of the event's own context. */
  readonly context: ReadonlyMap<string, ValueText>;
  /** Whether the events have times. */
  readonly hasClock: boolean;
}

/** Columns for the seconds since the begin: 4 digits, the point and 9 more. */
const TIME_WIDTH = 14;
const DELTA_WIDTH = 8;
const CPU_WIDTH = 3;
/** Columns for names at first; the column grows with the names. */
const NAME_WIDTH = 20;
/** Columns that the name of a trace has at most. */
const MAX_TRACE_WIDTH = 32;
/** Names that are longer move what follows. */
const MAX_NAME_WIDTH = 32;

/**
 * Events as rows of a table: seconds since the trace began, time since the row before, of several traces which one,
 * CPU, name, fields. Where events have no times none are shown.
 */
export class ColumnText implements EventText {
  readonly #width: number | null;
  readonly #colors: Colors;
  readonly #hasClock: (eventClass: EventClass) => boolean;
  readonly #names: TraceNames | null;
  /** Columns for the name of a trace. */
  readonly #traceWidth: number;
  readonly #classes = new Map<EventClass, ClassTexts>();
  #nameWidth = NAME_WIDTH;
  #last: number | null = null;

  /**
   * Without a style, lines of any length without colours; `hasClock` tells which events have times, `names` of which
   * traces they are where there are several.
   */
  constructor(
    style: Partial<TextStyle> = {},
    hasClock: (eventClass: EventClass) => boolean = () => true,
    names: TraceNames | null = null,
  ) {
    this.#names = names;
    const widths = names?.all.map((name) => textWidth(harmless(name))) ?? [];
    this.#traceWidth = Math.min(MAX_TRACE_WIDTH, Math.max("trace".length, ...widths));
    this.#hasClock = hasClock;
    const whole = { ...PLAIN_STYLE, ...style };
    this.#width = lineWidth(whole);
    this.#colors = whole.colors;
  }

  /** The titles of the columns. */
  title(): string {
    const title = `${"seconds".padStart(TIME_WIDTH)} ${"delta".padStart(DELTA_WIDTH)} ` +
      this.#traceCell(() => "trace") +
      `${"CPU".padStart(CPU_WIDTH)} ${padded("event", this.#nameWidth)} fields`;
    return `${this.#colors.dim(this.#cut(title))}\n`;
  }

  /** A row. */
  event(event: TraceEvent): string {
    const { class: eventClass, time, cpu } = event;
    const texts = this.#classes.get(eventClass) ?? this.#meet(eventClass);
    let delta = "";
    if (texts.hasClock) {
      if (this.#last !== null) delta = durationText(time - this.#last);
      this.#last = time;
    }
    const seconds = (texts.hasClock ? secondsText(time) : "").padStart(TIME_WIDTH);
    const before = delta.padStart(DELTA_WIDTH);
    const where = (cpu < 0 ? "" : `${cpu}`).padStart(CPU_WIDTH);
    const { trace } = texts;
    const head = `${seconds} ${this.#colors.dim(before)} ${trace}${where} `;
    if (this.#width === null) return `${head}${this.#whole(event, texts)}\n`;
    const used = seconds.length + before.length + textWidth(trace) + where.length + 3;
    return `${head}${this.#fitting(event, texts, this.#width - used)}\n`;
  }

  /** A row that tells where events are missing, since when. */
  lost(lost: LostEvents): string {
    const { count, cpu, begin, end } = lost;
    const where = cpu < 0 ? "" : ` on CPU ${cpu}`;
    const events = count === 1 ? "1 event" : `${count} events`;
    const text = `${secondsText(end).padStart(TIME_WIDTH)} ${"".padStart(DELTA_WIDTH)} ` +
      this.#traceCell((names) => names.ofLost(lost)) +
      `${"".padStart(CPU_WIDTH)} *** ${events} lost${where} since ${secondsText(begin)} ***`;
    return `${this.#colors.bad(this.#cut(text))}\n`;
  }

  /** Nothing: it is in the rows. */
  warning(_lost: LostEvents): string {
    return "";
  }

  #meet(eventClass: EventClass): ClassTexts {
    const name = harmless(eventClass.name);
    const width = textWidth(name);
    const [group] = name.split(":");
    const hasClock = this.#hasClock(eventClass);
    const context = new Map(shownFields(eventClass.context).map(({ name, text }) => [name, text]));
    const texts = {
      trace: this.#traceCell((names) => names.ofClass(eventClass)),
      name,
      width,
      group,
      fields: shownFields(eventClass.fields),
      context,
      hasClock,
    };
    this.#classes.set(eventClass, texts);
    if (width <= MAX_NAME_WIDTH) this.#nameWidth = Math.max(this.#nameWidth, width);
    return texts;
  }

  /** Name and fields, for lines of any length. */
  #whole(event: TraceEvent, { name, width, group, fields, context }: ClassTexts): string {
    const { field, dim, name: named } = this.#colors;
    const equals = dim("=");
    let row = "";
    for (const { name: one, text } of fields) {
      row += ` ${field(one)}${equals}${text(event.fields[one])}`;
    }
    for (const [one, text] of contextParts(event, context)) row += ` ${field(one)}${equals}${text}`;
    const space = row === "" ? 0 : Math.max(0, this.#nameWidth - width);
    return named(name, group) + " ".repeat(space) + row;
  }

  /** Name and fields as they fit in so many columns. */
  #fitting(event: TraceEvent, texts: ClassTexts, columns: number): string {
    const { name, width, group, fields, context } = texts;
    const { field, dim, name: named } = this.#colors;
    const start = named(truncated(name, columns), group);
    const space = Math.max(0, this.#nameWidth - width);
    const parts = fields.map(({ name, text }) => [name, text(event.fields[name])] as const);
    let left = columns - width - space;
    let row = "";
    for (const [one, text] of [...parts, ...contextParts(event, context)]) {
      const whole = ` ${one}=${text}`;
      const shown = truncated(whole, left);
      const equals = shown.indexOf("=");
      row += equals < 0
        ? shown
        : ` ${field(shown.slice(1, equals))}${dim("=")}${shown.slice(equals + 1)}`;
      left -= textWidth(shown);
      if (shown !== whole) break;
    }
    return row === "" ? start : start + " ".repeat(space) + row;
  }

  /** The name of a trace and a space, as wide as all of them; nothing where there is one alone. */
  #traceCell(nameOf: (names: TraceNames) => string): string {
    if (this.#names === null) return "";
    const name = truncated(harmless(nameOf(this.#names)), this.#traceWidth);
    return `${padded(name, this.#traceWidth)} `;
  }

  #cut(text: string): string {
    return this.#width === null ? text : truncated(text, this.#width);
  }
}

const NO_PARTS: readonly (readonly [string, string])[] = [];

/** Fields of contexts, and their values. */
function contextParts(
  { context, streamContext }: TraceEvent,
  texts: ClassTexts["context"],
): typeof NO_PARTS {
  if (context === null && streamContext === null) return NO_PARTS;
  return [
    ...Object.entries(context ?? {}).map(([name, value]) =>
      [name, (texts.get(name) ?? plainValue)(value)] as const
    ),
    ...Object.entries(streamContext ?? {}).map(([name, value]) =>
      [name, plainValue(value)] as const
    ),
  ];
}
