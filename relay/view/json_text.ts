import {
  EnumValue,
  type EventClass,
  type FieldClass,
  type FieldValue,
  type FieldValues,
  type LostEvents,
  type StructClass,
  type TraceEvent,
} from "../ctf/mod.ts";
import { secondsText } from "./clock_text.ts";
import type { EventText } from "./event_text.ts";
import { quotedText } from "./plain_values.ts";
import { shownNames } from "./shown_fields.ts";

type ValueText = (value: FieldValue) => string;

/** What {@linkcode jsonOf} makes text of. */
export type JsonValue =
  | FieldValue
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

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

/** A value as JSON, whatever its class, as {@linkcode JsonText} shows it. */
export function jsonOf(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return quotedText(value);
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "number") return numberJson(value);
  if (value instanceof EnumValue) return enumJson(value);
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(",")}]`;
  const parts = Object.entries(value as Readonly<Record<string, JsonValue>>).map(([name, one]) =>
    `${quotedText(name)}:${jsonOf(one)}`
  );
  return `{${parts.join(",")}}`;
}

function structJson(one: StructClass): (fields: FieldValues) => string {
  const names = shownNames(one);
  if (names.length === 0) return () => "{}";
  const members = new Map(one.members.map((member) => [member.name, member.class]));
  const heads = names.map((name, i) => `${i === 0 ? "{" : ","}${quotedText(name)}:`);
  const texts = names.map((name) => valueJson(members.get(name)!));
  return (fields) => {
    let text = "";
    for (let i = 0; i < names.length; i++) text += heads[i] + texts[i](fields[names[i]]);
    return text + "}";
  };
}

function valueJson(one: FieldClass): ValueText {
  switch (one.kind) {
    case "integer":
      return String as ValueText;
    case "string":
      return quotedText as ValueText;
    case "struct":
      return structJson(one) as ValueText;
    default:
      return jsonOf;
  }
}

function enumJson({ labels, value }: EnumValue): string {
  return labels.length === 0 ? `${value}` : quotedText(labels[0]);
}

function numberJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : `${value}`;
}

function cpuJson(cpu: number): string {
  return cpu < 0 ? "null" : `${cpu}`;
}
