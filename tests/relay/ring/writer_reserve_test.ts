import { PAGE_SIZE } from "@ltt/relay/hw";
import {
  LOST_BIG,
  LOST_FULL,
  LOST_NESTED,
  LOST_WRAP,
  type LostCounts,
  MAX_NESTING,
} from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import { allLost, HALF, MODES, NOTHING_LOST, readAll, TestRing } from "./support.ts";

Deno.test("RingWriter.reserve() places slots behind each other, from the header on", () => {
  using test = new TestRing({ headerSize: 24 });
  const { writer } = test;
  const at: number[] = [];
  for (const size of [1, 10, 7]) {
    at.push(test.subbufOffset(writer.reserve(size)));
    writer.commit();
  }
  assertEquals(at, [24, 25, 35]);
});

Deno.test("RingWriter.reserve() starts at byte 0 without a header", () => {
  using test = new TestRing();
  assertEquals(test.writer.reserve(4), test.memory.subbufAddress(0));
  test.writer.commit();
});

for (let alignment = 1; alignment <= PAGE_SIZE; alignment *= 2) {
  Deno.test(`RingWriter.reserve() starts slots at multiples of ${alignment} in RAM`, () => {
    using test = new TestRing({ subbufSize: 16 * PAGE_SIZE, headerSize: 5 });
    for (const size of [3, 1, 9]) {
      const address = test.writer.reserve(size, alignment);
      assertEquals(address % alignment, 0, `slot of ${size} bytes`);
      test.writer.commit();
    }
    assertEquals(allLost(test.writer.lost), {});
  });
}

Deno.test("RingWriter.reserve() leaves no more than the alignment asks for", () => {
  using test = new TestRing({ headerSize: 3 });
  const at = [[1, 8], [8, 8], [1, 1], [2, 2], [4, 4]].map(([size, alignment]) => {
    const address = test.writer.reserve(size, alignment);
    test.writer.commit();
    return test.subbufOffset(address);
  });
  assertEquals(at, [8, 16, 24, 26, 28]);
});

Deno.test("RingWriter.reserve() aligns the first slot of the next sub-buffer behind its header", () => {
  using test = new TestRing({ headerSize: 5 });
  test.event(4000, 1);
  const address = test.event(200, 2, 64);
  assertEquals(address, test.memory.subbufAddress(1) + 64);
});

for (const size of [0, -1, 1.5, NaN, Infinity, -Infinity]) {
  Deno.test(`RingWriter.reserve() throws a RangeError for ${size} bytes and changes nothing`, () => {
    using test = new TestRing();
    const { writer } = test;
    test.event(10);
    const before = [...test.control];
    assertThrows(() => writer.reserve(size), RangeError, `${size} bytes`);
    assertEquals([...test.control], before);
  });
}

for (const alignment of [0, -1, -8, 3, 12, 4095, 8192, 2 ** 31, 2 ** 32, 2.5, NaN]) {
  Deno.test(`RingWriter.reserve() throws a RangeError for alignment ${alignment}`, () => {
    using test = new TestRing({ subbufSize: 4 * PAGE_SIZE });
    const { writer } = test;
    test.event(16);
    const before = [...test.control];
    assertThrows(() => writer.reserve(8, alignment), RangeError, `multiple of ${alignment}`);
    assertEquals([...test.control], before);
  });
}

Deno.test("RingWriter.reserve() throws a RangeError rather than count what is no slot", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.detach();
  assertThrows(() => writer.reserve(0), RangeError);
  writer.attach();
  assertEquals(allLost(writer.lost), {});
});

Deno.test("RingWriter.reserve() refuses what is longer than a sub-buffer has room for", () => {
  using test = new TestRing({ headerSize: 60 });
  assertEquals(test.writer.reserve(PAGE_SIZE - 59), LOST_BIG);
  assertEquals(test.writer.reserve(2 ** 31), LOST_BIG);
  assertEquals(test.writer.reserve(2 ** 40), LOST_BIG);
  assertEquals(test.writer.lost, { ...NOTHING_LOST, big: 3 });
  assertEquals(test.offset, 60, "no switch was made");
});

Deno.test("RingWriter.reserve() counts the alignment to what is too long", () => {
  using test = new TestRing({ headerSize: 60 });
  assertEquals(test.writer.reserve(PAGE_SIZE - 63, 64), LOST_BIG);
  assert(test.event(PAGE_SIZE - 64, 1, 64) >= 0);
});

