import {
  KernelError,
  PAGE_SIZE,
  POLLHUP,
  POLLIN,
  POLLPRI,
  POLLRDBAND,
  POLLRDHUP,
  POLLRDNORM,
} from "@ltt/relay/hw";
import { RingReader, RingWriter } from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ID, NOREF } from "../../../relay/ring/control.ts";
import {
  dataOf,
  describedEvent,
  describedEvents,
  eventBytes,
  NOTHING_LOST,
  readAll,
  TestRing,
  watchAtomics,
  watchStores,
} from "./support.ts";

const READY = POLLIN | POLLRDNORM;
const URGENT = POLLPRI | POLLRDBAND;
const MODES = ["discard", "overwrite"] as const;

/** Fills sub-buffers with an event each, numbered from `first` on. */
function fill(test: TestRing, count: number, first = 0): void {
  for (let i = first; i < first + count; i++) {
    assert(test.event(PAGE_SIZE, i) >= 0, `event ${i}`);
  }
}

const event = (number: number): Uint8Array => eventBytes(PAGE_SIZE, number);

// Attaching.

Deno.test("RingReader.attach() answers EBUSY while a reader is attached", () => {
  using test = new TestRing();
  const reader = test.reader();
  assertEquals(assertThrows(() => test.reader(), KernelError).code, "EBUSY");
  reader.close();
  test.reader().close();
});

Deno.test("RingReader throws a TypeError when it is not attached", () => {
  using test = new TestRing();
  fill(test, 1);
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
    fill(test, 1);
    const first = test.reader();
    first.getNextSubbuf();
    first.close();
    assertEquals(test.consumed, 0);
    assertEquals(readAll(test.reader()).map(({ data }) => data), [event(0)], mode);
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
  fill(test, 3);
  {
    using first = test.reader();
    first.getNextSubbuf();
    first.putNextSubbuf();
  }
  const second = test.reader();
  assertEquals(readAll(second).map(({ seq }) => seq), [1, 2]);
  assertEquals(second.missed, 0);
});

// Getting and putting.

for (const mode of MODES) {
  Deno.test(`RingReader.getNextSubbuf() gives what is delivered, in order, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    const reader = test.reader();
    assertEquals(reader.getNextSubbuf(), null, "nobody has written");
    test.event(PAGE_SIZE - 1, 0);
    assertEquals(reader.getNextSubbuf(), null, "the first one is open");
    test.event(1, 0);
    fill(test, 3, 1);
    assertEquals(readAll(reader).map(({ seq }) => seq), [0, 1, 2, 3]);
    assertEquals(reader.getNextSubbuf(), null, "all are consumed");
  });

  Deno.test(`RingReader.putSubbuf() leaves it to be consumed, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    fill(test, 2);
    const reader = test.reader();
    for (let i = 0; i < 3; i++) {
      assertEquals(dataOf(reader.getNextSubbuf()!), event(0));
      reader.putSubbuf();
    }
    assertEquals(test.consumed, 0);
    assertEquals(readAll(reader).map(({ data }) => data), [event(0), event(1)]);
  });

  Deno.test(`RingReader.getSubbuf() throws a TypeError while one is held, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    fill(test, 2);
    const reader = test.reader();
    reader.getNextSubbuf();
    assertThrows(() => reader.getNextSubbuf(), TypeError, "one is held");
    assertThrows(() => reader.getSubbuf(PAGE_SIZE), TypeError, "one is held");
    reader.putNextSubbuf();
    assertEquals(reader.getNextSubbuf()!.seq, 1);
  });

  Deno.test(`RingReader puts a sub-buffer only once, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    fill(test, 2);
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
    fill(test, 3);
    const reader = test.reader();
    assertEquals(dataOf(reader.getSubbuf(2 * PAGE_SIZE)!), event(2));
    reader.putSubbuf();
    assertEquals(dataOf(reader.getSubbuf(PAGE_SIZE)!), event(1));
    reader.putNextSubbuf();
    assertEquals(reader.missed, 1, "number 0 was skipped");
    assertEquals(reader.getSubbuf(0), null, "skipped is consumed");
    assertEquals(reader.getSubbuf(PAGE_SIZE), null, "consumed");
    assertEquals(reader.getSubbuf(3 * PAGE_SIZE), null, "not delivered");
    assertEquals(reader.getSubbuf(6 * PAGE_SIZE), null, "of the lap to come");
    assertEquals(reader.getSubbuf(2 ** 32 - 2 * PAGE_SIZE), null, "of the lap before the first");
    assertEquals(dataOf(reader.getNextSubbuf()!), event(2));
  });

  for (const position of [1, 2048, -5, 0.5, NaN, Infinity]) {
    Deno.test(`RingReader.getSubbuf() throws a RangeError at ${position}, in ${mode} mode`, () => {
      using test = new TestRing({ mode });
      fill(test, 1);
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
    fill(test, 4);
    const reader = test.reader();
    const all = [...reader.snapshot()].map(({ seq, position }) => [seq, position]);
    const expected = [0, 1, 2, 3].map((i) => [first + i, (first + i) * PAGE_SIZE % 2 ** 32]);
    assertEquals(all, expected);
    assertEquals(dataOf(reader.getSubbuf(PAGE_SIZE)!), event(3));
    reader.putSubbuf();
    assertEquals(readAll(reader).map(({ data }) => data), [0, 1, 2, 3].map(event));
    assertEquals(reader.missed, 0);
  });
}

