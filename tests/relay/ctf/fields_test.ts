import {
  array,
  bool,
  enumeration,
  f32,
  f64,
  type FieldLike,
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
import { assertEquals, assertThrows } from "@std/assert";
import { assertFields } from "../../../relay/ctf/field_rules.ts";
import { fixedSize } from "../../../relay/ctf/field_size.ts";

for (
  const name of ["", "1a", "a-b", "a b", "ä", "a\n", "a.b", "a;b", "a".repeat(201), "a[0]", "a\0"]
) {
  Deno.test(`fields refuse the name ${JSON.stringify(name.slice(0, 20))}`, () => {
    const message = `Cannot make field "${name}": its name is no C identifier`;
    const makers: ((name: string) => FieldLike)[] = [u8, u64, i8, f32, f64, bool, string];
    makers.push((name) => enumeration(name, u8, { a: 1 }), (name) => struct(name, u8("x")));
    for (const make of makers) assertThrows(() => make(name), TypeError, message);
  });
}

Deno.test("fields take any C identifier of up to 200 characters", () => {
  for (const name of ["_", "A", "z9_", "event", "__proto__", "a".repeat(200)]) {
    assertEquals(u8(name), { name, type: { kind: "integer", size: 8, signed: false, base: 10 } });
  }
});

Deno.test("array() refuses lengths that are none", () => {
  for (const length of [0, -1, 1.5, NaN, Infinity, 65_537]) {
    const message = `Cannot make array "x" of ${length}: not an integer from 1 to 65536`;
    assertThrows(() => array(u8("x"), length), RangeError, message);
  }
  const { type } = array(u8("x"), 65_536);
  assertEquals(type.kind === "array" && type.length, 65_536);
});

Deno.test("array() and sequence() refuse elements that are arrays", () => {
  for (const element of [array(u8("x"), 2), sequence(u8("x"))]) {
    const message = 'Cannot make an array of array "x": put that in a struct';
    assertThrows(() => array(element, 2), TypeError, message);
    assertThrows(() => sequence(element), TypeError, message);
  }
});

Deno.test("struct() refuses to be empty, and two fields of one name", () => {
  assertThrows(() => struct("s"), TypeError, 'Cannot make struct "s": it has no fields');
  const message = 'Cannot make struct "s": it has two fields "a"';
  assertThrows(() => struct("s", u8("a"), string("a")), TypeError, message);
});

Deno.test("assertFields() knows that a sequence has its length beside it", () => {
  const message = 'Cannot make tracepoint "t": it has two fields "_a_length"';
  assertThrows(
    () => assertFields('tracepoint "t"', [sequence(u8("a")), u8("_a_length")]),
    TypeError,
    message,
  );
  assertThrows(
    () => assertFields('tracepoint "t"', [u8("_a_length"), sequence(u8("a"))]),
    TypeError,
    message,
  );
  assertFields("nothing", [u8("a_length"), sequence(u8("a")), u8("__a_length")]);
});

Deno.test("assertFields() refuses names that babeltrace2 takes for the same", () => {
  const message = (name: string): string =>
    `Cannot make t: readers of traces cannot tell fields "_${name}" and "${name}", in this order, apart`;
  const refused = [
    ["x", [u8("_x"), u8("x")]],
    ["_", [string("__"), u8("a"), string("_")]],
    ["a_length", [sequence(u8("a")), u8("a_length")]],
    ["_a_length", [u8("__a_length"), sequence(u8("a"))]],
  ] as const;
  for (const [name, fields] of refused) {
    assertThrows(() => assertFields("t", fields), TypeError, message(name));
    assertFields("the same in another order", fields.toReversed());
  }
});

Deno.test("enumeration() refuses to have no labels", () => {
  assertThrows(
    () => enumeration("e", u8, {}),
    RangeError,
    'Cannot make enumeration "e": no labels',
  );
});

Deno.test("enumeration() refuses a container that is no integer", () => {
  const message = 'Cannot make enumeration "e": its container is no integer';
  for (const container of [f32, bool, string]) {
    assertThrows(() => enumeration("e", container as never, { a: 1 }), TypeError, message);
  }
});

Deno.test("enumeration() refuses values its container has no place for", () => {
  const cases = [
    [u8, 256, "unsigned integer of 8 bits"],
    [u8, -1, "unsigned integer of 8 bits"],
    [i8, 128, "signed integer of 8 bits"],
    [i8, -129n, "signed integer of 8 bits"],
    [u16, 2 ** 16, "unsigned integer of 16 bits"],
    [i16, -(2 ** 15) - 1, "signed integer of 16 bits"],
    [u32, 2 ** 32, "unsigned integer of 32 bits"],
    [i32, 2 ** 31, "signed integer of 32 bits"],
    [u64, 2n ** 64n, "unsigned integer of 64 bits"],
    [u64, -1n, "unsigned integer of 64 bits"],
    [i64, 2n ** 63n, "signed integer of 64 bits"],
    [u64, 2 ** 53, "unsigned integer of 64 bits"],
    [i64, 1.5, "signed integer of 64 bits"],
    [i64, NaN, "signed integer of 64 bits"],
    [i64, "1", "signed integer of 64 bits"],
  ] as const;
  for (const [container, value, what] of cases) {
    const message = `Cannot make enumeration "e": bad is ${value}, no ${what}`;
    const labels = { good: 1, bad: value as number };
    assertThrows(() => enumeration("e", container as typeof u64, labels), RangeError, message);
  }
});

Deno.test("enumeration() takes the lowest and the highest value of its container", () => {
  for (const make of [u8, u16, u32, u64, i8, i16, i32, i64] as const) {
    const { type } = make("x");
    if (type.kind !== "integer") throw new TypeError("No integer");
    const bits = BigInt(type.size);
    const low = type.signed ? -(2n ** (bits - 1n)) : 0n;
    const high = low + 2n ** bits - 1n;
    const made = enumeration("e", make as typeof u64, { low, high }).type;
    const values = made.kind === "enumeration" ? [...made.labels.values()].map(BigInt) : [];
    assertEquals(values, [low, high], make.name);
  }
});

Deno.test("hex() shows integers and arrays of them in base 16, and refuses the rest", () => {
  const base = (field: FieldLike): unknown => {
    const { type } = field;
    const element = type.kind === "array" || type.kind === "sequence" ? type.element : type;
    return element.kind === "integer" && element.base;
  };
  for (const field of [u8("x"), i64("x"), array(u16("x"), 2), sequence(i8("x"))]) {
    assertEquals([base(field), base(hex(field))], [10, 16]);
  }
  const others = [f32("x"), string("x"), bool("x"), struct("x", u8("a")), array(string("x"), 2)];
  for (const field of [...others, enumeration("x", u8, { a: 1 })]) {
    assertThrows(() => hex(field), TypeError, 'Cannot show "x" in base 16: it is no integer');
  }
});

Deno.test("fixedSize() counts what is as long in every event", () => {
  const fields = [u8("a"), i16("b"), u32("c"), i64("d"), f32("e"), f64("f"), bool("g")];
  assertEquals(fixedSize(fields), 1 + 2 + 4 + 8 + 4 + 8 + 1);
  assertEquals(fixedSize([enumeration("a", u32, { x: 1 }), struct("s", u8("a"), string("b"))]), 5);
  assertEquals(fixedSize([string("a"), array(u8("b"), 4), sequence(u8("c"))]), 0);
});
