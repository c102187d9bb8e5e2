import fc from "fast-check";
import {
  array,
  bool,
  enumeration,
  f32,
  f64,
  type FieldLike,
  type FieldType,
  hex,
  i16,
  i32,
  i64,
  i8,
  sequence,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "@ltt/relay/ctf";

/** Numbers that integers of some size have trouble with. */
export const number: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0.5, -0.5, -1.5, 255.9, -128.9, 1e300, -1e300),
  fc.tuple(fc.constantFrom(1, -1), fc.integer({ min: 0, max: 70 }), fc.integer({ min: -2, max: 2 }))
    .map(([sign, power, off]) => sign * 2 ** power + off),
);

/** Integers around the limits of 64 bits, and far outside. */
export const bigint: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt(-(2n ** 65n), 2n ** 65n),
  fc.tuple(fc.constantFrom(1n, -1n), fc.integer({ min: 0, max: 70 }), fc.bigInt(-2n, 2n))
    .map(([sign, power, off]) => sign * 2n ** BigInt(power) + off),
);

/** A unit of UTF-16, of each kind there is. */
const unit: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("\0", "\x01", "\t", "\n", "\r", '"', "\\", "\x7f", "{", "}", ",", "=", "\ufeff"),
  fc.constantFrom("ä", "\x80", "\u07ff", "\u0800", "€", "\uffff", "😀", "\u{10ffff}"),
  fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
);

/** Text with any character and half, mostly short, some longer than what is encoded in place. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.array(unit, { maxLength: 20 }).map((units) => units.join("")) },
  { weight: 2, arbitrary: fc.stringMatching(/^[ -~]{0,40}$/) },
  { weight: 1, arbitrary: fc.constantFrom("", "a", "GET /index.html", "main", "\ufeffmain") },
  {
    weight: 1,
    arbitrary: fc.tuple(unit, fc.integer({ min: 90, max: 300 })).map(([one, n]) => one.repeat(n)),
  },
);

/** Words of TSDL, of JavaScript, and what readers do something about. */
const KEYWORDS = [
  "event",
  "struct",
  "enum",
  "integer",
  "string",
  "typealias",
  "variant",
  "stream",
  "trace",
  "env",
  "clock",
  "callsite",
  "const",
  "char",
  "double",
  "float",
  "floating_point",
  "int",
  "long",
  "short",
  "signed",
  "unsigned",
  "void",
  "typedef",
  "_Bool",
  "_Complex",
  "_Imaginary",
  "align",
  "id",
  "timestamp",
  "name",
  "fields",
  "value",
  "_",
  "__",
  "_x",
  "x_",
  "v",
  "_v",
  "__x_length",
  "length",
  "new",
  "this",
  "class",
  "arguments",
  "eval",
  "constructor",
  "toString",
  "at",
  "top",
  "scratch",
];

/** Name of a field. */
export const fieldName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...KEYWORDS),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/).filter((name) => name !== "__proto__"),
);

type IntegerField = (name: string) => FieldLike;
const INTEGERS: readonly IntegerField[] = [u8, u16, u32, u64, i8, i16, i32, i64];

/** An enumeration's container with labels that fit. */
const enumerationField: fc.Arbitrary<FieldLike> = fc.constantFrom(...INTEGERS).chain(
  (container) => {
    const { type } = container("x");
    if (type.kind !== "integer") throw new TypeError("No integer");
    const [low, high] = type.signed
      ? [-(2n ** BigInt(type.size - 1)), 2n ** BigInt(type.size - 1) - 1n]
      : [0n, 2n ** BigInt(type.size) - 1n];
    const value = fc.oneof(fc.bigInt(low, high), fc.constantFrom(low, high, 0n));
    const label = fc.stringMatching(/^[ -~äß€\n\t]{1,8}$/);
    return fc.tuple(
      fieldName,
      fc.dictionary(label, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    )
      // deno-lint-ignore no-explicit-any
      .map(([name, labels]) => enumeration(name, container as any, labels));
  },
);

const scalarField: fc.Arbitrary<FieldLike> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...INTEGERS), fieldName, fc.boolean())
      .map(([make, name, isHex]) => isHex ? hex(make(name)) : make(name)),
  },
  fc.tuple(fc.constantFrom<IntegerField>(f32, f64, bool), fieldName).map(([make, name]) =>
    make(name)
  ),
  { weight: 2, arbitrary: fieldName.map(string) },
  enumerationField,
);

/** Fields whose names can stand together. */
function distinct(fields: readonly FieldLike[]): FieldLike[] {
  const names = new Set<string>();
  return fields.filter(({ name, type }) => {
    const taken = type.kind === "sequence" ? [name, `_${name}_length`] : [name];
    if (taken.some((one) => names.has(one) || names.has(`_${one}`))) return false;
    for (const one of taken) names.add(one);
    return true;
  });
}

function fieldOf(depth: number): fc.Arbitrary<FieldLike> {
  if (depth === 0) return scalarField;
  const inner = fieldOf(depth - 1);
  const element = inner.filter(({ type }) => type.kind !== "array" && type.kind !== "sequence");
  return fc.oneof(
    { weight: 4, arbitrary: scalarField },
    fc.tuple(element, fc.integer({ min: 1, max: 4 })).map(([one, length]) => array(one, length)),
    element.map(sequence),
    fc.tuple(fieldName, fc.array(inner, { minLength: 1, maxLength: 3 }))
      .map(([name, fields]) => struct(name, ...distinct(fields))),
  );
}

/** Fields of a tracepoint. */
export const fields: fc.Arbitrary<FieldLike[]> = fc.array(fieldOf(3), { maxLength: 6 }).map(
  distinct,
);

/** An argument for a field. */
export function argument(type: FieldType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "integer":
      return type.size === 64 ? fc.oneof(number, bigint) : number;
    case "float":
      return number;
    case "enumeration": {
      if (type.boolean) return fc.constantFrom<unknown>(true, false, 0, "", "x", null);
      const labels = fc.constantFrom(...type.labels.keys());
      return type.container.size === 64
        ? fc.oneof(labels, number, bigint)
        : fc.oneof(labels, number);
    }
    case "string":
      return fc.oneof(
        { weight: 8, arbitrary: text },
        fc.constantFrom<unknown>(undefined, null, 1.5, 7n),
      );
    case "struct":
      return argumentsOf(type.fields);
    case "array": {
      // A struct that is not given throws, so there must be enough of them.
      const minLength = type.element.kind === "struct" ? type.length : 0;
      return fc.array(argument(type.element), { minLength, maxLength: type.length + 1 });
    }
    case "sequence":
      return fc.array(argument(type.element), { maxLength: 5 });
  }
}

/** Arguments for fields, by name. */
export function argumentsOf(
  fields: readonly FieldLike[],
): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, argument(type)])));
}
