import { PAGE_SIZE, POLLHUP, POLLRDHUP } from "@ltt/relay/hw";
import type { FlushMode } from "@ltt/relay/ring";
import { assertEquals, assertThrows } from "@std/assert";
import { eventBytes, joined } from "./bytes.ts";
import { deliveredCounts, readAll, TestRing } from "./support.ts";

/** A ring in a state, and what each mode then makes of it: closed, sub-buffers delivered, offset. */
const FLUSHES: readonly [
  state: string,
  headerSize: number,
  prepare: (test: TestRing) => void,
  outcome: Record<FlushMode, [closed: boolean, delivered: number, offset: number]>,
][] = [
  ["holds nothing but a header", 60, () => {}, {
    active: [false, 0, 60],
    "even-if-empty": [true, 1, 4096],
    final: [true, 1, 4096],
    dead: [false, 0, 60],
  }],
  ["holds nothing, not even a header", 0, () => {}, {
    active: [false, 0, 0],
    "even-if-empty": [true, 1, 4096],
    final: [false, 0, 0],
    dead: [false, 0, 0],
  }],
  ["holds an event", 60, (test) => test.event(8), {
    active: [true, 1, 4156],
    "even-if-empty": [true, 1, 4096],
    final: [true, 1, 4096],
    dead: [true, 1, 4096],
  }],
  ["holds an event and no header", 0, (test) => test.event(8), {
    active: [true, 1, 4096],
    "even-if-empty": [true, 1, 4096],
    final: [true, 1, 4096],
    dead: [true, 1, 4096],
  }],
  ["is closed", 60, (test) => test.event(4036), {
    active: [false, 1, 4096],
    "even-if-empty": [true, 2, 8192],
    final: [false, 1, 4096],
    dead: [false, 1, 4096],
  }],
  ["holds an open slot", 60, (test) => test.writer.reserve(8), {
    active: [true, 0, 4156],
    "even-if-empty": [true, 0, 4096],
    final: [true, 0, 4096],
    dead: [true, 0, 4096],
  }],
  [
    "holds an event, with no free one behind it",
    60,
    (test) => [4000, 8].map((size) => test.event(size) && test.writer.flush("active")),
    {
      active: [false, 1, 4164],
      "even-if-empty": [true, 2, 8192],
      final: [true, 2, 8192],
      dead: [true, 2, 8192],
    },
  ],
  [
    "is closed, with no free one behind it",
    60,
    (test) => [4036, 4036].map((size) => test.event(size)),
    {
      active: [false, 2, 8192],
      "even-if-empty": [false, 2, 8192],
      final: [false, 2, 8192],
      dead: [false, 2, 8192],
    },
  ],
];

for (const [state, headerSize, prepare, outcomes] of FLUSHES) {
  for (const mode of ["active", "even-if-empty", "final", "dead"] as const) {
    Deno.test(`RingWriter.flush() "${mode}" does its part when the sub-buffer ${state}`, () => {
      using test = new TestRing({ headerSize });
      const { writer } = test;
      prepare(test);
      const closed = writer.flush(mode);
      const reader = test.reader();
      const delivered = deliveredCounts(test.memory).filter((count) => count > 0).length;
      assertEquals([closed, delivered, test.offset], outcomes[mode]);
      const isOver = (reader.poll() & (POLLRDHUP | POLLHUP)) !== 0;
      assertEquals(isOver, mode === "final", "whether the reader is told that nothing will come");
    });
  }
}

Deno.test("RingWriter.flush() of a sub-buffer with open slots leaves delivering to the last commit", () => {
  using test = new TestRing();
  const { writer } = test;
  test.fill(writer.reserve(8), 8, 1);
  const outer = writer.openSlot();
  test.fill(writer.reserve(8), 8, 2);
  assertEquals(writer.flush("active"), true);
  writer.commit();
  assertEquals(deliveredCounts(test.memory)[0], 0);
  writer.commit(outer);
  assertEquals(deliveredCounts(test.memory)[0], PAGE_SIZE);
  assertEquals(readAll(test.reader())[0].data, joined(eventBytes(8, 1), eventBytes(8, 2)));
});

Deno.test("RingWriter.flush() lets the next event open the next sub-buffer", () => {
  using test = new TestRing({ headerSize: 4 });
  test.event(8, 1);
  test.writer.flush("even-if-empty");
  assertEquals(test.event(8, 2), test.memory.subbufAddress(1) + 4);
});

Deno.test("RingWriter.flush() throws a TypeError for another mode, and when not attached", () => {
  using test = new TestRing();
  const { writer } = test;
  test.event(8);
  const before = [...test.control];
  assertThrows(() => writer.flush("later" as FlushMode), TypeError, 'no mode "later"');
  assertEquals([...test.control], before);
  writer.detach();
  assertThrows(() => writer.flush("final"), TypeError, "not attached");
});
