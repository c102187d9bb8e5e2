import { PAGE_SIZE } from "@ltt/relay/hw";
import {
  assertRepairable,
  isStored,
  openSlots,
  RingMemory,
  RingWriter,
  type StoredSubbuf,
  storedSubbufs,
} from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BOUNCE,
  COMMITTED,
  CONSUMED,
  CPU,
  HEADER_SIZE,
  MAGIC,
  MORE_RUNS,
  N_SUBBUFS_ORDER,
  NEXT,
  OFFSET,
  OPEN_SLOTS,
  OPENED,
  OPENING,
  OVERWRITE,
  PAGES,
  READER_ID,
  SUBBUF_ORDER,
  SWITCHING,
  VERSION,
  WRAPS,
} from "../../../relay/ring/control.ts";
import {
  copyRing,
  describedEvent,
  describedEvents,
  type RingSetup,
  TestRing,
  watchAtomics,
  watchStores,
} from "./support.ts";

const HEADER = 16;
const MODES = ["discard", "overwrite"] as const;

/** A ring of four sub-buffers whose headers say their number. */
function ringOf(setup: RingSetup = {}): TestRing {
  const test: TestRing = new TestRing({
    nSubbufs: 4,
    headerSize: HEADER,
    client: { bufferBegin: (header, seq) => test.machine.ram.view.setUint32(header, seq, true) },
    ...setup,
  });
  return test;
}

/** Fills the sub-buffer that is open with two events that tell its number, and delivers it. */
function fill(test: TestRing, seq: number): void {
  for (const half of [0, 1]) write(test, 2 * seq + half, 1000);
  assert(test.writer.flush("active"), `sub-buffer ${seq} is delivered`);
}

/** Writes an event that tells its number. */
function write(test: TestRing, number: number, size: number): void {
  const address = test.writer.reserve(size);
  assert(address > 0, `event ${number} is lost: ${address}`);
  test.machine.ram.bytes.set(describedEvent(size, number), address);
  test.writer.commit();
}

function seqs(memory: RingMemory): number[] {
  return storedSubbufs(memory).map(({ seq }) => seq);
}

/** Fails unless the sub-buffers that are stored are those, and hold what `fill` wrote there. */
function assertStored(memory: RingMemory, expected: readonly number[], what: string): void {
  assertEquals(seqs(memory), expected, what);
  for (const stored of storedSubbufs(memory)) {
    const { seq, index, dataSize } = stored;
    const [view] = memory.views(index, dataSize);
    assertEquals(new DataView(view.slice().buffer).getUint32(0, true), seq, `${what}: header`);
    const numbers = describedEvents(view.slice(), HEADER);
    assertEquals(numbers, [2 * seq, 2 * seq + 1], `${what}: events of sub-buffer ${seq}`);
    assert(isStored(memory, stored), `${what}: sub-buffer ${seq} is not stored`);
  }
}

