import { KernelError, PAGE_SIZE } from "@ltt/relay/hw";
import {
  type FlushMode,
  LOST_BIG,
  LOST_FULL,
  LOST_NESTED,
  LOST_OFFLINE,
  LOST_WRAP,
  type LostCounts,
  MAX_NESTING,
  RingReader,
  RingWriter,
} from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { OPENED } from "../../../relay/ring/control.ts";
import {
  commitCounts,
  copyRing,
  dataOf,
  deliveredCounts,
  describedEvent,
  describedEvents,
  eventBytes,
  NOTHING_LOST,
  readAll,
  type RingSetup,
  TestRing,
  watchAtomics,
  watchStores,
} from "./support.ts";

/** A sub-buffer and a bit, as the sizes of events: nobody else closes the first one. */
const HALF = PAGE_SIZE / 2;

function allLost(counts: LostCounts): Partial<LostCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A writer on a copy of RAM as it is now, for what a thread leaves that dies here. */
function successor(test: TestRing, client = { headerSize: test.memory.headerSize }) {
  const memory = copyRing(test);
  const doorbells = new Int32Array(new SharedArrayBuffer(4));
  const writer = new RingWriter(memory, null, client);
  const reader = new RingReader(memory, doorbells);
  return { memory, writer, reader };
}

/** Number of the event that a successor writes. */
const LAST = 999;

/** What can be read once a successor has taken over, written an event if asked to, and flushed. */
function afterTakeOver(test: TestRing, goOn = false) {
  const { memory, writer, reader } = successor(test);
  writer.takeOver();
  let wentOn = false;
  if (goOn) {
    const address = writer.reserve(8);
    wentOn = address >= 0;
    if (wentOn) {
      memory.bytes.set(describedEvent(8, LAST), address);
      writer.commit();
    }
    // The successor dies too, and leaves nothing to repair.
    writer.takeOver();
  }
  writer.flush("dead");
  writer.detach();
  reader.attach();
  return { lost: allLost(writer.lost), all: readAll(reader), wentOn };
}

// Reserving and committing.

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

