import { PAGE_SIZE } from "@ltt/relay/hw";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import { dataOf, NOTHING_LOST, TestRing } from "./support.ts";

Deno.test("Subbuf tells its place, number, size and what was lost", () => {
  using test = new TestRing({ subbufSize: 2 * PAGE_SIZE, headerSize: 16 });
  test.writer.reserve(2 ** 20);
  for (const i of [1, 2]) test.event(2 * PAGE_SIZE - 16, i);
  const reader = test.reader();
  reader.getNextSubbuf();
  reader.putNextSubbuf();
  test.event(100, 3);
  reader.getNextSubbuf();
  reader.putNextSubbuf();
  test.writer.flush("final");
  const subbuf = reader.getNextSubbuf()!;
  const { position, index, seq, dataSize, padding, paddedSize, lost } = subbuf;
  assertEquals(
    { position, index, seq, dataSize, padding, paddedSize, lost },
    {
      position: 4 * PAGE_SIZE,
      index: 0,
      seq: 2,
      dataSize: 116,
      padding: 2 * PAGE_SIZE - 116,
      paddedSize: PAGE_SIZE,
      lost: { ...NOTHING_LOST, big: 1 },
    },
  );
});

for (
  const [dataSize, paddedSize] of [
    [1, PAGE_SIZE],
    [PAGE_SIZE, PAGE_SIZE],
    [PAGE_SIZE + 1, 2 * PAGE_SIZE],
    [4 * PAGE_SIZE, 4 * PAGE_SIZE],
  ]
) {
  Deno.test(`Subbuf.paddedSize of ${dataSize} bytes is ${paddedSize}`, () => {
    using test = new TestRing({ subbufSize: 4 * PAGE_SIZE });
    test.event(dataSize);
    test.writer.flush("final");
    const subbuf = test.reader().getNextSubbuf()!;
    assertEquals([subbuf.dataSize, subbuf.paddedSize], [dataSize, paddedSize]);
  });
}

Deno.test("Subbuf.paddedSize of a sub-buffer without data is 0", () => {
  using test = new TestRing();
  test.writer.flush("even-if-empty");
  const { dataSize, paddedSize, padding } = test.reader().getNextSubbuf()!;
  assertEquals([dataSize, paddedSize, padding], [0, 0, PAGE_SIZE]);
});

Deno.test("Subbuf.views() is RAM itself", () => {
  using test = new TestRing({ headerSize: 8 });
  const address = test.event(20, 1);
  test.writer.flush("final");
  const [view] = test.reader().getNextSubbuf()!.views();
  assertEquals([view.buffer === test.machine.ram.buffer, view.byteOffset], [true, address - 8]);
  assertEquals(view.slice(8), eventBytes(20, 1));
  test.machine.ram.bytes[address] ^= 0xff;
  assertEquals(view[8], eventBytes(1, 1)[0] ^ 0xff);
});

for (const length of [-1, 0.5, NaN, PAGE_SIZE + 1, Infinity]) {
  Deno.test(`Subbuf.views() throws a RangeError for ${length} bytes`, () => {
    using test = new TestRing();
    test.event(PAGE_SIZE);
    const subbuf = test.reader().getNextSubbuf()!;
    assertThrows(() => subbuf.views(length), RangeError, `Cannot view ${length} bytes`);
  });
}

Deno.test("Subbuf says what was so when it was got, even once it is put", () => {
  using test = new TestRing();
  test.event(PAGE_SIZE, 1);
  const reader = test.reader();
  const subbuf = reader.getNextSubbuf()!;
  reader.putNextSubbuf();
  test.event(10, 2);
  test.writer.flush("even-if-empty");
  test.event(10, 3);
  test.writer.flush("even-if-empty");
  assertEquals([subbuf.seq, subbuf.dataSize], [0, PAGE_SIZE]);
  assert(dataOf(subbuf, 0, 10).every((byte, i) => byte === eventBytes(10, 3)[i]));
});
