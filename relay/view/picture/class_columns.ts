import {
  EnumValue,
  type EventClass,
  type FieldClass,
  type FieldValue,
  type FieldValues,
  type StructClass,
  type TraceEvent,
} from "../../ctf/mod.ts";
import { columnsOf, type FieldColumn } from "./field_column.ts";
import type { Packer } from "./pack.ts";
import type { PackedClass } from "./picture_format.ts";

/** What the events of a class have recorded, field by field. */
export class ClassColumns {
  readonly #name: string;
  readonly #streamContext: readonly FieldColumn[];
  readonly #context: readonly FieldColumn[];
  readonly #fields: readonly FieldColumn[];

  /** Columns for the fields that events have like the first one. */
  constructor({ class: eventClass, streamContext }: TraceEvent) {
    this.#name = eventClass.name;
    this.#streamContext = streamContext === null
      ? []
      : columnsOf(guessedStruct(streamContext), "context.");
    this.#context = contextColumns(eventClass);
    this.#fields = columnsOf(eventClass.fields);
  }

  /** Adds an event. */
  push({ fields, context, streamContext }: TraceEvent): void {
    for (const column of this.#fields) column.push(fields);
    if (context !== null) { for (const column of this.#context) column.push(context); }
    if (streamContext !== null) {
      for (const column of this.#streamContext) column.push(streamContext);
    }
  }

  /** All of them, at the end. */
  pack(packer: Packer): PackedClass {
    const columns = [...this.#fields, ...this.#context, ...this.#streamContext];
    return { name: this.#name, fields: columns.map((column) => column.pack(packer)) };
  }
}

function contextColumns({ context }: EventClass): FieldColumn[] {
  return context === null ? [] : columnsOf(context, "context.");
}

/** An event's class does not say what its stream's context is: the first event shows it. */
function guessedStruct(values: FieldValues): StructClass {
  const members = Object.entries(values).map(([name, value]) => ({
    name,
    class: guessedClass(value),
  }));
  return { kind: "struct", alignment: 1, members };
}

function guessedClass(value: FieldValue): FieldClass {
  if (typeof value === "number" || typeof value === "bigint") {
    return { kind: "float", size: 64, alignment: 8, byteOrder: "le" };
  }
  const isStruct = typeof value === "object" && !Array.isArray(value) &&
    !(value instanceof EnumValue);
  return isStruct ? guessedStruct(value as FieldValues) : { kind: "string", encoding: "utf8" };
}
