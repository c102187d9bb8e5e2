import type { EventClass, StructClass, TraceEvent } from "../../ctf/mod.ts";
import { columnsOf, type FieldColumn } from "./field_column.ts";
import type { Packer } from "./pack.ts";
import type { PackedClass } from "./picture_format.ts";

/** What the events of a class have recorded, field by field. */
export class ClassColumns {
  readonly #name: string;
  readonly #streamContext: readonly FieldColumn[];
  readonly #context: readonly FieldColumn[];
  readonly #fields: readonly FieldColumn[];

  /** Columns for the fields of a class, and for those that all events of its stream have. */
  constructor({ name, context, fields }: EventClass, streamContext: StructClass | null) {
    this.#name = name;
    this.#streamContext = contextColumns(streamContext);
    this.#context = contextColumns(context);
    this.#fields = columnsOf(fields);
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

function contextColumns(context: StructClass | null): FieldColumn[] {
  return context === null ? [] : columnsOf(context, "context.");
}
