import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StateSet } from "./state_set.ts";

const place = fc.oneof(fc.nat(3), fc.nat(2 ** 18 - 1));
const agreement = fc.oneof(fc.nat(3), fc.nat(2 ** 17 - 1));

Deno.test("StateSet.add() tells new states from those that are there, as a Set of text does", () => {
  const states = fc.array(fc.tuple(place, place, agreement), { maxLength: 300 });
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
  const isNew = (i: number): boolean => set.add(i % 100, Math.floor(i / 100), i % 7);
  for (let i = 0; i < 20_000; i++) assertEquals(isNew(i), true, `state ${i} is new`);
  for (let i = 0; i < 20_000; i++) assertEquals(isNew(i), false, `state ${i} is there`);
});

for (const [writer, reader, agreement] of [[2 ** 18, 0, 0], [0, 2 ** 18, 0], [0, 0, 2 ** 17]]) {
  const state = `${writer},${reader},${agreement}`;
  Deno.test(`StateSet.add() throws a RangeError for ${state}`, () => {
    const add = () => new StateSet().add(writer, reader, agreement);
    assertThrows(add, RangeError, `Cannot add ${state}: too large`);
  });
}