Deno.test("RingReader.putNextSubbuf() gives the writer its place back, in discard mode", () => {
  using test = new TestRing();
  fill(test, 2);
  const reader = test.reader();
  reader.getNextSubbuf();
  assert(test.event(8) < 0, "held");
  reader.putNextSubbuf();
  assert(test.event(8) >= 0, "consumed");
});

// Overwriting.

Deno.test("RingReader keeps what it holds while the writer goes round, in overwrite mode", () => {
  using test = new TestRing({ mode: "overwrite" });
  fill(test, 2);
  const reader = test.reader();
  const held = reader.getNextSubbuf()!;
  fill(test, 7, 2);
  assertEquals(dataOf(held), event(0));
  reader.putNextSubbuf();
  assertEquals(readAll(reader).map(({ data }) => data), [event(7), event(8)]);
  assertEquals(reader.missed, 6);
});

Deno.test("RingReader keeps what it holds when it has put it back before, in overwrite mode", () => {
  using test = new TestRing({ mode: "overwrite" });
  fill(test, 2);
  const reader = test.reader();
  reader.getNextSubbuf();
  reader.putSubbuf();
  const held = reader.getNextSubbuf()!;
  fill(test, 4, 2);
  assertEquals(dataOf(held), event(0));
});

Deno.test("RingReader.putSubbuf() drops what was overwritten meanwhile", () => {
  using test = new TestRing({ mode: "overwrite" });
  fill(test, 2);
  const reader = test.reader();
  reader.getNextSubbuf();
  fill(test, 1, 2);
  reader.putSubbuf();
  assertEquals(readAll(reader).map(({ data }) => data), [event(1), event(2)]);
  assertEquals(reader.missed, 1);
});

Deno.test("RingReader.putSubbuf() does not put back what is a whole 2^32 bytes old", () => {
  using test = new TestRing({ mode: "overwrite", firstSeq: 4 });
  fill(test, 1);
  const reader = test.reader();
  const held = reader.getNextSubbuf()!;
  const { memory } = test;
  const place = memory.records[0] + ID;
  const id = memory.words[place];
  fill(test, 2, 1);
  // The writer has gone on until the place says the same as when it was left.
  memory.words[place] = id;
  reader.putSubbuf();
  assertEquals(memory.words[place], id, `sub-buffer ${held.index} is not in its place again`);
  assertEquals(id & NOREF, NOREF);
});

Deno.test("RingReader gets and puts whole sub-buffers at any store of the writer", () => {
  const test = new TestRing({ mode: "overwrite", headerSize: 4, firstSeq: 2 ** 20 - 3 });
  const reader = test.reader();
  let last = 0;
  let got = 0;
  const getAndPut = () => {
    const subbuf = reader.getNextSubbuf();
    if (subbuf === null) return;
    got++;
    const numbers = describedEvents(dataOf(subbuf), 4);
    assertEquals(numbers.length, 2, `events in sub-buffer ${subbuf.seq}`);
    assert(numbers[0] >= last, `event ${numbers[0]} comes behind event ${last}`);
    last = numbers[0];
    reader.putSubbuf();
  };
  using _watch = watchAtomics();
  const memory = watchStores(test.memory, getAndPut);
  const writer = new RingWriter(memory, null, { headerSize: 4 });
  writer.attach();
  for (let number = 1; number <= 16; number++) {
    test.machine.ram.bytes.set(describedEvent(2000, number), writer.reserve(2000));
    writer.commit();
  }
  assert(got > 20, "some could be had");
  assertEquals(last, 13);
});