for (const mode of ["discard", "overwrite"] as const) {
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

for (const mode of ["discard", "overwrite"] as const) {
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

// Sub-buffers of a lap and beyond.

for (const mode of ["discard", "overwrite"] as const) {
  Deno.test(`RingWriter goes on beyond 2^32 bytes, in ${mode} mode`, () => {
    const first = 2 ** 20 - 3;
    const begun: number[] = [];
    using test = new TestRing({
      ...{ mode, headerSize: 32, firstSeq: first },
      client: { bufferBegin: (_header, seq) => void begun.push(seq) },
    });
    const reader = test.reader();
    for (let i = 0; i < 10; i++) {
      test.writer.reserve(1000);
      const outer = test.writer.openSlot();
      assert(test.event(PAGE_SIZE - 1032, i) >= 0, `event ${i}`);
      test.writer.commit(outer);
      assertEquals(commitCounts(test.memory), deliveredCounts(test.memory), `event ${i}`);
      const subbuf = reader.getNextSubbuf()!;
      assertEquals(subbuf.seq, first + i);
      assertEquals(subbuf.position, (first + i) * PAGE_SIZE % 2 ** 32);
      assertEquals(dataOf(subbuf, 1032), eventBytes(PAGE_SIZE - 1032, i));
      reader.putNextSubbuf();
    }
    assertEquals(begun, Array.from({ length: 10 }, (_, i) => first + i));
    assertEquals([reader.missed, allLost(test.writer.lost)], [0, {}]);
  });

  Deno.test(`RingWriter refuses across 2^31 and 2^32 as anywhere, in ${mode} mode`, () => {
    for (const first of [2 ** 19 - 1, 2 ** 20 - 1, 2 ** 21 - 1]) {
      using test = new TestRing({ mode, firstSeq: first });
      for (let i = 0; i < 2; i++) test.event(PAGE_SIZE, i);
      const reader = test.reader();
      if (mode === "discard") {
        assertEquals(test.event(8), LOST_FULL);
        assertEquals(readAll(reader).map(({ seq }) => seq), [first, first + 1]);
      } else {
        assertEquals(test.event(PAGE_SIZE), test.memory.subbufAddress((first + 2) % 2));
        assertEquals(readAll(reader).map(({ seq }) => seq), [first + 1, first + 2]);
        assertEquals(reader.missed, 1);
      }
    }
  });
}

Deno.test("RingWriter counts sub-buffers beyond 2^32 of them", () => {
  using test = new TestRing({ firstSeq: 2 ** 32 - 1 });
  const reader = test.reader();
  for (let i = 0; i < 2; i++) test.event(PAGE_SIZE, i);
  assertEquals(readAll(reader).map(({ seq }) => seq), [2 ** 32 - 1, 2 ** 32]);
  assertEquals(reader.missed, 0);
});

// What is lost.

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

// Callbacks.

Deno.test("RingClient is told of each sub-buffer, its header, number and size", () => {
  const calls: unknown[] = [];
  using test = new TestRing({
    headerSize: 8,
    client: {
      bufferBegin: (header, seq) => void calls.push(["begin", header, seq]),
      bufferEnd: (header, dataSize) => void calls.push(["end", header, dataSize]),
    },
  });
  for (let i = 0; i < 3; i++) test.event(HALF);
  const [first, second] = [0, 1].map((i) => test.memory.subbufAddress(i));
  assertEquals(calls, [
    ["begin", first, 0],
    ["end", first, 8 + HALF],
    ["begin", second, 1],
    // The third event found both sub-buffers in use.
  ]);
});

Deno.test("RingWriter.reserve() from within a callback is refused as nested", () => {
  const answers: number[] = [];
  const writer = (): RingWriter => test.writer;
  let ready = false;
  const reserve = () => {
    if (ready) answers.push(writer().reserve(8));
  };
  using test = new TestRing({ nSubbufs: 4, client: { bufferBegin: reserve, bufferEnd: reserve } });
  test.event(HALF);
  ready = true;
  test.event(HALF + 1);
  assertEquals(answers, [LOST_NESTED, LOST_NESTED]);
  assertEquals(test.writer.lost, { ...NOTHING_LOST, nested: 2 });
});

for (const where of ["bufferBegin", "bufferEnd"] as const) {
  Deno.test(`RingWriter cannot commit, flush or detach from within ${where}()`, () => {
    let writer: RingWriter | null = null;
    const errors: unknown[] = [];
    const act = () => {
      if (writer === null) return;
      for (const fn of [() => writer!.commit(), () => writer!.flush("active")]) {
        errors.push(assertThrows(fn, TypeError, "within a callback"));
      }
      errors.push(assertThrows(() => writer!.detach(), TypeError));
    };
    using test = new TestRing({ nSubbufs: 4, client: { [where]: act } });
    test.event(HALF);
    ({ writer } = test);
    writer.reserve(HALF - 8);
    test.event(16);
    writer.commit();
    assertEquals(errors.length, 3);
    writer.flush("final");
    writer = null;
    assertEquals(readAll(test.reader()).map(({ dataSize }) => dataSize), [PAGE_SIZE - 8, 16]);
  });
}

for (const where of ["bufferBegin", "bufferEnd"] as const) {
  Deno.test(`RingWriter.reserve() throws what ${where}() threw, when all is in order`, () => {
    let thrown: Error | null = null;
    const provoke = () => {
      if (thrown !== null) throw thrown;
    };
    using test = new TestRing({ nSubbufs: 4, headerSize: 4, client: { [where]: provoke } });
    const { writer } = test;
    test.event(HALF, 1);
    thrown = new Error("provoked");
    assertEquals(assertThrows(() => writer.reserve(HALF)), thrown);
    thrown = null;
    assertThrows(() => writer.commit(), TypeError, "not open");
    test.event(8, 2);
    writer.flush("final");
    assertEquals(readAll(test.reader()).map(({ data }) => data.slice(4)), [
      eventBytes(HALF, 1),
      eventBytes(8, 2),
    ]);
  });
}

Deno.test("RingWriter.commit() throws what bufferEnd() threw at the reservation of the last bytes", () => {
  const thrown = new Error("provoked");
  const test = new TestRing({
    client: {
      bufferEnd: () => {
        throw thrown;
      },
    },
  });
  const address = test.writer.reserve(PAGE_SIZE);
  assertEquals(address, test.memory.subbufAddress(0));
  assertEquals(assertThrows(() => test.writer.commit()), thrown);
  assertEquals(deliveredCounts(test.memory)[0], PAGE_SIZE);
  assertEquals(test.event(8), test.memory.subbufAddress(1), "once is enough");
});

Deno.test("RingWriter.flush() throws what a callback threw, the sub-buffer delivered", () => {
  const thrown = new Error("provoked");
  using test = new TestRing({
    client: {
      bufferEnd: () => {
        throw thrown;
      },
    },
  });
  test.event(8, 1);
  assertEquals(assertThrows(() => test.writer.flush("final")), thrown);
  assertEquals(readAll(test.reader())[0].data, eventBytes(8, 1));
});

Deno.test("RingWriter.reserve() throws the first of two errors, and the other one never", () => {
  let provoked = false;
  const provoke = (what: string) => () => {
    if (provoked) throw new Error(what);
  };
  using test = new TestRing({
    nSubbufs: 4,
    client: { bufferBegin: provoke("begin"), bufferEnd: provoke("end") },
  });
  test.event(HALF, 1);
  provoked = true;
  assertThrows(() => test.writer.reserve(HALF + 1), Error, "end");
  provoked = false;
  assertEquals(test.event(HALF, 2), test.memory.subbufAddress(1));
  assertEquals(test.event(HALF + 1, 3), test.memory.subbufAddress(2));
});

Deno.test("RingBuffer.writer is the writer even after bufferBegin() threw at the first opening", () => {
  let thrown: Error | null = new Error("provoked");
  using test = new TestRing({
    client: {
      bufferBegin: () => {
        if (thrown !== null) throw thrown;
      },
    },
  });
  assertThrows(() => test.writer, Error, "provoked");
  thrown = null;
  assertEquals(test.event(8), test.memory.subbufAddress(0));
});

// Flushing.

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
      const isOver = (reader.poll() & 0x2010) !== 0;
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

// Attaching.

Deno.test("RingWriter refuses a client whose header has another size than the ring's", () => {
  using test = new TestRing({ headerSize: 8 });
  const make = () => new RingWriter(test.memory, null, { headerSize: 12 });
  const error = assertThrows(make, KernelError, "12 bytes, the ring's 8");
  assertEquals(error.code, "EINVAL");
});

Deno.test("RingWriter.attach() answers EBUSY while a writer is attached", () => {
  using test = new TestRing();
  const other = new RingWriter(test.memory, null, { headerSize: 0 });
  test.writer.reserve(8);
  assertEquals(assertThrows(() => other.attach(), KernelError).code, "EBUSY");
  assertEquals(assertThrows(() => test.writer.attach(), KernelError).code, "EBUSY");
  assertEquals(other.attached, false);
  test.writer.commit();
  assertEquals(test.offset, 8);
});

Deno.test("RingWriter.attach() goes on in the middle of a sub-buffer", () => {
  let begun = 0;
  using test = new TestRing({ headerSize: 4, client: { bufferBegin: () => void begun++ } });
  const other = new RingWriter(test.memory, null, { headerSize: 4 });
  test.event(8, 1);
  test.writer.detach();
  assertEquals([test.writer.attached, other.attached], [false, false]);
  other.attach();
  const address = other.reserve(8);
  test.fill(address, 8, 2);
  other.commit();
  assertEquals(test.subbufOffset(address), 12);
  other.detach();
  test.writer.attach();
  test.event(8, 3);
  test.writer.flush("final");
  const expected = joined(...[1, 2, 3].map((number) => eventBytes(8, number)));
  assertEquals(readAll(test.reader())[0].data.slice(4), expected);
  assertEquals(begun, 1);
});

Deno.test("RingWriter.attach() goes on behind a closed sub-buffer", () => {
  using test = new TestRing();
  test.event(PAGE_SIZE);
  test.writer.detach();
  test.writer.attach();
  assertEquals(test.event(8), test.memory.subbufAddress(1));
});

Deno.test("RingWriter.detach() throws a TypeError when it is not attached or a slot is open", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(8);
  assertThrows(() => writer.detach(), TypeError, "a slot is open");
  writer.reserve(8);
  assertThrows(() => writer.detach(), TypeError, "a slot is open");
  writer.commit();
  assertThrows(() => writer.detach(), TypeError, "a slot is open");
  writer.commit();
  writer.detach();
  assertThrows(() => writer.detach(), TypeError, "not attached");
});

Deno.test("RingWriter.reserve() loses events as offline while detached, counted by attach()", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.detach();
  assertEquals([writer.reserve(8), writer.reserve(2 ** 20)], [LOST_OFFLINE, LOST_OFFLINE]);
  assertEquals(writer.lost, NOTHING_LOST);
  assertThrows(() => writer.commit(), TypeError);
  writer.attach();
  assertEquals(writer.lost, { ...NOTHING_LOST, offline: 2 });
  writer.detach();
  writer.attach();
  assertEquals(writer.lost, { ...NOTHING_LOST, offline: 2 });
});

