import { PAGE_SIZE } from "@ltt/relay/hw";
import { LOST_NESTED, type RingWriter } from "@ltt/relay/ring";
import { assertEquals, assertThrows } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import { deliveredCounts, HALF, NOTHING_LOST, readAll, TestRing } from "./support.ts";

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