for (const mode of MODES) {
  Deno.test(`storedSubbufs() of a ring that nobody wrote to is none: ${mode} mode`, () => {
    using test = ringOf({ mode });
    assertEquals([storedSubbufs(test.memory), openSlots(test.memory)], [[], 0]);
    assertRepairable(test.memory);
  });

  Deno.test(`storedSubbufs() leaves out the sub-buffer that the writer is in: ${mode} mode`, () => {
    using test = ringOf({ mode });
    assertEquals(seqs((test.writer, test.memory)), []);
    write(test, 0, 1000);
    assertEquals(seqs(test.memory), [], "with an event");
    write(test, 1, 1000);
    test.writer.flush("active");
    assertStored(test.memory, [0], "delivered");
  });

  Deno.test(`storedSubbufs() are the newest, the oldest first, lap after lap: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const reader = mode === "discard" ? test.reader() : null;
    for (let seq = 0; seq < 20; seq++) {
      fill(test, seq);
      // The writer is in sub-buffer seq + 1, which has taken the place of seq - 3.
      const expected = [seq - 2, seq - 1, seq].filter((one) => one >= 0);
      assertStored(test.memory, expected, `${mode}, ${seq + 1} delivered`);
      assertRepairable(test.memory);
      if (reader?.getNextSubbuf()) reader.putNextSubbuf();
    }
  });

  Deno.test(`storedSubbufs() of a writer that has filled the last one are all: ${mode} mode`, () => {
    using test = ringOf({ mode });
    for (let seq = 0; seq < 3; seq++) fill(test, seq);
    for (const half of [0, 1]) write(test, 6 + half, 1000);
    test.writer.flush("final");
    assertStored(test.memory, [0, 1, 2, 3], "all four");
    assertRepairable(test.memory);
  });

  Deno.test(`storedSubbufs() are stored whether they are consumed or not: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const reader = test.reader();
    for (let seq = 0; seq < 3; seq++) fill(test, seq);
    assertStored(test.memory, [0, 1, 2], "none consumed");
    for (let seq = 0; seq < 3; seq++) {
      reader.getNextSubbuf();
      reader.putNextSubbuf();
      assertStored(test.memory, [0, 1, 2], `${seq + 1} consumed`);
    }
  });

  Deno.test(`isStored() is over when the writer enters the place: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const reader = mode === "discard" ? test.reader() : null;
    for (let seq = 0; seq < 3; seq++) fill(test, seq);
    if (reader?.getNextSubbuf()) reader.putNextSubbuf();
    const stored = storedSubbufs(test.memory);
    for (const half of [0, 1]) write(test, 6 + half, 1000);
    const areStored = (): boolean[] => stored.map((one) => isStored(test.memory, one));
    assertEquals(areStored(), [true, true, true], "three, and one in the making");
    test.writer.flush("active");
    assertEquals(areStored(), [false, true, true], "the first is being written over");
  });

  Deno.test(`storedSubbufs() go on when the offset has come to 2^32: ${mode} mode`, () => {
    const first = 2 ** 20 - 3;
    using test = ringOf({ mode, firstSeq: first });
    const reader = mode === "discard" ? test.reader() : null;
    for (let seq = first; seq < first + 9; seq++) {
      fill(test, seq);
      const expected = [seq - 2, seq - 1, seq].filter((one) => one >= first);
      assertStored(test.memory, expected, `${mode}, number ${seq}`);
      assertRepairable(test.memory);
      if (reader?.getNextSubbuf()) reader.putNextSubbuf();
    }
  });

  Deno.test(`storedSubbufs() of several runs have the bytes of all: ${mode} mode`, () => {
    using test = ringOf({
      mode,
      nSubbufs: 2,
      subbufSize: 2 * PAGE_SIZE,
      freeRuns: [1, 1, 1, 2, 1, 2, 4, 4, 4],
    });
    assert(test.memory.runs.some((runs) => runs.length > 1), "several runs");
    for (const number of [0, 1, 2]) write(test, number, 2500);
    test.writer.flush("active");
    const [{ index, dataSize }] = storedSubbufs(test.memory);
    const bytes = new Uint8Array(dataSize);
    let at = 0;
    for (const view of test.memory.views(index, dataSize)) {
      bytes.set(view, at);
      at += view.length;
    }
    assertEquals(describedEvents(bytes, HEADER), [0, 1, 2]);
  });

  Deno.test(`openSlots() counts what is reserved and not committed: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const { writer, memory } = test;
    const counts = [];
    for (let open = 1; open <= 4; open++) {
      writer.reserve(10);
      counts.push(openSlots(memory));
      assertRepairable(memory);
    }
    for (let open = 3; open >= 0; open--) {
      writer.commit();
      counts.push(openSlots(memory));
      assertRepairable(memory);
    }
    assertEquals(counts, [1, 2, 3, 4, 3, 2, 1, 0]);
  });

  Deno.test(`openSlots() counts one that fills its sub-buffer: ${mode} mode`, () => {
    using test = ringOf({ mode });
    test.writer.reserve(PAGE_SIZE - HEADER);
    assertEquals([openSlots(test.memory), seqs(test.memory)], [1, []]);
    assertRepairable(test.memory);
    test.writer.commit();
    assertEquals([openSlots(test.memory), seqs(test.memory)], [0, [0]]);
  });

  Deno.test(`storedSubbufs() leave out one with an open slot, not those behind it: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const { writer, memory } = test;
    write(test, 0, 1000);
    const outer = writer.reserve(1000);
    for (let number = 2; number < 6; number++) {
      // Behind the first in its sub-buffer there is no room for two.
      if (number === 2) writer.flush("active");
      write(test, number, 1000);
    }
    writer.flush("active");
    assertEquals([openSlots(memory), seqs(memory)], [1, [1]], "sub-buffer 0 has an open slot");
    assertRepairable(memory);
    test.machine.ram.bytes.set(describedEvent(1000, 1), outer);
    writer.commit();
    assertEquals([openSlots(memory), seqs(memory)], [0, [0, 1]], "committed");
  });

  Deno.test(`assertRepairable() takes nested slots over several sub-buffers: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const { writer, memory } = test;
    // Four that are open, in three sub-buffers, with one that is committed between.
    writer.reserve(1500);
    writer.reserve(1500);
    writer.reserve(1500);
    write(test, 0, 1500);
    writer.reserve(1500);
    assertEquals([openSlots(memory), seqs(memory)], [4, []]);
    assertRepairable(memory);
    const copy = copyRing(test);
    assertRepairable(copy);
    repaired(copy);
    assertEquals(openSlots(copy), 0, "after the repair");
  });

  Deno.test(`assertRepairable() takes slots that overlap for laps: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const { writer, memory } = test;
    const reader = mode === "discard" ? test.reader() : null;
    writer.reserve(2500);
    let slot = writer.openSlot();
    for (let seq = 1; seq < 20; seq++) {
      // The next is reserved before this one is committed: never is none open.
      assert(writer.reserve(2500) > 0, `slot ${seq}`);
      const next = writer.openSlot();
      writer.commit(slot);
      slot = next;
      assertRepairable(copyRing(test));
      if (reader?.getNextSubbuf()) reader.putNextSubbuf();
    }
    assertEquals(openSlots(memory), 1);
  });

  Deno.test(`a writer that is killed anywhere leaves a ring that is repairable: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const reader = mode === "discard" ? test.reader() : null;
    assert(test.writer.attached);
    let stores = 0;
    using _ = watchAtomics();
    let isWatched = true;
    const look = (): void => {
      if (!isWatched) return;
      isWatched = false;
      stores++;
      const copy = copyRing(test);
      assertRepairable(copy);
      const before = seqs(copy);
      repaired(copy);
      const after = seqs(copy);
      assert(
        before.every((seq) => after.includes(seq) || seq < after[0]),
        `store ${stores}: ${before} were stored, ${after} are after the repair`,
      );
      assertEquals(after, after.map((_, i) => after[0] + i), `store ${stores}: without a gap`);
      isWatched = true;
    };
    test.writer.detach();
    const writer = new RingWriter(watchStores(test.memory, look), null, {
      headerSize: HEADER,
      bufferBegin: (header, seq) => test.machine.ram.view.setUint32(header, seq, true),
    });
    writer.attach();
    for (let number = 0; number < 30; number++) {
      const address = writer.reserve(1000);
      assert(address > 0, `event ${number}`);
      if (number % 3 === 0) {
        writer.reserve(300);
        writer.commit();
      }
      writer.commit();
      isWatched = false;
      if (reader?.getNextSubbuf()) reader.putNextSubbuf();
      isWatched = true;
    }
    assert(stores > 200, `${stores} stores`);
    isWatched = false;
    writer.detach();
  });
}

