import { PAGE_SIZE } from "@ltt/relay/hw";
import { assertEquals, assertThrows } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import { dataOf, MODES, pageEvent, TestRing } from "./support.ts";

for (const mode of MODES) {
  Deno.test(`RingReader gives all sub-buffers up to the end, in ${mode} mode`, () => {
    using test = new TestRing({ nSubbufs: 4, mode });
    test.fillSubbufs(3);
    test.event(10, 3);
    test.writer.flush("final");
    const reader = test.reader();
    const data = [];
    for (const subbuf of reader) data.push(dataOf(subbuf));
    assertEquals(data, [pageEvent(0), pageEvent(1), pageEvent(2), eventBytes(10, 3)]);
    test.reader().close();
  });
}

Deno.test("RingReader consumes a sub-buffer when the loop asks for the next one", () => {
  using test = new TestRing({ nSubbufs: 4 });
  test.fillSubbufs(2);
  test.writer.flush("final");
  const consumed = [];
  for (const _ of test.reader()) consumed.push(test.consumed);
  assertEquals([...consumed, test.consumed], [0, PAGE_SIZE, 2 * PAGE_SIZE]);
});

Deno.test("RingReader consumes the sub-buffer and closes when the loop is left", () => {
  using test = new TestRing({ nSubbufs: 4 });
  test.fillSubbufs(3);
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
  test.fillSubbufs(3);
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
  test.fillSubbufs(2);
  for await (const _ of test.reader()) break;
  assertEquals(test.consumed, PAGE_SIZE);
  test.reader().close();
});

Deno.test("RingReader wakes from an asynchronous wait when a sub-buffer is filled", async () => {
  using test = new TestRing();
  const all = test.reader()[Symbol.asyncIterator]();
  const next = all.next();
  await new Promise((resolve) => setTimeout(resolve, 1));
  test.fillSubbufs(1);
  assertEquals((await next).value!.seq, 0);
  const end = all.next();
  test.writer.flush("final");
  assertEquals((await end).done, true);
});

Deno.test("RingReader.close() ends a loop that waits", async () => {
  using test = new TestRing();
  const reader = test.reader();
  const looped = (async () => {
    let count = 0;
    for await (const _ of reader) count++;
    return count;
  })();
  await new Promise((resolve) => setTimeout(resolve, 10));
  reader.close();
  assertEquals(await looped, 0, "sub-buffers there were to get");
  test.reader().close();
});
