import { RingReader } from "@ltt/relay/ring";
import { assertEquals, assertThrows } from "@std/assert";
import { assertCode, bootRelay, openRing } from "./fixture.ts";
import { MODES, pageEvent, readAll, TestRing } from "./support.ts";

Deno.test("RingReader.attach() answers EBUSY while a reader is attached", () => {
  using test = new TestRing();
  const first = test.reader();
  const second = new RingReader(test.memory, new Int32Array(new SharedArrayBuffer(4)));
  assertCode(() => second.attach(), "EBUSY", "attach()");
  first.close();
  second.attach();
  second.close();
});

Deno.test("RingReader throws a TypeError when it is not attached", () => {
  using test = new TestRing();
  test.fillSubbufs(1);
  const reader = new RingReader(test.memory, new Int32Array(new SharedArrayBuffer(4)));
  for (
    const fn of [
      () => reader.getSubbuf(0),
      () => reader.getNextSubbuf(),
      () => reader.snapshot(),
      () => reader.poll(),
    ]
  ) assertThrows(fn, TypeError, "the reader is not attached");
  assertThrows(() => reader.putSubbuf(), TypeError);
  assertThrows(() => reader.putNextSubbuf(), TypeError);
});

Deno.test("RingReader.close() puts the sub-buffer it holds, unconsumed", () => {
  for (const mode of MODES) {
    using test = new TestRing({ mode });
    test.fillSubbufs(1);
    const first = test.reader();
    first.getNextSubbuf();
    first.close();
    assertEquals(test.consumed, 0);
    assertEquals(readAll(test.reader()).map(({ data }) => data), [pageEvent(0)], mode);
  }
});

Deno.test("RingReader.close() is done once, and tells who made it", () => {
  using test = new TestRing();
  let closed = 0;
  const doorbells = new Int32Array(new SharedArrayBuffer(4));
  const reader = new RingReader(test.memory, doorbells, () => void closed++);
  reader.close();
  assertEquals(closed, 0, "it was not attached");
  reader.attach();
  reader.close();
  reader[Symbol.dispose]();
  assertEquals(closed, 1);
});

Deno.test("RingReader goes on where the last reader was", () => {
  using test = new TestRing({ nSubbufs: 4 });
  test.fillSubbufs(3);
  {
    using first = test.reader();
    first.getNextSubbuf();
    first.putNextSubbuf();
  }
  const second = test.reader();
  assertEquals(readAll(second).map(({ seq }) => seq), [1, 2]);
  assertEquals(second.missed, 0);
});

Deno.test("RingReader and RingWriter tell their CPU", () => {
  using channel = openRing(bootRelay().relay);
  const cpus = channel.buf.map((ring) => {
    using reader = ring!.reader();
    return [reader.cpu, ring!.writer.cpu];
  });
  assertEquals(cpus, [[0, 0], [1, 1]]);
});