Deno.test("RingWriter.reserve() loses events as full once all sub-buffers are, in discard mode", () => {
  using test = new TestRing({ nSubbufs: 4 });
  for (let i = 0; i < 8; i++) assert(test.event(HALF, i) >= 0, `event ${i}`);
  const before = test.offset;
  assertEquals(test.event(1), LOST_FULL);
  assertEquals(test.event(HALF), LOST_FULL);
  assertEquals(test.writer.lost, { ...NOTHING_LOST, full: 2 });
  assertEquals(test.offset, before);
});

Deno.test("RingWriter.reserve() still fills the room that is left when the next one is full", () => {
  using test = new TestRing();
  for (let i = 0; i < 3; i++) test.event(HALF, i);
  assertEquals(test.event(HALF + 1), LOST_FULL);
  assert(test.event(HALF) >= 0);
});

for (const mode of MODES) {
  Deno.test(`RingWriter.reserve() loses events as wrap before an open slot, in ${mode} mode`, () => {
    using test = new TestRing({ mode });
    const { writer } = test;
    writer.reserve(8);
    const outer = writer.openSlot();
    for (let i = 0; i < 3; i++) test.event(HALF - 8, i);
    assertEquals(test.event(HALF), test.memory.subbufAddress(1) + HALF - 8);
    assertEquals(test.event(HALF), LOST_WRAP);
    assertEquals(writer.lost, { ...NOTHING_LOST, wrap: 1 });
    writer.commit(outer);
    const address = test.event(HALF);
    if (mode === "discard") assertEquals(address, LOST_FULL);
    else assertEquals(address, test.memory.subbufAddress(0));
  });
}

Deno.test("RingWriter.reserve() has room for MAX_NESTING open slots", () => {
  using test = new TestRing();
  const { writer } = test;
  for (let i = 0; i < MAX_NESTING; i++) assert(writer.reserve(8) >= 0, `slot ${i}`);
  assertEquals(writer.reserve(8), LOST_NESTED);
  assertEquals(writer.reserve(8), LOST_NESTED);
  assertEquals(writer.lost, { ...NOTHING_LOST, nested: 2 });
  writer.commit();
  assert(writer.reserve(8) >= 0, "after a commit");
  for (let i = 0; i < MAX_NESTING; i++) writer.commit();
});

Deno.test("RingWriter.reserve() gives each open slot bytes of its own", () => {
  using test = new TestRing({ headerSize: 3 });
  const addresses = [5, 6, 7, 8].map((size) => test.writer.reserve(size, 4));
  assertEquals(addresses.map((address) => test.subbufOffset(address)), [4, 12, 20, 28]);
});

Deno.test("RingWriter.reserve() closes a sub-buffer at once when it takes its last bytes", () => {
  const ends: number[] = [];
  using test = new TestRing({
    headerSize: 16,
    client: { bufferEnd: (_header, dataSize) => void ends.push(dataSize) },
  });
  const { writer } = test;
  const reader = test.reader();
  writer.reserve(PAGE_SIZE - 16);
  assertEquals(ends, [PAGE_SIZE]);
  assertEquals(test.offset, PAGE_SIZE);
  assertEquals(reader.getNextSubbuf(), null, "not delivered before it is committed");
  writer.commit();
  assertEquals(reader.getNextSubbuf()!.padding, 0);
});

Deno.test("RingWriter.reserve() goes on in the next sub-buffer while the last one is uncommitted", () => {
  using test = new TestRing();
  const { writer } = test;
  test.fill(writer.reserve(PAGE_SIZE), PAGE_SIZE, 1);
  const outer = writer.openSlot();
  assertEquals(test.event(8, 2), test.memory.subbufAddress(1));
  writer.commit(outer);
  writer.flush("final");
  assertEquals(readAll(test.reader()).map(({ data }) => data), [
    eventBytes(PAGE_SIZE, 1),
    eventBytes(8, 2),
  ]);
});

Deno.test("RingWriter samples what is lost at the reservation that fills the packet", () => {
  const ends: LostCounts[] = [];
  using test = new TestRing({
    client: { bufferEnd: (_header, _dataSize, lost) => void ends.push(lost) },
  });
  const reader = test.reader();
  const { writer } = test;
  writer.reserve(PAGE_SIZE + 1);
  test.event(HALF);
  test.event(HALF);
  writer.reserve(PAGE_SIZE + 1);
  test.event(PAGE_SIZE);
  test.event(1);
  const big = { ...NOTHING_LOST, big: 1 };
  const more = { ...NOTHING_LOST, big: 2 };
  assertEquals(ends, [big, more]);
  assertEquals(reader.getNextSubbuf()!.lost, big);
  reader.putNextSubbuf();
  assertEquals(reader.getNextSubbuf()!.lost, more, "the event lost after it is not in it");
  reader.putNextSubbuf();
  assertEquals(reader.lost, { ...more, full: 1 });
  assertEquals(test.ring.lost, { ...more, full: 1 });
});
