import { assertFields } from "./field_rules.ts";
import type {
  ArgumentOf,
  ElementType,
  Field,
  FieldLike,
  FieldType,
  IntegerType,
  ObjectOf,
} from "./field_types.ts";

/** Longest name of a field, in characters. */
const MAX_NAME = 200;
/** Elements a fixed array can have. */
const MAX_LENGTH = 65_536;

function field<Name extends string, Argument>(name: Name, type: FieldType): Field<Name, Argument> {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > MAX_NAME) {
    throw new TypeError(`Cannot make field "${name}": its name is no C identifier`);
  }
  return { name, type };
}

function integer(size: IntegerType["size"], signed: boolean): IntegerType {
  return { kind: "integer", size, signed, base: 10 };
}

/** An unsigned integer of 8 bits. A number outside 0 to 255 is taken modulo 256, as in a `Uint8Array`. */
export function u8<Name extends string>(name: Name): Field<Name, number> {
  return field(name, integer(8, false));
}

/** An unsigned integer of 16 bits, converted as in a `Uint16Array`. */
export function u16<Name extends string>(name: Name): Field<Name, number> {
  return field(name, integer(16, false));
}

/** An unsigned integer of 32 bits, converted as in a `Uint32Array`. */
export function u32<Name extends string>(name: Name): Field<Name, number> {
  return field(name, integer(32, false));
}

/**
 * An unsigned integer of 64 bits: a bigint, converted as in a `BigUint64Array`, or a number, cut to
 * an integer and taken modulo 2^64. A number is cheaper, and exact up to 2^53.
 */
export function u64<Name extends string>(name: Name): Field<Name, number | bigint> {
  return field(name, integer(64, false));
}

/** A signed integer of 8 bits, converted as in an `Int8Array`. */
export function i8<Name extends string>(name: Name): Field<Name, number> {
  return field(name, integer(8, true));
}

/** A signed integer of 16 bits, converted as in an `Int16Array`. */
export function i16<Name extends string>(name: Name): Field<Name, number> {
  return field(name, integer(16, true));
}

/** A signed integer of 32 bits, converted as in an `Int32Array`. */
export function i32<Name extends string>(name: Name): Field<Name, number> {
  return field(name, integer(32, true));
}

/** A signed integer of 64 bits: a bigint, converted as in a `BigInt64Array`, or a number as in {@linkcode u64}. */
export function i64<Name extends string>(name: Name): Field<Name, number | bigint> {
  return field(name, integer(64, true));
}

/** A floating-point number of 32 bits: the one nearest to the number given. */
export function f32<Name extends string>(name: Name): Field<Name, number> {
  return field(name, { kind: "float", size: 32 });
}

/** A floating-point number of 64 bits: any number as it is. */
export function f64<Name extends string>(name: Name): Field<Name, number> {
  return field(name, { kind: "float", size: 64 });
}

/** Whether something is truthy: an enumeration of the labels "false" and "true", in a byte. */
export function bool<Name extends string>(name: Name): Field<Name, boolean> {
  const labels = new Map([["false", 0], ["true", 1]]);
  return field(name, { kind: "enumeration", container: integer(8, false), labels, boolean: true });
}

/**
 * Text of any length, in UTF-8. CTF ends text with a zero byte, so a U+0000 in it is written as
 * U+FFFD, as are halves of surrogate pairs.
 */
export function string<Name extends string>(name: Name): Field<Name, string> {
  return field(name, { kind: "string" });
}

/**
 * An integer whose values have labels; given as a label, or as a value that may have none.
 * `container` is one of {@linkcode u8} to {@linkcode i64}. A `RangeError` for a value that does not
 * fit; when an event is recorded, for a label that does not exist.
 *
 * @example A connection's state
 * ```ts
 * import { enumeration, u8 } from "@ltt/relay/ctf";
 *
 * const state = enumeration("state", u8, { idle: 0, reading: 1, writing: 2 });
 * ```
 */
export function enumeration<
  Name extends string,
  const Labels extends Readonly<Record<string, number | bigint>>,
>(
  name: Name,
  container: (name: Name) => Field<Name, number> | Field<Name, number | bigint>,
  labels: Labels,
): Field<Name, (keyof Labels & string) | number | bigint> {
  const { type } = container(name);
  if (type.kind !== "integer") {
    throw new TypeError(`Cannot make enumeration "${name}": its container is no integer`);
  }
  const entries = Object.entries(labels);
  if (entries.length === 0) throw new RangeError(`Cannot make enumeration "${name}": no labels`);
  for (const [label, value] of entries) {
    const isExact = typeof value === "bigint" || Number.isSafeInteger(value);
    if (!isExact || asInteger(type, BigInt(value)) !== BigInt(value)) {
      const what = `${type.signed ? "signed" : "unsigned"} integer of ${type.size} bits`;
      throw new RangeError(`Cannot make enumeration "${name}": ${label} is ${value}, no ${what}`);
    }
  }
  // What a container of up to 32 bits takes is a number.
  const map = new Map(
    entries.map(([label, value]) => [label, type.size === 64 ? value : Number(value)]),
  );
  return field(name, { kind: "enumeration", container: type, labels: map, boolean: false });
}

/**
 * An array of always as many elements; given as any array-like. Elements that are not given are
 * written as if `undefined` were given, more than fit are left out.
 */
export function array<F extends FieldLike>(
  element: F,
  length: number,
): Field<F["name"], ArrayLike<ArgumentOf<F>>> {
  if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH) {
    const allowed = `an integer from 1 to ${MAX_LENGTH}`;
    throw new RangeError(`Cannot make array "${element.name}" of ${length}: not ${allowed}`);
  }
  return field(element.name, { kind: "array", element: elementType(element), length });
}

/** An array of as many elements as are given, in any array-like; their number is written before them. */
export function sequence<F extends FieldLike>(
  element: F,
): Field<F["name"], ArrayLike<ArgumentOf<F>>> {
  return field(element.name, { kind: "sequence", element: elementType(element) });
}

/** Fields in one, given as an object with a property for each. */
export function struct<Name extends string, const Fields extends readonly FieldLike[]>(
  name: Name,
  ...fields: Fields
): Field<Name, ObjectOf<Fields>> {
  assertFields(`struct "${name}"`, fields);
  if (fields.length === 0) throw new TypeError(`Cannot make struct "${name}": it has no fields`);
  return field(name, { kind: "struct", fields });
}

/** The same field, its integers shown in base 16. A `TypeError` for one without integers of its own. */
export function hex<F extends FieldLike>(of: F): F {
  const type = shownInHex(of.type);
  if (type === null) throw new TypeError(`Cannot show "${of.name}" in base 16: it is no integer`);
  return { ...of, type };
}

function shownInHex(type: FieldType): FieldType | null {
  if (type.kind === "integer") return { ...type, base: 16 };
  if (type.kind !== "array" && type.kind !== "sequence") return null;
  const element = shownInHex(type.element);
  return element === null ? null : { ...type, element: element as ElementType };
}

function elementType({ name, type }: FieldLike): ElementType {
  if (type.kind === "array" || type.kind === "sequence") {
    throw new TypeError(`Cannot make an array of array "${name}": put that in a struct`);
  }
  return type;
}

/** What a typed array of that type would store for a value. */
function asInteger({ size, signed }: IntegerType, value: bigint): bigint {
  return signed ? BigInt.asIntN(size, value) : BigInt.asUintN(size, value);
}
