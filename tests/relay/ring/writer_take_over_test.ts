import { MAX_NESTING } from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { eventBytes, joined } from "./bytes.ts";
import { HALF, NOTHING_LOST, TestRing } from "./support.ts";
import { afterTakeOver, successor } from "./taken_over.ts";

Deno.test("RingWriter.takeOver() keeps all of a sub-buffer without an open slot", () => {
  using test = new TestRing({ headerSize: 4 });
  test.event(8, 1);
  test.event(9, 2);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, {});
  assertEquals(all.map(({ data }) => data.slice(4)), [joined(eventBytes(8, 1), eventBytes(9, 2))]);
});

Deno.test("RingWriter.takeOver() lets the writer go on in a sub-buffer without an open slot", () => {
  using test = new TestRing();
  test.event(8, 1);
  test.writer.takeOver();
  assertEquals(test.event(8, 2), test.memory.subbufAddress(0) + 8);
});

Deno.test("RingWriter.takeOver() cuts a sub-buffer at its open slot", () => {
  using test = new TestRing({ headerSize: 4 });
  test.event(8, 1);
  test.writer.reserve(100);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 1 });
  assertEquals(all.map(({ data }) => data.slice(4)), [eventBytes(8, 1)]);
});

Deno.test("RingWriter.takeOver() tells bufferEnd() where it cuts", () => {
  using test = new TestRing({ headerSize: 4 });
  test.event(8, 1);
  test.writer.reserve(100);
  const ends: unknown[] = [];
  const { writer, memory } = successor(test, {
    headerSize: 4,
    ...{ bufferEnd: (...args: unknown[]) => void ends.push(args) },
  });
  writer.takeOver();
  assertEquals(ends, [[memory.subbufAddress(0), 12, { ...NOTHING_LOST, torn: 1 }]]);
});

Deno.test("RingWriter.takeOver() goes on in the next sub-buffer behind one that was cut", () => {
  using test = new TestRing();
  test.writer.reserve(100);
  const { writer, memory } = successor(test);
  writer.takeOver();
  assertEquals(writer.reserve(8), memory.subbufAddress(1));
});

Deno.test("RingWriter.takeOver() loses nested slots with what was committed among them", () => {
  using test = new TestRing({ headerSize: 4 });
  const { writer } = test;
  test.event(8, 1);
  writer.reserve(10);
  test.event(20, 2);
  test.event(20, 3);
  writer.reserve(30);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 4 });
  assertEquals(all.map(({ data }) => data.slice(4)), [eventBytes(8, 1)]);
});

Deno.test("RingWriter.takeOver() loses a slot that was committed before the one reserved behind it", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(10);
  const first = writer.openSlot();
  writer.reserve(20);
  writer.commit(first);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 2 });
  assertEquals(all.map(({ dataSize }) => dataSize), [0]);
});

Deno.test("RingWriter.takeOver() loses nothing of a nest that was committed", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(10);
  test.event(20, 2);
  writer.commit();
  test.event(20, 3);
  writer.reserve(5);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 1 });
  assertEquals(all.map(({ dataSize }) => dataSize), [50]);
});

Deno.test("RingWriter.takeOver() keeps a sub-buffer behind the one with the open slot", () => {
  using test = new TestRing({ nSubbufs: 4 });
  const { writer } = test;
  test.event(HALF, 1);
  writer.reserve(100);
  test.event(100, 2);
  test.event(HALF, 3);
  test.event(HALF, 4);
  test.event(50, 5);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 2 });
  assertEquals(all.map(({ data }) => data), [
    eventBytes(HALF, 1),
    joined(eventBytes(HALF, 3), eventBytes(HALF, 4)),
    eventBytes(50, 5),
  ]);
});

Deno.test("RingWriter.takeOver() cuts each sub-buffer that holds an open slot", () => {
  using test = new TestRing({ nSubbufs: 4, headerSize: 4 });
  const { writer } = test;
  test.event(HALF, 1);
  writer.reserve(100);
  test.event(HALF, 2);
  writer.reserve(100);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 3 }, "two open, and one committed while another was open");
  assertEquals(all.map(({ dataSize }) => dataSize), [4 + HALF, 4]);
});

Deno.test("RingWriter.takeOver() cuts a filled sub-buffer that is not committed", () => {
  using test = new TestRing();
  test.event(HALF, 1);
  test.writer.reserve(HALF);
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 1 });
  assertEquals(all.map(({ data }) => data), [eventBytes(HALF, 1)]);
});

Deno.test("RingWriter.takeOver() leaves what was delivered alone while slots overlap for laps", () => {
  using test = new TestRing();
  const { writer } = test;
  const reader = test.reader();
  let last: number | null = null;
  // Each slot is committed when the next one is open: none of them ever is the only one.
  for (let i = 0; i < 9; i++) {
    test.fill(writer.reserve(HALF), HALF, i);
    const slot = writer.openSlot();
    if (last !== null) writer.commit(last);
    last = slot;
    if (i < 7 && reader.getNextSubbuf() !== null) reader.putNextSubbuf();
  }
  reader.close();
  const { lost, all } = afterTakeOver(test);
  assertEquals(lost, { torn: 1 });
  assertEquals(all.map(({ seq }) => seq), [3, 4]);
  assertEquals(all[0].data, joined(eventBytes(HALF, 6), eventBytes(HALF, 7)));
});

Deno.test("RingWriter.takeOver() attaches to a ring nobody has written", () => {
  using test = new TestRing({ headerSize: 4 });
  const { writer, memory } = successor(test);
  writer.takeOver();
  assertEquals(writer.reserve(8), memory.subbufAddress(0) + 4);
});

Deno.test("RingWriter.takeOver() counts what was lost while detached", () => {
  using test = new TestRing();
  test.writer.detach();
  test.writer.reserve(8);
  test.writer.takeOver();
  assertEquals(test.writer.lost, { ...NOTHING_LOST, offline: 1 });
});

Deno.test("RingWriter.takeOver() opens all slots anew", () => {
  using test = new TestRing({ nSubbufs: 4 });
  const { writer } = test;
  for (let i = 0; i < MAX_NESTING; i++) writer.reserve(8);
  writer.takeOver();
  assertThrows(() => writer.commit(), TypeError, "not open");
  for (let i = 0; i < MAX_NESTING; i++) assert(writer.reserve(8) >= 0);
  assertEquals(writer.lost, { ...NOTHING_LOST, torn: MAX_NESTING });
});
