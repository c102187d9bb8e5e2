import type {
  EventClass,
  FieldValue,
  FieldValues,
  LostEvents,
  StructClass,
  TraceEvent,
} from "../ctf/mod.ts";
import type { EventText } from "./event_text.ts";
import { quotedText } from "./plain_values.ts";
import { secondsText } from "./seconds_text.ts";
import { shownNames } from "./shown_fields.ts";
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

/** A value as JSON, as {@linkcode JsonText} shows it. */
export const jsonOf: (value: WritableValue) => string = valueWriter(JSON_STYLE);

/** What is the same in all lines of a class. */
interface ClassTexts {
  /** Name of the event. */
  readonly name: string;
  /** Makes the text of its fields. */
  readonly fields: (fields: FieldValues) => string;
  /** Whether the events have times. */
  readonly hasClock: boolean;
}

/**
 * Events as lines of JSON. An integer has all its digits, also where a number of JavaScript has not; a
 * value of an enumeration is its first label, or the number if it has none; what JSON has no number for,
 * `NaN` and `Infinity`, is text. What would move a terminal's cursor is escaped.
 */
export class JsonText implements EventText {
  readonly #beginNs: bigint;
  readonly #hasClock: (eventClass: EventClass) => boolean;
  readonly #classes = new Map<EventClass, ClassTexts>();

  /** Times since `beginNs`, nanoseconds since 1970; `hasClock` tells which events have any. */
  constructor(beginNs: bigint, hasClock: (eventClass: EventClass) => boolean = () => true) {
    this.#beginNs = beginNs;
    this.#hasClock = hasClock;
  }

  /**
   * `{"time":…,"s":…,"event":…,"cpu":…,"context":{…},"fields":{…}}`; no `context` without any, `null` for a time or
   * CPU that is not known.
   */
  event(event: TraceEvent): string {
    const { class: eventClass, time, cpu, streamContext, context } = event;
    const { name, fields, hasClock } = this.#classes.get(eventClass) ?? this.#meet(eventClass);
    const contexts = streamContext === null && context === null
      ? ""
      : `,"context":${jsonOf({ ...streamContext, ...context })}`;
    const times = hasClock
      ? `"time":"${this.#beginNs + BigInt(Math.round(time))}","s":${secondsText(time)}`
      : `"time":null,"s":null`;
    return `{${times},"event":${name},"cpu":${cpuJson(cpu)}${contexts},` +
      `"fields":${fields(event.fields)}}\n`;
  }

  /** `{"lost":…,"cpu":…,"from":…,"to":…}`, in seconds. */
  lost({ count, cpu, begin, end }: LostEvents): string {
    return `{"lost":${count},"cpu":${cpuJson(cpu)},` +
      `"from":${secondsText(begin)},"to":${secondsText(end)}}\n`;
  }

  /** Nothing: it is in the lines. */
  warning(_lost: LostEvents): string {
    return "";
  }

  #meet(eventClass: EventClass): ClassTexts {
    const texts = {
      name: quotedText(eventClass.name),
      fields: structJson(eventClass.fields),
      hasClock: this.#hasClock(eventClass),
    };
    this.#classes.set(eventClass, texts);
    return texts;
  }
}

function structJson(one: StructClass): (fields: FieldValues) => string {
  const names = shownNames(one);
  if (names.length === 0) return () => "{}";
  const classes = new Map(one.members.map((member) => [member.name, member.class]));
  const heads = names.map((name, i) => `${i === 0 ? "{" : ","}${quotedText(name)}:`);
  const texts = names.map((name) => {
    const own = classes.get(name)!;
    return own.kind === "struct" ? structJson(own) as (value: FieldValue) => string : jsonOf;
  });
  return (fields) => {
    let text = "";
    for (let i = 0; i < names.length; i++) text += heads[i] + texts[i](fields[names[i]]);
    return text + "}";
  };
}

function numberJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : `${value}`;
}

function cpuJson(cpu: number): string {
  return cpu < 0 ? "null" : `${cpu}`;
}
