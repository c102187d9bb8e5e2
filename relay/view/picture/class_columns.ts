import type { EventClass, StructClass, TraceEvent } from "../../ctf/mod.ts";
import type { EventOrigin } from "../origins.ts";
import type { Scope } from "../value_source.ts";
import { columnsOf, type FieldColumn } from "./field_column.ts";
import type { Packer } from "./pack.ts";
import type { PackedClass } from "./picture_format.ts";

/** Fields that all events of a stream have. */
export type StreamFields = Pick<EventOrigin, "packetContext" | "streamContext">;

/** What the events of a class have recorded, field by field. */
export class ClassColumns {
  readonly #name: string;
  readonly #scopes: readonly (readonly [Scope, readonly FieldColumn[]])[];

  /** Columns for the fields of a class, and for those that all events of its stream have. */
  constructor({ name, context, fields }: EventClass, stream: StreamFields) {
    this.#name = name;
    const scopes = { fields, context, ...stream, packetContext: withoutCpu(stream.packetContext) };
    this.#scopes = Object.entries(scopes).map(([scope, one]) =>
      [scope as Scope, one === null ? [] : columnsOf(scope as Scope, one)] as const
    );
  }

  /** Adds an event. */
  push(event: TraceEvent): void {
    for (const [scope, columns] of this.#scopes) {
      const values = event[scope];
      if (values !== null) { for (const column of columns) column.push(values); }
    }
  }

  /** All of them, at the end. */
  pack(packer: Packer): PackedClass {
    const columns = this.#scopes.flatMap(([, columns]) => columns);
    return { name: this.#name, fields: columns.map((column) => column.pack(packer)) };
  }
}

/** Not the CPU, which is told of each event anyhow. */
function withoutCpu(context: StructClass | null): StructClass | null {
  if (context === null) return null;
  return { ...context, members: context.members.filter(({ name }) => name !== "cpu_id") };
}
