import { PAGE_SIZE } from "@ltt/relay/hw";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { dataOf, MODES, pageEvent, readAll, TestRing } from "./support.ts";

for (const mode of MODES) {
  Deno.test(`RingReader.getNextSubbuf() gives what is delivered, in order, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    const reader = test.reader();
    assertEquals(reader.getNextSubbuf(), null, "nobody has written");
    test.event(PAGE_SIZE - 1, 0);
    assertEquals(reader.getNextSubbuf(), null, "the first one is open");
    test.event(1, 0);
    test.fillSubbufs(3, 1);
    assertEquals(readAll(reader).map(({ seq }) => seq), [0, 1, 2, 3]);
    assertEquals(reader.getNextSubbuf(), null, "all are consumed");
  });

  Deno.test(`RingReader.putSubbuf() leaves it to be consumed, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    test.fillSubbufs(2);
    const reader = test.reader();
    for (let i = 0; i < 3; i++) {
      assertEquals(dataOf(reader.getNextSubbuf()!), pageEvent(0));
      reader.putSubbuf();
    }
    assertEquals(test.consumed, 0);
    assertEquals(readAll(reader).map(({ data }) => data), [pageEvent(0), pageEvent(1)]);
  });

  Deno.test(`RingReader.getSubbuf() throws a TypeError while one is held, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    test.fillSubbufs(2);
    const reader = test.reader();
    reader.getNextSubbuf();
    assertThrows(() => reader.getNextSubbuf(), TypeError, "one is held");
    assertThrows(() => reader.getSubbuf(PAGE_SIZE), TypeError, "one is held");
    reader.putNextSubbuf();
    assertEquals(reader.getNextSubbuf()!.seq, 1);
  });

  Deno.test(`RingReader puts a sub-buffer only once, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    test.fillSubbufs(2);
    const reader = test.reader();
    assertThrows(() => reader.putSubbuf(), TypeError, "none is held");
    assertThrows(() => reader.putNextSubbuf(), TypeError, "none is held");
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    assertThrows(() => reader.putNextSubbuf(), TypeError, "none is held");
    reader.getNextSubbuf();
    reader.putSubbuf();
    assertThrows(() => reader.putSubbuf(), TypeError, "none is held");
    assertEquals(test.consumed, PAGE_SIZE);
  });

  Deno.test(`RingReader.getSubbuf() gives what is asked for, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    test.fillSubbufs(3);
    const reader = test.reader();
    assertEquals(dataOf(reader.getSubbuf(2 * PAGE_SIZE)!), pageEvent(2));
    reader.putSubbuf();
    assertEquals(dataOf(reader.getSubbuf(PAGE_SIZE)!), pageEvent(1));
    reader.putNextSubbuf();
    assertEquals(reader.missed, 1, "number 0 was skipped");
    assertEquals(reader.getSubbuf(0), null, "skipped is consumed");
    assertEquals(reader.getSubbuf(PAGE_SIZE), null, "consumed");
    assertEquals(reader.getSubbuf(3 * PAGE_SIZE), null, "not delivered");
    assertEquals(reader.getSubbuf(6 * PAGE_SIZE), null, "of the lap to come");
    assertEquals(reader.getSubbuf(2 ** 32 - 2 * PAGE_SIZE), null, "of the lap before the first");
    assertEquals(dataOf(reader.getNextSubbuf()!), pageEvent(2));
  });

  for (const position of [1, 2048, -5, 0.5, NaN, Infinity]) {
    Deno.test(`RingReader.getSubbuf() throws a RangeError at ${position}, in ${mode} mode`, () => {
      using test = new TestRing({ mode });
      test.fillSubbufs(1);
      const reader = test.reader();
      assertThrows(() => reader.getSubbuf(position), RangeError, `at ${position}`);
      assertEquals(reader.getNextSubbuf()!.seq, 0);
    });
  }

  Deno.test(`RingReader.getNextSubbuf() waits for the last commit, in ${mode} mode`, () => {
    using test = new TestRing({ mode });
    const reader = test.reader();
    test.writer.reserve(8);
    const outer = test.writer.openSlot();
    test.event(PAGE_SIZE - 8);
    assertEquals(reader.getNextSubbuf(), null);
    test.writer.commit(outer);
    assertEquals(reader.getNextSubbuf()!.seq, 0);
  });

  Deno.test(`RingReader goes on beyond 2^32 bytes without a put in between, ${mode} mode`, () => {
    const first = 2 ** 20 - 2;
    using test = new TestRing({ nSubbufs: 4, mode, firstSeq: first });
    test.fillSubbufs(4);
    const reader = test.reader();
    const all = [...reader.snapshot()].map(({ seq, position }) => [seq, position]);
    const expected = [0, 1, 2, 3].map((i) => [first + i, (first + i) * PAGE_SIZE % 2 ** 32]);
    assertEquals(all, expected);
    assertEquals(dataOf(reader.getSubbuf(PAGE_SIZE)!), pageEvent(3));
    reader.putSubbuf();
    assertEquals(readAll(reader).map(({ data }) => data), [0, 1, 2, 3].map(pageEvent));
    assertEquals(reader.missed, 0);
  });
}

Deno.test("RingReader.putNextSubbuf() gives the writer its place back, in discard mode", () => {
  using test = new TestRing();
  test.fillSubbufs(2);
  const reader = test.reader();
  reader.getNextSubbuf();
  assert(test.event(8) < 0, "held");
  reader.putNextSubbuf();
  assert(test.event(8) >= 0, "consumed");
});
