import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StateSet } from "./state_set.ts";

const writer = fc.oneof(fc.nat(3), fc.nat(2 ** 16));
const number = fc.oneof(fc.nat(3), fc.nat(2 ** 26 - 1));

Deno.test("StateSet.add() tells new states from those that are there, as a Set of text does", () => {
  const states = fc.array(fc.tuple(writer, number, number), { maxLength: 300 });
  fc.assert(fc.property(states, (list) => {
    const set = new StateSet();
    const texts = new Set<string>();
    for (const state of list) {
      assertEquals(set.add(...state), !texts.has(`${state}`), `${state}`);
      texts.add(`${state}`);
    }
  }));
});

Deno.test("StateSet.add() keeps all states when there come to be more than it has slots", () => {
  const set = new StateSet();
  const isNew = (i: number): boolean => set.add(i % 3, Math.floor(i / 100), i % 100);
  for (let i = 0; i < 20_000; i++) assertEquals(isNew(i), true, `state ${i} is new`);
  for (let i = 0; i < 20_000; i++) assertEquals(isNew(i), false, `state ${i} is there`);
});

for (const [reader, agreement] of [[2 ** 26, 0], [0, 2 ** 26]]) {
  const state = `0,${reader},${agreement}`;
  Deno.test(`StateSet.add() throws a RangeError for ${state}`, () => {
    const add = () => new StateSet().add(0, reader, agreement);
    assertThrows(add, RangeError, `Cannot add ${state}: too large`);
  });
}