/** Repairs a ring whose writer is gone. */
function repaired(memory: RingMemory): void {
  const writer = new RingWriter(memory, null, { headerSize: HEADER });
  writer.takeOver();
  writer.flush("dead");
}

Deno.test("storedSubbufs() has one that a reader holds, in overwrite mode", () => {
  using test = ringOf({ mode: "overwrite" });
  const reader = test.reader();
  for (let seq = 0; seq < 3; seq++) fill(test, seq);
  const held = reader.getNextSubbuf()!;
  assertEquals([held.seq, held.index], [0, 0]);
  assertStored(test.memory, [0, 1, 2], "got");
  fill(test, 3);
  // Its place has the next lap's.
  assertStored(test.memory, [1, 2, 3], "the writer has been in its place");
  reader.putNextSubbuf();
  assertStored(test.memory, [1, 2, 3], "put");
  fill(test, 4);
  assertStored(test.memory, [2, 3, 4], "a sub-buffer later");
});

Deno.test("storedSubbufs() has one that a reader put back, in overwrite mode", () => {
  using test = ringOf({ mode: "overwrite" });
  const reader = test.reader();
  for (let seq = 0; seq < 3; seq++) fill(test, seq);
  reader.getNextSubbuf();
  reader.putSubbuf();
  assertStored(test.memory, [0, 1, 2], "put back");
  for (const position of [PAGE_SIZE, 2 * PAGE_SIZE]) {
    reader.getSubbuf(position);
    assertStored(test.memory, [0, 1, 2], `got at ${position}`);
    reader.putSubbuf();
  }
  assertStored(test.memory, [0, 1, 2], "each put back");
  fill(test, 3);
  assertStored(test.memory, [1, 2, 3], "a sub-buffer later");
});