Deno.test("RingReader.getSubbuf() gives no sub-buffer that was overwritten", () => {
  using test = new TestRing({ mode: "overwrite" });
  fill(test, 3);
  const reader = test.reader();
  assertEquals(reader.getSubbuf(0), null);
  assertEquals(reader.getSubbuf(PAGE_SIZE)!.seq, 1);
});

Deno.test("RingReader.getNextSubbuf() gives nothing while the writer is in the oldest place", () => {
  using test = new TestRing({ mode: "overwrite" });
  fill(test, 2);
  test.event(8, 2);
  const reader = test.reader();
  assertEquals(reader.getNextSubbuf()!.seq, 1);
  reader.putNextSubbuf();
  assertEquals(reader.getNextSubbuf(), null);
});

Deno.test("RingReader.missed counts what was overwritten before this reader came", () => {
  using test = new TestRing({ mode: "overwrite" });
  fill(test, 5);
  const first = test.reader();
  assertEquals(first.missed, 0, "nothing was read yet");
  first.getNextSubbuf();
  assertEquals(first.missed, 0, "nor consumed");
  first.putNextSubbuf();
  assertEquals(first.missed, 3);
  first.close();
  fill(test, 2, 5);
  const second = test.reader();
  readAll(second);
  assertEquals(second.missed, 1, "number 4 only");
});

Deno.test("RingReader.missed does not count events that were refused", () => {
  using test = new TestRing();
  fill(test, 2);
  assert(test.event(8) < 0);
  const reader = test.reader();
  readAll(reader);
  fill(test, 1, 2);
  readAll(reader);
  assertEquals([reader.missed, reader.lost], [0, { ...NOTHING_LOST, full: 1 }]);
});

// Snapshots.

for (const mode of MODES) {
  Deno.test(`RingReader.snapshot() goes through sub-buffers and consumes none, ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    fill(test, 3);
    test.event(8, 3);
    const reader = test.reader();
    const snapshot = reader.snapshot();
    assertEquals([snapshot.consumed, snapshot.produced], [0, 3 * PAGE_SIZE]);
    for (let i = 0; i < 2; i++) {
      const data = [];
      for (const subbuf of snapshot) data.push(dataOf(subbuf));
      assertEquals(data, [event(0), event(1), event(2)]);
    }
    assertEquals(test.consumed, 0);
    assertEquals(readAll(reader).map(({ data }) => data), [event(0), event(1), event(2)]);
    assertEquals(reader.missed, 0);
  });

  Deno.test(`RingReader.snapshot() puts the sub-buffer when the loop is left, ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    fill(test, 2);
    const reader = test.reader();
    for (const subbuf of reader.snapshot()) {
      assertEquals(subbuf.seq, 0);
      break;
    }
    assertEquals(readAll(reader).map(({ seq }) => seq), [0, 1]);
  });
}

Deno.test("RingReader.snapshot() leaves out what was overwritten or undelivered meanwhile", () => {
  using test = new TestRing({ nSubbufs: 4, mode: "overwrite" });
  fill(test, 2);
  test.writer.reserve(8);
  test.writer.flush("even-if-empty");
  const slot = test.writer.openSlot();
  fill(test, 1, 3);
  const reader = test.reader();
  const snapshot = reader.snapshot();
  fill(test, 1, 4);
  assertEquals([...snapshot].map(({ seq }) => seq), [1, 3]);
  test.writer.commit(slot);
});

Deno.test("RingReader.snapshot() lets the loop consume what it wants to", () => {
  using test = new TestRing({ nSubbufs: 4 });
  fill(test, 3);
  const reader = test.reader();
  for (const subbuf of reader.snapshot()) if (subbuf.seq < 2) reader.putNextSubbuf();
  assertEquals(readAll(reader).map(({ seq }) => seq), [2]);
});

// Polling.

for (const mode of MODES) {
  Deno.test(`RingReader.poll() tells what can be had, in ${mode} mode`, () => {
    using test = new TestRing({ mode });
    const reader = test.reader();
    const states = [reader.poll()];
    test.event(8, 0);
    states.push(reader.poll());
    test.event(PAGE_SIZE - 8, 0);
    states.push(reader.poll());
    fill(test, 1, 1);
    states.push(reader.poll());
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    states.push(reader.poll());
    test.event(8, 2);
    test.writer.flush("final");
    states.push(reader.poll());
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    states.push(reader.poll());
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    states.push(reader.poll());
    assertEquals(states, [
      0,
      0,
      READY,
      READY | URGENT,
      READY,
      READY | URGENT | POLLRDHUP,
      READY | POLLRDHUP,
      POLLHUP,
    ]);
  });
}

