import { PAGE_SIZE } from "@ltt/relay/hw";
import { LOST_FULL } from "@ltt/relay/ring";
import { assert, assertEquals } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import {
  allLost,
  commitCounts,
  dataOf,
  deliveredCounts,
  MODES,
  readAll,
  TestRing,
} from "./support.ts";

for (const mode of MODES) {
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