Deno.test("storedSubbufs() has those that a reader has consumed, lap after lap, in overwrite mode", () => {
  using test = ringOf({ mode: "overwrite" });
  const reader = test.reader();
  for (let seq = 0; seq < 20; seq++) {
    fill(test, seq);
    const expected = [seq - 2, seq - 1, seq].filter((one) => one >= 0);
    assertStored(test.memory, expected, `${seq + 1} delivered`);
    if (seq % 3 === 0) continue;
    reader.getNextSubbuf();
    assertStored(test.memory, expected, `${seq + 1} delivered, and one held`);
    reader.putNextSubbuf();
    assertStored(test.memory, expected, `${seq + 1} delivered, and one consumed`);
  }
});

Deno.test("isStored() is over when the place of one that a reader holds is written over", () => {
  using test = ringOf({ mode: "overwrite" });
  const reader = test.reader();
  for (let seq = 0; seq < 3; seq++) fill(test, seq);
  const [first]: StoredSubbuf[] = storedSubbufs(test.memory);
  reader.getNextSubbuf();
  assert(isStored(test.memory, first), "held");
  fill(test, 3);
  assertEquals(isStored(test.memory, first), false, "not of the newest any more");
});

const broken: [string, number, number, string][] = [
  [
    "that begins within a sub-buffer",
    OPENED,
    100,
    "the place in a sub-buffer of what begins one is 100, not 0 to 0",
  ],
  [
    "whose reader is within one",
    CONSUMED,
    5,
    "the reader's place in a sub-buffer is 5, not 0 to 0",
  ],
  ["with wraps there cannot be", WRAPS, -2, "the number of wraps is -2, not -1 to 2147483647"],
  [
    "that is about something else",
    SWITCHING,
    OPENING + 1,
    "what the writer was about is 3, not 0 to 2",
  ],
  ["with less than no slots", OPEN_SLOTS, -1, "the number of open slots is -1, not 0 to 4"],
  ["with too many slots", OPEN_SLOTS, 5, "the number of open slots is 5, not 0 to 4"],
  [
    "reserved beyond its sub-buffer",
    OFFSET,
    3 * PAGE_SIZE,
    "what is reserved of the sub-buffer is 8192, not 0 to 4096",
  ],
  [
    "reserved before its sub-buffer",
    OFFSET,
    0,
    "what is reserved of the sub-buffer is -4096, not 0 to 4096",
  ],
  ["committed beyond what is reserved", COMMITTED, 2 * PAGE_SIZE + 1, "what is not committed is -"],
];
for (const [what, word, value, message] of broken) {
  Deno.test(`assertRepairable() refuses a ring ${what}`, () => {
    using test = ringOf();
    fill(test, 0);
    const copy = copyRing(test);
    copy.control[word] = value;
    const error = assertThrows(() => assertRepairable(copy), TypeError);
    const all = `Cannot repair the ring at ${copy.control.byteOffset}: ${message}`;
    assertEquals(error.message.slice(0, all.length), all);
  });
}

Deno.test("assertRepairable() refuses a reader's sub-buffer that there is none of", () => {
  using test = ringOf({ mode: "overwrite" });
  fill(test, 0);
  const copy = copyRing(test);
  copy.control[READER_ID] = 5 << 1;
  const error = assertThrows(() => assertRepairable(copy), TypeError);
  const at = copy.control.byteOffset;
  const what = "a sub-buffer's number is 5, not 0 to 4";
  assertEquals(error.message, `Cannot repair the ring at ${at}: ${what}`);
});

const contradictions: [string, number, number, string][] = [
  ["no magic", MAGIC, 0, "none"],
  ["another version", VERSION, 2, "none"],
  [
    "sub-buffers below a page",
    SUBBUF_ORDER,
    11,
    "the order of its sub-buffers is 11, not 12 to 29",
  ],
  ["sub-buffers of 1 GiB", SUBBUF_ORDER, 30, "the order of its sub-buffers is 30, not 12 to 29"],
  ["one sub-buffer", N_SUBBUFS_ORDER, 0, "the order of their number is 0, not 1 to 18"],
  ["sub-buffers beyond 1 GiB", N_SUBBUFS_ORDER, 19, "the order of their number is 19, not 1 to 18"],
  ["less than no header", HEADER_SIZE, -1, "its header's size is -1, not 0 to 4095"],
  ["a header of a sub-buffer", HEADER_SIZE, PAGE_SIZE, "its header's size is 4096, not 0 to 4095"],
  ["another mode", OVERWRITE, 2, "its mode is 2, not 0 to 1"],
  ["less than CPU 0", CPU, -1, "its CPU is -1, not 0 to"],
  ["a CPU there cannot be", CPU, 1 << 20, "its CPU is 1048576, not 0 to"],
  ["more sub-buffers than records", N_SUBBUFS_ORDER, 6, "its records are cut off"],
];
for (const [what, word, value, message] of contradictions) {
  Deno.test(`RingMemory() refuses a ring with ${what}`, () => {
    using test = ringOf();
    const { byteOffset, buffer } = copyRing(test).control;
    new Int32Array(buffer, byteOffset)[word] = value;
    const error = assertThrows(() => new RingMemory(buffer, byteOffset), TypeError);
    const all = message === "none"
      ? `Cannot look at a ring at ${byteOffset}: there is none of this version`
      : `Cannot look at the ring at ${byteOffset}: ${message}`;
    assertEquals(error.message.slice(0, all.length), all);
  });
}

