import type { EventClass } from "../tsdl/field_class.ts";

/** An integer that has labels, as it was recorded. */
export class EnumValue {
  /** Labels of the value, in the order of the metadata; none for a value that has none. */
  readonly labels: readonly string[];
  /** The value: a number if that is exact, else a bigint. */
  readonly value: number | bigint;

  /** Keeps both. */
  constructor(labels: readonly string[], value: number | bigint) {
    this.labels = labels;
    this.value = value;
  }

  /** The first label, or the value where it has none. */
  toString(): string {
    return this.labels[0] ?? String(this.value);
  }
}

/**
 * What was recorded in a field. An integer is a number if that is exact, else a bigint; a variant is an
 * object with one property, which is named after the option that was chosen.
 */
export type FieldValue =
  | number
  | bigint
  | string
  | EnumValue
  | readonly FieldValue[]
  | FieldValues;

/** What was recorded in fields, by their names. */
export interface FieldValues {
  /** A field's. */
  readonly [field: string]: FieldValue;
}

/** An event of a trace. */
export interface TraceEvent {
  /** What events of its kind have in common: name, number, fields. */
  readonly class: EventClass;
  /** Nanoseconds since the first packet of the trace began: see {@linkcode TraceReader.beginNs}. */
  readonly time: number;
  /** The CPU it was recorded on, -1 where the packet does not say. */
  readonly cpu: number;
  /** What packet contexts say beside times, sizes, numbers and losses; `cpu_id` as a rule. */
  readonly packetContext: FieldValues | null;
  /** Fields that all events of the stream have. */
  readonly streamContext: FieldValues | null;
  /** Fields that all events of its class have before their own. */
  readonly context: FieldValues | null;
  /** Its own fields. */
  readonly fields: FieldValues;
}

/** Events that were not recorded, or were written over. */
export interface LostEvents {
  /** The CPU of their stream, -1 where that is not known. */
  readonly cpu: number;
  /** None was lost before: nanoseconds as an event's `time`. */
  readonly begin: number;
  /** None was lost later. */
  readonly end: number;
  /** How many. */
  readonly count: number;
  /** Name of their stream's file, where it was one. */
  readonly stream?: string;
}
