import type { EventClass, FieldClass, FieldValues, LostEvents, TraceEvent } from "../ctf/mod.ts";
import { classWriter, type ValueText } from "./class_text.ts";
import type { EventText } from "./event_text.ts";
import { quotedText } from "./plain_values.ts";
import { secondsText } from "./seconds_text.ts";
import { shownNames } from "./shown_fields.ts";
import type { TraceNames } from "./trace_names.ts";
import { type ValueStyle, valueWriter, type WritableValue } from "./value_text.ts";

/** How JSON writes values, whatever their class. */
export const JSON_STYLE: ValueStyle = {
  text: quotedText,
  number: (value) => typeof value === "bigint" ? `${value}` : numberJson(value),
  label: quotedText,
  list: ["[", ",", "]"],
  struct: ["{", ",", "}"],
  name: (name) => `${quotedText(name)}:`,
};

/** A value as JSON, whatever its class. */
export const jsonOf: (value: WritableValue) => string = valueWriter(JSON_STYLE);

/** Makes what writes values of a class as JSON, as {@linkcode JsonText} shows them. */
export const jsonWriter: (one: FieldClass) => ValueText = classWriter({
  ...JSON_STYLE,
  based: JSON_STYLE.number,
  truth: (label) => label,
  shown: shownNames,
});

/** What is the same in all lines of a class. */
interface ClassTexts {
  /** Tells of which trace they are, where there are several. */
  readonly trace: string;
  /** Name of the event. */
  readonly name: string;
  /** Makes the text of its fields. */
  readonly fields: ValueText;
  /** Makes the text of what all of the class have before their own. */
  readonly context: ValueText;
  /** Whether the events have times. */
  readonly hasClock: boolean;
}

/**
 * Events as lines of JSON. An integer has all its digits, also where a number of JavaScript has not; a
 * value of an enumeration is its first label, or the number if it has none, but of a `bool` it is true or
 * false; what JSON has no number for,
 * `NaN` and `Infinity`, is text. What would move a terminal's cursor is escaped.
 */
export class JsonText implements EventText {
  readonly #beginNs: bigint;
  readonly #hasClock: (eventClass: EventClass) => boolean;
  readonly #names: TraceNames | null;
  readonly #classes = new Map<EventClass, ClassTexts>();

  /**
   * Times since `beginNs`, nanoseconds since 1970; `hasClock` tells which events have any, `names` of which
   * traces they are where there are several.
   */
  constructor(
    beginNs: bigint,
    hasClock: (eventClass: EventClass) => boolean = () => true,
    names: TraceNames | null = null,
  ) {
    this.#names = names;
    this.#beginNs = beginNs;
    this.#hasClock = hasClock;
  }

  /**
   * `{"time":…,"s":…,"trace":…,"event":…,"cpu":…,"context":{…},"fields":{…}}`; no `trace` of one alone, no `context`
   * without any, `null` for a time or CPU that is not known.
   */
  event(event: TraceEvent): string {
    const { class: eventClass, time, cpu, streamContext, context } = event;
    const texts = this.#classes.get(eventClass) ?? this.#meet(eventClass);
    const { trace, name, fields, hasClock } = texts;
    const contexts = streamContext === null && context === null
      ? ""
      : `,"context":${contextJson(streamContext, context, texts.context)}`;
    const times = hasClock
      ? `"time":"${this.#beginNs + BigInt(Math.round(time))}","s":${secondsText(time)}`
      : `"time":null,"s":null`;
    return `{${times}${trace},"event":${name},"cpu":${cpuJson(cpu)}${contexts},` +
      `"fields":${fields(event.fields)}}\n`;
  }

  /** `{"lost":…,"trace":…,"cpu":…,"from":…,"to":…}`, in seconds. */
  lost(lost: LostEvents): string {
    const { count, cpu, begin, end } = lost;
    const trace = this.#names === null ? "" : traceJson(this.#names.ofLost(lost));
    return `{"lost":${count}${trace},"cpu":${cpuJson(cpu)},` +
      `"from":${secondsText(begin)},"to":${secondsText(end)}}\n`;
  }

  /** Nothing: it is in the lines. */
  warning(_lost: LostEvents): string {
    return "";
  }

  #meet(eventClass: EventClass): ClassTexts {
    const texts = {
      trace: this.#names === null ? "" : traceJson(this.#names.ofClass(eventClass)),
      name: quotedText(eventClass.name),
      fields: jsonWriter(eventClass.fields),
      context: eventClass.context === null ? jsonOf : jsonWriter(eventClass.context),
      hasClock: this.#hasClock(eventClass),
    };
    this.#classes.set(eventClass, texts);
    return texts;
  }
}

function traceJson(name: string): string {
  return `,"trace":${quotedText(name)}`;
}

/** Of contexts of the same name the event's own is told. */
function contextJson(
  streamContext: FieldValues | null,
  context: FieldValues | null,
  own: ValueText,
): string {
  if (streamContext === null) return own(context!);
  return jsonOf({ ...streamContext, ...context });
}

function numberJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : `${value}`;
}

function cpuJson(cpu: number): string {
  return cpu < 0 ? "null" : `${cpu}`;
}
