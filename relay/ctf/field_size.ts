import type { FieldLike, FieldType } from "./field_types.ts";

/** Bytes of the fields, and parts of fields, that are as long in every event: no text, no arrays. */
export function fixedSize(fields: readonly FieldLike[]): number {
  return fields.reduce((sum, { type }) => sum + sizeOf(type), 0);
}

function sizeOf(type: FieldType): number {
  switch (type.kind) {
    case "integer":
    case "float":
      return type.size / 8;
    case "enumeration":
      return type.container.size / 8;
    case "struct":
      return fixedSize(type.fields);
    default:
      return 0;
  }
}
