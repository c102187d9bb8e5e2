/*
 * What has to be recorded for an argument, by the platform's own typed arrays, encoder and String.
 */
import type { EnumerationType, FieldLike, FieldType, IntegerType } from "@ltt/relay/ctf";
import type { Decoded } from "./decode.ts";

const ARRAYS = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
} as const;

/** What an argument is recorded as, read back. Throws what the platform throws for it. */
export function stored(type: FieldType, value: unknown): Decoded {
  switch (type.kind) {
    case "integer":
      return storedInteger(type, value);
    case "float": {
      const array = type.size === 32 ? new Float32Array(1) : new Float64Array(1);
      array[0] = value as number;
      return array[0];
    }
    case "enumeration":
      return storedEnumeration(type, value);
    case "string":
      return String(value).replaceAll("\0", "\ufffd").toWellFormed();
    case "struct":
      return storedFields(type.fields, value as Record<string, unknown>);
    case "array":
      return Array.from(
        { length: type.length },
        (_, i) => stored(type.element, (value as ArrayLike<unknown>)[i]),
      );
    case "sequence":
      return Array.from(value as ArrayLike<unknown>, (one) => stored(type.element, one));
  }
}

/** What arguments by name are recorded as. */
export function storedFields(
  fields: readonly FieldLike[],
  values: Readonly<Record<string, unknown>>,
): Record<string, Decoded> {
  return Object.fromEntries(fields.map(({ name, type }) => [name, stored(type, values[name])]));
}

function storedInteger({ size, signed }: IntegerType, value: unknown): number | bigint {
  if (size !== 64) {
    const array = new ARRAYS[`${signed ? "i" : "u"}${size}`](1);
    array[0] = value as number;
    return array[0];
  }
  const array = signed ? new BigInt64Array(1) : new BigUint64Array(1);
  if (typeof value === "bigint") array[0] = value;
  else {
    // As a typed array takes a number: cut to an integer, modulo what it has room for.
    const number = Number(value);
    array[0] = Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
  }
  return array[0];
}

function storedEnumeration(
  { container, labels, boolean }: EnumerationType,
  value: unknown,
): number | bigint {
  if (boolean) return value ? 1 : 0;
  return storedInteger(container, typeof value === "string" ? labels.get(value) : value);
}
