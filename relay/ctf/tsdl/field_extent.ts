import type { FieldClass, Member, StructClass } from "./field_class.ts";

/** Bits at whose multiples a field begins. */
export function alignmentOf(field: FieldClass): number {
  switch (field.kind) {
    case "integer":
    case "float":
    case "struct":
      return field.alignment;
    case "enumeration":
      return field.container.alignment;
    case "string":
      return 8;
    case "array":
    case "sequence":
      return alignmentOf(field.element);
    case "variant":
      return 1;
  }
}

/** Bits of a field that begins where it may, `null` if that depends on what was recorded. */
export function fixedBits(field: FieldClass): number | null {
  switch (field.kind) {
    case "integer":
    case "float":
      return field.size;
    case "enumeration":
      return field.container.size;
    case "struct":
      return structSize(field);
    case "array": {
      const size = fixedBits(field.element);
      if (size === null || field.length === 0) return size === null ? null : 0;
      return (field.length - 1) * aligned(size, alignmentOf(field.element)) + size;
    }
    default:
      return null;
  }
}

function structSize({ members }: StructClass): number | null {
  let sum = 0;
  for (const { class: field } of members) {
    const size = fixedBits(field);
    if (size === null) return null;
    sum = aligned(sum, alignmentOf(field)) + size;
  }
  return sum;
}

/** Bits that a field has at least. */
export function leastSize(field: FieldClass): number {
  switch (field.kind) {
    case "string":
      return 8;
    case "struct":
      return field.members.reduce((sum, one) => sum + leastSize(one.class), 0);
    case "array":
      return field.length * leastSize(field.element);
    case "sequence":
      return 0;
    case "variant":
      return Math.min(...field.options.map((one: Member) => leastSize(one.class)));
    default:
      return fixedBits(field)!;
  }
}

/** Whether everything in it begins and ends at bytes. */
export function isBytewise(field: FieldClass): boolean {
  switch (field.kind) {
    case "integer":
    case "float":
      return field.size % 8 === 0 && field.alignment % 8 === 0;
    case "enumeration":
      return isBytewise(field.container);
    case "string":
      return true;
    case "struct":
      return field.members.every((one) => isBytewise(one.class));
    case "array":
    case "sequence":
      return isBytewise(field.element);
    case "variant":
      return field.options.every((one) => isBytewise(one.class));
  }
}

/** The next multiple. */
export function aligned(bits: number, alignment: number): number {
  return Math.ceil(bits / alignment) * alignment;
}
