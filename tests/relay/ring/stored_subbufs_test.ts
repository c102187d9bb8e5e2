import { PAGE_SIZE } from "@ltt/relay/hw";
import {
  assertRepairable,
  isStored,
  openSlots,
  type StoredSubbuf,
  storedSubbufs,
} from "../../../relay/ring/stored_subbufs.ts";
import { assert, assertEquals } from "@std/assert";
import { describedEvents, joined } from "./bytes.ts";
import { assertStored, fill, HEADER, ringOf, seqs, write } from "./stored_support.ts";
import { MODES, SEVERAL_RUNS } from "./support.ts";

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
      freeRuns: SEVERAL_RUNS,
    });
    assert(test.memory.runs.some((runs) => runs.length > 1), "several runs");
    for (const number of [0, 1, 2]) write(test, number, 2500);
    test.writer.flush("active");
    const [{ index, dataSize }] = storedSubbufs(test.memory);
    const bytes = joined(...test.memory.views(index, dataSize));
    assertEquals(describedEvents(bytes, HEADER), [0, 1, 2]);
  });
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