for (const address of [-PAGE_SIZE, 100, 2 ** 40, NaN]) {
  Deno.test(`RingMemory() refuses address ${address}`, () => {
    using test = ringOf();
    const { buffer } = copyRing(test).control;
    const error = assertThrows(() => new RingMemory(buffer, address), TypeError);
    assertEquals(error.message, `Cannot look at a ring at ${address}: no page of RAM`);
  });
}

for (
  const [pages, what] of [[0, "no pages"], [-1, "less than none"], [2, "more than it has"]] as const
) {
  Deno.test(`RingMemory() refuses a run of ${what}`, () => {
    using test = ringOf();
    const { control: { buffer, byteOffset }, words, records } = copyRing(test);
    words[records[2] + PAGES] = pages;
    const error = assertThrows(() => new RingMemory(buffer, byteOffset), TypeError);
    const why = `sub-buffer 2 has a run of ${pages} pages`;
    assertEquals(error.message, `Cannot look at the ring at ${byteOffset}: ${why}`);
  });
}

Deno.test("RingMemory() refuses a sub-buffer whose other runs have no record", () => {
  using test = ringOf({
    nSubbufs: 2,
    subbufSize: 2 * PAGE_SIZE,
    freeRuns: [1, 1, 1, 2, 1, 2, 4, 4, 4],
  });
  const { control: { buffer, byteOffset }, words, records, runs } = copyRing(test);
  const divided = runs.findIndex((one) => one.length > 1);
  words[records[divided] + MORE_RUNS] = 777;
  const error = assertThrows(() => new RingMemory(buffer, byteOffset), TypeError);
  const why = `sub-buffer ${divided} has no record 777`;
  assertEquals(error.message, `Cannot look at the ring at ${byteOffset}: ${why}`);
});

/** Refuses frames that there are not, or that were claimed already. */
function claimOnce(
  frames: number,
): { claimed: string[]; claim: (pfn: number, count: number, use: string) => void } {
  const used = new Set<number>();
  const claimed: string[] = [];
  return {
    claimed,
    claim(pfn, count, use): void {
      claimed.push(use);
      for (let frame = pfn; frame < pfn + count; frame++) {
        if (!(frame >= 0 && frame < frames) || used.has(frame)) {
          throw new TypeError(`page ${frame}, a ${use}`);
        }
        used.add(frame);
      }
    },
  };
}

Deno.test("RingMemory() tells of each of its frames once", () => {
  for (const mode of MODES) {
    using test = ringOf({ mode, nSubbufs: 64 });
    const { claimed, claim } = claimOnce(256);
    new RingMemory(test.machine.ram.buffer, test.control.byteOffset, claim);
    const counts = (use: string): number => claimed.filter((one) => one === use).length;
    assertEquals(
      [counts("control page"), counts("sub-buffer")],
      mode === "discard" ? [2, 64] : [2, 65],
    );
  }
});

Deno.test("RingMemory() tells of the area in which slots are assembled", () => {
  using test = ringOf({
    nSubbufs: 2,
    subbufSize: 2 * PAGE_SIZE,
    freeRuns: [1, 1, 1, 2, 1, 2, 4, 4, 4],
  });
  assert(test.control[BOUNCE] >= 0, "there is one");
  const { claimed, claim } = claimOnce(256);
  new RingMemory(test.machine.ram.buffer, test.control.byteOffset, claim);
  assertEquals(claimed.at(-1), "bounce area");
});

for (
  const [what, next] of [
    ["go round in a circle", (control: Int32Array) => control.byteOffset / PAGE_SIZE],
    ["go on where there is no page", () => 256],
    ["go on before the first page", () => -2],
  ] as const
) {
  Deno.test(`RingMemory() lets a claim refuse control pages that ${what}`, () => {
    using test = ringOf();
    const { control } = copyRing(test);
    const pfn = control[NEXT] = next(control);
    const { claim } = claimOnce(256);
    assertThrows(
      () => new RingMemory(control.buffer, control.byteOffset, claim),
      TypeError,
      `page ${pfn}, a control page`,
    );
  });
}