// Taking over.

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

/** A thread that may be killed behind any of its stores. */
class MortalWriter {
  readonly test: TestRing;
  readonly writer: RingWriter;
  #reserved = 0;
  #isReserving = false;
  readonly #committed = new Set<number>();
  #committing = 0;
  readonly #open: { readonly number: number; readonly slot: number }[] = [];
  readonly #firstSeq: number;
  /** Where the sub-buffer of each event starts. */
  readonly #subbufs: number[] = [];

  constructor(test: TestRing, firstSeq: number, afterStore: () => void) {
    this.test = test;
    this.#firstSeq = firstSeq;
    this.writer = new RingWriter(
      watchStores(test.memory, afterStore),
      null,
      { headerSize: test.memory.headerSize },
    );
  }

  reserve(size: number): boolean {
    this.#isReserving = true;
    const address = this.writer.reserve(size);
    this.#isReserving = false;
    if (address < 0) return false;
    const number = ++this.#reserved;
    this.test.machine.ram.bytes.set(describedEvent(size, number), address);
    const slot = this.writer.openSlot();
    this.#open.push({ number, slot });
    this.#subbufs[number] = this.test.memory.geometry.subbufTrunc(slot);
    return true;
  }

  commit(i: number): void {
    const [{ number, slot }] = this.#open.splice(i, 1);
    this.#committing = number;
    this.writer.commit(slot);
    this.#committing = 0;
    this.#committed.add(number);
  }

