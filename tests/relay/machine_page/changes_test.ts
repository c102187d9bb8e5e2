import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { apply, differences, type Json } from "../../../relay/machine_page/mod.ts";

Deno.test("differences() names what has changed, what is new and what is gone", () => {
  const before = { a: { b: 1, c: 2 }, list: [1, 2], gone: true };
  const after = { a: { b: 1, c: 3 }, list: [1, 5], made: { x: 1 } };
  assertEquals(differences(before, after), [
    { path: ["gone"] },
    { path: ["a", "c"], value: 3 },
    { path: ["list", "1"], value: 5 },
    { path: ["made"], value: { x: 1 } },
  ]);
});

Deno.test("differences() takes an array of another length whole", () => {
  assertEquals(differences({ list: [1] }, { list: [1, 2] }), [{ path: ["list"], value: [1, 2] }]);
});

Deno.test("apply() shares what the changes do not touch", () => {
  const before = { a: { b: 1 }, c: { d: 2 } };
  const after = apply(before, [{ path: ["a", "b"], value: 5 }]) as typeof before;
  assertEquals(after, { a: { b: 5 }, c: { d: 2 } });
  assertStrictEquals(after.c, before.c);
  assertEquals(before.a.b, 1);
});

Deno.test("apply() of the differences() of any two states is the second", () => {
  const state = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")),
    ),
  })).value as fc.Arbitrary<Json>;
  fc.assert(fc.property(state, state, (before, after) => {
    const copy = (value: Json): Json => JSON.parse(JSON.stringify(value));
    const changes = JSON.parse(JSON.stringify(differences(copy(before), copy(after))));
    assertEquals(apply(copy(before), changes), copy(after));
  }));
});
