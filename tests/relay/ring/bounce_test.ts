import { PAGE_SIZE } from "@ltt/relay/hw";
import { LOST_BIG, LOST_NESTED } from "@ltt/relay/ring";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { runAt } from "../../../relay/ring/bounce.ts";
import { BOUNCE, NO_PAGE } from "../../../relay/ring/control.ts";
import { describedEvent, describedEvents, eventBytes, joined } from "./bytes.ts";
import { dataOf, NOTHING_LOST, readAll, type RingSetup, TestRing } from "./support.ts";

const SUBBUF_SIZE = 4 * PAGE_SIZE;

/** Frames of which no two are adjacent, and a block for the assembly of slots. */
const SCATTERED: RingSetup = {
  subbufSize: SUBBUF_SIZE,
  freeRuns: [...Array<number>(20).fill(1), 4],
};

/** The same for a ring whose sub-buffers have so many runs that one record does not hold them. */
const MANY_RUNS: RingSetup = {
  subbufSize: 32 * PAGE_SIZE,
  freeRuns: [...Array<number>(72).fill(1), 32],
};

Deno.test("RingMemory knows the runs of a sub-buffer whose frames are not adjacent", () => {
  using test = new TestRing(SCATTERED);
  for (const runs of test.memory.runs) {
    assertEquals(runs.map(({ end }) => end / PAGE_SIZE), [1, 2, 3, 4]);
    const pages = runs.map(({ base, end }) => (base + end) / PAGE_SIZE - 1);
    assertEquals(new Set(pages).size, 4);
  }
  assertEquals(test.memory.runs.map(([{ base }], i) => base === test.memory.subbufAddress(i)), [
    true,
    true,
  ]);
});

Deno.test("RingMemory finds the pages of a buffer in its runs", () => {
  using test = new TestRing(MANY_RUNS);
  const { buffer } = test.ring;
  const pages = test.memory.runs.flatMap((runs) =>
    runs.map(({ base, end }) => base + end - PAGE_SIZE)
  );
  assertEquals(pages, buffer.pages.map(({ address }) => address));
});

Deno.test("runAt() tells the run that holds a byte", () => {
  const runs = [{ end: 10, base: 0 }, { end: 11, base: 0 }, { end: 20, base: 0 }];
  assertEquals([0, 9, 10, 11, 19].map((at) => runAt(runs, at)), [0, 0, 1, 2, 2]);
});

Deno.test("A ring with one run for each sub-buffer takes no block for the assembly of slots", () => {
  using test = new TestRing({ subbufSize: SUBBUF_SIZE });
  assertEquals(test.memory.runs.map(({ length }) => length), [1, 1]);
  assertEquals(test.control[BOUNCE], NO_PAGE);
});

for (const [what, setup] of [["four", SCATTERED], ["32", MANY_RUNS]] as const) {
  Deno.test(`RingWriter.commit() puts a slot across ${what} runs where it belongs`, () => {
    using test = new TestRing({ ...setup, headerSize: 100 });
    const size = setup.subbufSize! - 100;
    assert(test.event(size, 7) >= 0);
    assertEquals(dataOf(test.reader().getNextSubbuf()!, 100), eventBytes(size, 7));
  });
}

Deno.test("RingWriter.commit() puts slots across the border of two runs where they belong", () => {
  using test = new TestRing(SCATTERED);
  const sizes = [4090, 10, 4088, 1, 30, PAGE_SIZE + 3, 2000];
  for (const [i, size] of sizes.entries()) assert(test.event(size, i) >= 0, `event ${i}`);
  test.writer.flush("final");
  const [{ data }] = readAll(test.reader());
  assertEquals(data, joined(...sizes.map((size, i) => eventBytes(size, i))));
});

Deno.test("RingWriter.reserve() gives slots that end or begin with a run their own place", () => {
  using test = new TestRing(SCATTERED);
  const [first, second] = test.memory.runs[0];
  assertEquals(test.event(96), first.base);
  assertEquals(test.event(4000), first.base + 96);
  assertEquals(test.event(PAGE_SIZE), second.base + PAGE_SIZE);
});

Deno.test("RingWriter.commit() puts a nested slot across two runs where it belongs", () => {
  for (const first of [0, 1]) {
    using test = new TestRing(SCATTERED);
    const { writer } = test;
    test.fill(writer.reserve(4000), 4000, 1);
    const slots = [writer.openSlot()];
    const address = writer.reserve(200);
    slots.push(writer.openSlot());
    test.fill(address, 200, 2);
    test.fill(writer.reserve(300), 300, 3);
    writer.commit();
    writer.commit(slots[first]);
    writer.commit(slots[1 - first]);
    writer.flush("final");
    const [{ data }] = readAll(test.reader());
    assertEquals(data, joined(eventBytes(4000, 1), eventBytes(200, 2), eventBytes(300, 3)));
  }
});

Deno.test("RingWriter.commit() of a nested slot leaves the one across two runs to be filled", () => {
  using test = new TestRing(SCATTERED);
  const { writer } = test;
  const address = writer.reserve(5000);
  test.event(100, 2);
  test.fill(address, 5000, 1);
  writer.commit();
  writer.flush("final");
  assertEquals(readAll(test.reader())[0].data, joined(eventBytes(5000, 1), eventBytes(100, 2)));
});

Deno.test("RingWriter.reserve() refuses a second slot across two runs as nested", () => {
  using test = new TestRing(SCATTERED);
  const { writer } = test;
  test.fill(writer.reserve(5000), 5000, 1);
  assertEquals(writer.reserve(5000), LOST_NESTED);
  assertEquals(writer.lost, { ...NOTHING_LOST, nested: 1 });
  test.event(100, 2);
  writer.commit();
  assert(test.event(5000, 3) >= 0, "after the commit");
  writer.flush("final");
  const [{ data }] = readAll(test.reader());
  assertEquals(data, joined(eventBytes(5000, 1), eventBytes(100, 2), eventBytes(5000, 3)));
});

