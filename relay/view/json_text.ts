import type {
  EventClass,
  FieldValue,
  FieldValues,
  LostEvents,
  StructClass,
  TraceEvent,
} from "../ctf/mod.ts";
import { secondsText } from "./clock_text.ts";
import type { EventText } from "./event_text.ts";
import { quotedText } from "./plain_values.ts";
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

/**
 * Events as lines of JSON. An integer has all its digits, also where a number of JavaScript has not; a
 * value of an enumeration is its first label, or the number if it has none; what JSON has no number for,
 * `NaN` and `Infinity`, is text. What would move a terminal's cursor is escaped.
 */
export class JsonText implements EventText {
  readonly #beginNs: bigint;
  readonly #fields = new Map<EventClass, (fields: FieldValues) => string>();
  readonly #names = new Map<EventClass, string>();

  /** Times since `beginNs`, nanoseconds since 1970. */
  constructor(beginNs: bigint) {
    this.#beginNs = beginNs;
  }

  /** `{"time":…,"s":…,"event":…,"cpu":…,"context":{…},"fields":{…}}`; no `context` without any. */
  event(event: TraceEvent): string {
    const { class: eventClass, time, cpu, streamContext, context } = event;
    let fields = this.#fields.get(eventClass);
    if (fields === undefined) this.#fields.set(eventClass, fields = structJson(eventClass.fields));
    let name = this.#names.get(eventClass);
    if (name === undefined) this.#names.set(eventClass, name = quotedText(eventClass.name));
    const contexts = streamContext === null && context === null
      ? ""
      : `,"context":${jsonOf({ ...streamContext, ...context })}`;
    return `{"time":"${this.#beginNs + BigInt(Math.round(time))}","s":${secondsText(time)},` +
      `"event":${name},"cpu":${cpuJson(cpu)}${contexts},"fields":${fields(event.fields)}}\n`;
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
