import { PAGE_SIZE } from "@ltt/relay/hw";
import { assertEquals } from "@std/assert";
import { dataOf, MODES, pageEvent, readAll, TestRing } from "./support.ts";

for (const mode of MODES) {
  Deno.test(`RingReader.snapshot() goes through sub-buffers and consumes none, ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    test.fillSubbufs(3);
    test.event(8, 3);
    const reader = test.reader();
    const snapshot = reader.snapshot();
    assertEquals([snapshot.consumed, snapshot.produced], [0, 3 * PAGE_SIZE]);
    for (let i = 0; i < 2; i++) {
      const data = [];
      for (const subbuf of snapshot) data.push(dataOf(subbuf));
      assertEquals(data, [pageEvent(0), pageEvent(1), pageEvent(2)]);
    }
    assertEquals(test.consumed, 0);
    assertEquals(readAll(reader).map(({ data }) => data), [
      pageEvent(0),
      pageEvent(1),
      pageEvent(2),
    ]);
    assertEquals(reader.missed, 0);
  });

  Deno.test(`RingReader.snapshot() puts the sub-buffer when the loop is left, ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    test.fillSubbufs(2);
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
  test.fillSubbufs(2);
  test.writer.reserve(8);
  test.writer.flush("even-if-empty");
  const slot = test.writer.openSlot();
  test.fillSubbufs(1, 3);
  const reader = test.reader();
  const snapshot = reader.snapshot();
  test.fillSubbufs(1, 4);
  assertEquals([...snapshot].map(({ seq }) => seq), [1, 3]);
  test.writer.commit(slot);
});

Deno.test("RingReader.snapshot() lets the loop consume what it wants to", () => {
  using test = new TestRing({ nSubbufs: 4 });
  test.fillSubbufs(3);
  const reader = test.reader();
  for (const subbuf of reader.snapshot()) if (subbuf.seq < 2) reader.putNextSubbuf();
  assertEquals(readAll(reader).map(({ seq }) => seq), [2]);
});