  event(size: number): void {
    if (this.reserve(size)) this.commit(this.#open.length - 1);
  }

  /** Checks what a successor makes of the ring as it is. */
  check(where: string): void {
    const { headerSize, overwrite } = this.test.memory;
    const { lost, all, wentOn } = afterTakeOver(this.test, true);
    const numbers = all.flatMap(({ data }) => describedEvents(data.slice(headerSize)));
    const read = numbers.filter((number) => number !== LAST);
    const message = `${where}: read ${read}, lost ${JSON.stringify(lost)}`;
    const skipped = overwrite && all.length > 0 ? all[0].seq : this.#firstSeq;
    assert(skipped < this.#firstSeq + 20, `sub-buffers are numbered from the first, ${message}`);
    assert(all.every(({ seq }, i) => seq === skipped + i), `sub-buffers are numbered, ${message}`);
    const known = (number: number) => this.#committed.has(number) || number === this.#committing;
    assert(read.every(known), `only what was committed is read, ${message}`);
    assert(read.every((number, i) => i === 0 || number > read[i - 1]), `in order, ${message}`);
    assertEquals(numbers.includes(LAST), wentOn, `what the successor wrote, ${message}`);
    // Whatever was reserved since the first one that is left is read or counted.
    const first = overwrite && read.length > 0 ? read[0] : 1;
    const counted = read.length + (lost.torn ?? 0);
    const least = this.#reserved - first + 1;
    const isNested = this.#open.length > 0;
    const most = least + (this.#isReserving ? 1 : 0) + (this.#committing > 0 && isNested ? 1 : 0);
    const isCounted = counted <= most && (counted >= least || (overwrite && read.length === 0));
    const torn = this.#open.map(({ number }) => this.#subbufs[number]);
    if (this.#isReserving) torn.push(this.test.control[OPENED]);
    for (let number = first; number <= this.#reserved; number++) {
      if (!this.#committed.has(number) || read.includes(number)) continue;
      if (overwrite && read.length === 0) continue;
      const isTorn = torn.includes(this.#subbufs[number]) ||
        this.#subbufs[this.#committing] === this.#subbufs[number];
      assert(isTorn, `event ${number} is in no sub-buffer with an open slot, ${message}`);
    }
    assert(isCounted, `${least} to ${most} events are accounted for, ${message}`);
  }
}

/** Programs of one thread; a number reserves as many bytes, "0" commits the slot opened first. */
const PROGRAMS: readonly [what: string, setup: RingSetup, script: (number | string)[]][] = [
  ["writes events", { nSubbufs: 4 }, Array(9).fill("event 1500")],
  ["overwrites events", { mode: "overwrite" }, Array(9).fill("event 1500")],
  ["goes beyond 2^32 bytes", { firstSeq: 2 ** 20 - 1 }, Array(4).fill("event 1500")],
  [
    "goes beyond 2^32 bytes, overwriting,",
    { mode: "overwrite", firstSeq: 2 ** 20 - 1 },
    Array(6).fill("event 1500"),
  ],
  ["fills sub-buffers", { mode: "overwrite" }, Array(8).fill("event 2046")],
  [
    "flushes",
    { nSubbufs: 8 },
    ["active", "even-if-empty", "dead", "final"].flatMap((mode) => ["event 50", `flush ${mode}`]),
  ],
  ["flushes around open slots", { nSubbufs: 8 }, [50, "flush active", 60, "flush final", "0", "0"]],
  ["nests slots", {}, [50, 60, 70, 80, "3", "0", 90, "1", "1", "0", "event 30", 40]],
  [
    "nests slots, overwriting,",
    { mode: "overwrite" },
    [1500, 60, 1000, "2", "0", 1500, 40, "1", "0", "0", "event 3000", 2000, 1000, "1", "0"],
  ],
  [
    "nests slots over sub-buffers",
    { nSubbufs: 4 },
    [2000, 2000, 2000, "1", 2000, "1", 100, "0", "0", "0", 2000, 2000, "event 30", "0", "0"],
  ],
  [
    "closes sub-buffers behind an open slot",
    { nSubbufs: 4 },
    [2000, ...Array(4).fill("event 2000"), "flush active", "event 50", "flush final", "0"],
  ],
  ["fills sub-buffers and nests", { nSubbufs: 4 }, [4000, 92, "1", 50, "0", 4042, 8, "1", "0"]],
];

for (const [what, setup, script] of PROGRAMS) {
  Deno.test(`RingWriter.takeOver() mends what a thread left at any store that ${what}`, () => {
    const test = new TestRing({ ...setup, headerSize: 4 });
    let line = "attach";
    let stores = 0;
    const thread: MortalWriter = new MortalWriter(
      test,
      setup.firstSeq ?? 0,
      () => thread.check(`store ${++stores}, in "${line}"`),
    );
    using _watch = watchAtomics();
    thread.writer.attach();
    for (const [i, act] of script.entries()) {
      line = `${i}: ${act}`;
      const [word, argument] = `${act}`.split(" ");
      if (word === "event") thread.event(Number(argument));
      else if (word === "flush") thread.writer.flush(argument as FlushMode);
      else if (typeof act === "number") thread.reserve(act);
      else thread.commit(Number(act));
      thread.check(`behind "${line}"`);
    }
    assert(stores > 10, "stores were watched");
  });
}

Deno.test("RingWriter.attach() opens nothing in a ring that was finalized before", () => {
  using test = new TestRing({ headerSize: 60 });
  test.ring.flush("final");
  const writer = new RingWriter(test.memory, null, { headerSize: 60 });
  const before = test.offset;
  writer.attach();
  assertEquals([writer.reserve(8), test.offset], [LOST_OFFLINE, before]);
  writer.detach();
});