Deno.test("RingWriter.reserve() stays in its run when it refuses a slot of a later one", () => {
  using test = new TestRing(SCATTERED);
  const { writer } = test;
  test.fill(writer.reserve(5000), 5000, 1);
  // It would begin with the third run.
  assertEquals(writer.reserve(5000, PAGE_SIZE), LOST_NESTED);
  writer.commit();
  const [, second] = test.memory.runs[0];
  assertEquals(test.event(100, 2), second.base + 5000);
  test.writer.flush("final");
  const [{ data }] = readAll(test.reader());
  assertEquals(data, joined(eventBytes(5000, 1), eventBytes(100, 2)));
});

Deno.test("RingWriter.reserve() stays in the sub-buffer it has entered when it refuses a slot", () => {
  using test = new TestRing(SCATTERED);
  const { writer } = test;
  test.event(PAGE_SIZE, 0);
  test.fill(writer.reserve(5000), 5000, 1);
  assertEquals(writer.reserve(3 * PAGE_SIZE), LOST_NESTED);
  assertEquals(test.event(100, 2), test.memory.subbufAddress(1));
  writer.commit();
  writer.flush("final");
  assertEquals(readAll(test.reader()).map(({ data }) => data), [
    joined(eventBytes(PAGE_SIZE, 0), eventBytes(5000, 1)),
    eventBytes(100, 2),
  ]);
});

Deno.test("RingWriter.takeOver() frees the area that a slot was being assembled in", () => {
  using test = new TestRing(SCATTERED);
  const { writer } = test;
  test.event(100, 1);
  writer.reserve(5000);
  writer.takeOver();
  assert(test.event(5000, 2) >= 0);
  writer.flush("final");
  assertEquals(writer.lost, { ...NOTHING_LOST, torn: 1 });
  assertEquals(readAll(test.reader()).map(({ data }) => data), [
    eventBytes(100, 1),
    eventBytes(5000, 2),
  ]);
});

Deno.test("RingWriter.reserve() takes what fills a sub-buffer of several runs, and refuses what is longer", () => {
  using test = new TestRing(SCATTERED);
  assertEquals(test.writer.reserve(SUBBUF_SIZE + 1), LOST_BIG);
  assert(test.event(SUBBUF_SIZE, 1) >= 0);
});

Deno.test("Subbuf.views() gives a view for each run, and what is asked for", () => {
  using test = new TestRing(SCATTERED);
  test.event(2 * PAGE_SIZE + 10, 1);
  test.writer.flush("final");
  const subbuf = test.reader().getNextSubbuf()!;
  const lengths = (length?: number) => subbuf.views(length).map((view) => view.length);
  assertEquals(lengths(), [PAGE_SIZE, PAGE_SIZE, 10]);
  assertEquals(lengths(subbuf.paddedSize), [PAGE_SIZE, PAGE_SIZE, PAGE_SIZE]);
  assertEquals(lengths(PAGE_SIZE), [PAGE_SIZE]);
  assertEquals(lengths(0), []);
});

Deno.test("RingWriter exchanges sub-buffers of several runs for the reader's", () => {
  using test = new TestRing({
    ...SCATTERED,
    mode: "overwrite",
    freeRuns: [...Array<number>(24).fill(1), 4],
  });
  const reader = test.reader();
  test.event(SUBBUF_SIZE, 1);
  const subbuf = reader.getNextSubbuf()!;
  for (const number of [2, 3, 4]) test.event(SUBBUF_SIZE, number);
  assertEquals(dataOf(subbuf), eventBytes(SUBBUF_SIZE, 1));
  reader.putNextSubbuf();
  assertEquals(readAll(reader).map(({ data }) => data), [
    eventBytes(SUBBUF_SIZE, 3),
    eventBytes(SUBBUF_SIZE, 4),
  ]);
});

Deno.test("RingWriter keeps the bytes of all slots, however the frames lie", () => {
  const cases = fc.record({
    alignment: fc.constantFrom(1, 8, 512, PAGE_SIZE),
    sizes: fc.array(fc.integer({ min: 8, max: 6000 }), { minLength: 1, maxLength: 40 }),
    nested: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    runs: fc.shuffledSubarray([1, 1, 1, 1, 2, 2, 4, 1, 1, 4, 2, 1], { minLength: 12 }),
  });
  fc.assert(fc.property(cases, ({ alignment, sizes, nested, runs }) => {
    using test = new TestRing({
      ...{ subbufSize: SUBBUF_SIZE, nSubbufs: 4 },
      freeRuns: [...runs, 8, 1, 1, 4],
    });
    const { writer } = test;
    const expected: number[] = [];
    for (const [i, size] of sizes.entries()) {
      const address = writer.reserve(size, alignment);
      if (address < 0) continue;
      const slot = writer.openSlot();
      test.machine.ram.bytes.set(describedEvent(size, i), address);
      expected.push(i);
      if (nested[i]) {
        const inner = writer.reserve(100, alignment);
        if (inner >= 0) {
          test.machine.ram.bytes.set(describedEvent(100, 1000 + i), inner);
          expected.push(1000 + i);
          writer.commit();
        }
      }
      writer.commit(slot);
    }
    writer.flush("final");
    const read = readAll(test.reader()).flatMap(({ data }) => describedEvents(data, 0, alignment));
    assertEquals(read, expected);
  }));
});
