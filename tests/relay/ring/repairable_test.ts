import { PAGE_SIZE } from "@ltt/relay/hw";
import { type RingMemory, RingWriter } from "@ltt/relay/ring";
import { assertRepairable, openSlots } from "../../../relay/ring/stored_subbufs.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  COMMITTED,
  CONSUMED,
  OFFSET,
  OPEN_SLOTS,
  OPENED,
  OPENING,
  READER_ID,
  SWITCHING,
  WRAPS,
} from "../../../relay/ring/control.ts";
import { fill, HEADER, ringOf, seqs, write } from "./stored_support.ts";
import { copyRing, MODES } from "./support.ts";
import { watchAtomics, watchStores } from "./watched_words.ts";

for (const mode of MODES) {
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
