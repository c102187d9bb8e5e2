import { PAGE_SIZE } from "@ltt/relay/hw";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { eventBytes, joined } from "./bytes.ts";
import { allLost, commitCounts, deliveredCounts, MODES, readAll, TestRing } from "./support.ts";

for (const mode of MODES) {
  Deno.test(`RingWriter.commit() takes nested slots in every order, in ${mode} mode`, () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 4 });
    const nests = sizes.chain((list) =>
      fc.record({
        list: fc.constant(list),
        order: fc.shuffledSubarray([...list.keys()], { minLength: list.length }),
      })
    );
    fc.assert(fc.property(fc.array(nests, { maxLength: 12 }), (script) => {
      using test = new TestRing({ nSubbufs: 16, headerSize: 20, mode });
      const { writer } = test;
      const expected: Uint8Array[] = [];
      let number = 0;
      for (const { list, order } of script) {
        const slots = list.map((size) => {
          const address = writer.reserve(size);
          if (address < 0) return null;
          number++;
          test.fill(address, size, number);
          expected.push(eventBytes(size, number));
          return writer.openSlot();
        });
        for (const i of order) if (slots[i] !== null) writer.commit(slots[i]);
      }
      writer.flush("final");
      const read = readAll(test.reader()).map(({ data }) => data.slice(20));
      assertEquals(joined(...read), joined(...expected));
      assertEquals(allLost(writer.lost), {});
    }));
  });
}

Deno.test("RingWriter.commit() takes the slot reserved last of those open", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(100);
  writer.reserve(30);
  writer.commit();
  assertEquals(commitCounts(test.memory)[0], 30);
  writer.commit();
  assertEquals(commitCounts(test.memory)[0], 130);
});

Deno.test("RingWriter.commit() takes padding before the slot with it", () => {
  using test = new TestRing({ headerSize: 1 });
  const { writer } = test;
  writer.reserve(8, 8);
  writer.reserve(8, 32);
  assertEquals(commitCounts(test.memory)[0], 1);
  writer.commit();
  assertEquals(commitCounts(test.memory)[0], 25);
  writer.commit();
  assertEquals(commitCounts(test.memory)[0], 40);
});

Deno.test("RingWriter.commit() throws a TypeError when no slot is open", () => {
  using test = new TestRing();
  const { writer } = test;
  assertThrows(() => writer.commit(), TypeError, "Cannot commit a slot: it is not open");
  test.event(8);
  assertThrows(() => writer.commit(), TypeError, "it is not open");
  assert(test.event(8) >= 0);
});

Deno.test("RingWriter.commit() throws a TypeError for a slot that is not open", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(8);
  const first = writer.openSlot();
  writer.reserve(8);
  writer.commit(first);
  assertThrows(() => writer.commit(first), TypeError, `slot ${first}`);
  writer.commit();
  assertThrows(() => writer.commit(first), TypeError, `slot ${first}`);
});

Deno.test("RingWriter.commit() keeps the one open slot when another one was named", () => {
  using test = new TestRing();
  const { writer } = test;
  test.fill(writer.reserve(8), 8, 1);
  assertThrows(() => writer.commit(4), TypeError, "slot 4");
  writer.commit(writer.openSlot());
  test.event(8, 2);
  writer.flush("final");
  const [{ data }] = readAll(test.reader());
  assertEquals(data, joined(eventBytes(8, 1), eventBytes(8, 2)));
});

Deno.test("RingWriter.openSlot() names the slot reserved last of those open", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(8);
  const first = writer.openSlot();
  writer.reserve(8);
  const second = writer.openSlot();
  assert(first !== second);
  writer.commit(second);
  assertEquals(writer.openSlot(), first);
  writer.commit(first);
  assertThrows(() => writer.openSlot(), TypeError, "none is open");
});

Deno.test("RingWriter.commit() delivers a filled sub-buffer at the last of its slots", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(PAGE_SIZE - 8);
  const outer = writer.openSlot();
  writer.reserve(8);
  writer.commit();
  assertEquals(deliveredCounts(test.memory), [0, 0]);
  writer.commit(outer);
  assertEquals(deliveredCounts(test.memory), [PAGE_SIZE, 0]);
});