Deno.test("RingReader.poll() says urgent but not ready when the oldest slot is open", () => {
  using test = new TestRing();
  test.writer.reserve(PAGE_SIZE);
  const slot = test.writer.openSlot();
  fill(test, 1, 1);
  const reader = test.reader();
  assertEquals(reader.poll(), URGENT);
  test.writer.flush("final");
  assertEquals(reader.poll(), URGENT | POLLRDHUP);
  test.writer.commit(slot);
  assertEquals(reader.poll(), URGENT | POLLRDHUP | READY);
});

Deno.test("RingReader.poll() says the end of a ring nobody has written to", () => {
  using test = new TestRing();
  const reader = test.reader();
  test.ring.flush("final");
  assertEquals(reader.poll(), POLLHUP);
  assertEquals([...reader], []);
});

// Iterating.

for (const mode of MODES) {
  Deno.test(`RingReader gives all sub-buffers up to the end, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    fill(test, 3);
    test.event(10, 3);
    test.writer.flush("final");
    const reader = test.reader();
    const data = [];
    for (const subbuf of reader) data.push(dataOf(subbuf));
    assertEquals(data, [event(0), event(1), event(2), eventBytes(10, 3)]);
    test.reader().close();
  });
}

Deno.test("RingReader consumes a sub-buffer when the loop asks for the next one", () => {
  using test = new TestRing({ nSubbufs: 4 });
  fill(test, 2);
  test.writer.flush("final");
  const consumed = [];
  for (const _ of test.reader()) consumed.push(test.consumed);
  assertEquals([...consumed, test.consumed], [0, PAGE_SIZE, 2 * PAGE_SIZE]);
});

Deno.test("RingReader consumes the sub-buffer and closes when the loop is left", () => {
  using test = new TestRing({ nSubbufs: 4 });
  fill(test, 3);
  for (const subbuf of test.reader()) if (subbuf.seq === 1) break;
  assertEquals(test.consumed, 2 * PAGE_SIZE);
  const reader = test.reader();
  assertThrows(
    () => {
      for (const _ of reader) throw new Error("provoked");
    },
    Error,
    "provoked",
  );
  assertEquals(test.consumed, 3 * PAGE_SIZE);
  test.reader().close();
});

Deno.test("RingReader leaves alone what the loop has put itself", () => {
  using test = new TestRing({ nSubbufs: 4 });
  fill(test, 3);
  test.writer.flush("final");
  const reader = test.reader();
  const seqs = [];
  for (const { seq } of reader) {
    seqs.push(seq);
    if (seqs.length === 1) reader.putSubbuf();
    else if (seqs.length === 2) reader.putNextSubbuf();
  }
  assertEquals(seqs, [0, 0, 1, 2]);
});

for (const mode of MODES) {
  Deno.test(`RingReader waits for sub-buffers without holding up the thread, ${mode} mode`, async () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    const reader = test.reader();
    const { writer } = test;
    let number = 0;
    const timer = setInterval(() => {
      if (number < 5) {
        test.event(100, number++);
        writer.flush("active");
      } else {
        test.event(100, number);
        writer.flush("final");
        clearInterval(timer);
      }
    }, 1);
    const data = [];
    for await (const subbuf of reader) data.push(dataOf(subbuf));
    assertEquals(data, [0, 1, 2, 3, 4, 5].map((i) => eventBytes(100, i)));
    assertThrows(() => reader.poll(), TypeError, "not attached");
  });
}

Deno.test("RingReader consumes and closes when an asynchronous loop is left", async () => {
  using test = new TestRing({ nSubbufs: 4 });
  fill(test, 2);
  for await (const _ of test.reader()) break;
  assertEquals(test.consumed, PAGE_SIZE);
  test.reader().close();
});

Deno.test("RingReader wakes from an asynchronous wait when a sub-buffer is filled", async () => {
  using test = new TestRing();
  const all = test.reader()[Symbol.asyncIterator]();
  const next = all.next();
  await new Promise((resolve) => setTimeout(resolve, 1));
  fill(test, 1);
  assertEquals((await next).value!.seq, 0);
  const end = all.next();
  test.writer.flush("final");
  assertEquals((await end).done, true);
});

Deno.test("RingReader tells its CPU", () => {
  using test = new TestRing();
  assertEquals([test.reader().cpu, test.writer.cpu], [0, 0]);
});

Deno.test("RingReader.close() ends a loop that waits", async () => {
  using test = new TestRing();
  const reader = test.reader();
  const looped = (async () => {
    for await (const _ of reader) assert(false, "there is nothing to get");
  })();
  await new Promise((resolve) => setTimeout(resolve, 10));
  reader.close();
  await looped;
});
