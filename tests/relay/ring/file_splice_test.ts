import { RING_BUFFER_GET_NEXT_SUBBUF, RING_BUFFER_PUT_NEXT_SUBBUF } from "@ltt/relay/ring";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import { assertRejectsCode } from "./fixture.ts";
import { RingWithFile, sink } from "./ring_with_file.ts";

Deno.test("spliceRead() of a ring's file writes the sub-buffer held, padded to pages, in one piece", async () => {
  using t = new RingWithFile({ subbufSize: 8192 });
  const data = eventBytes(5000, 3);
  t.deliver(data);
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  const target = sink();
  assertStrictEquals(await t.file.spliceRead(target), 8192);
  assertEquals(target.bytes.slice(0, 5000), [...data]);
  assertEquals([target.bytes.length, target.writes], [8192, 1]);
});

Deno.test("spliceRead() of a ring's file hands over RAM itself", async () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  const buffers: ArrayBufferLike[] = [];
  await t.file.spliceRead({
    write(bytes) {
      buffers.push(bytes.buffer);
      return Promise.resolve(bytes.length);
    },
  });
  assertStrictEquals(buffers[0], t.machine.ram.buffer);
});

for (const most of [1, 7, 4095]) {
  Deno.test(`spliceRead() of a ring's file writes all, when the target takes ${most} at a time`, async () => {
    using t = new RingWithFile({ subbufSize: 8192 }, 40);
    const data = eventBytes(8192, 3);
    t.deliver(data);
    t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
    const target = sink(most);
    assertStrictEquals(await t.file.spliceRead(target), 8192);
    assertEquals(target.bytes, [...data]);
  });
}

Deno.test("spliceRead() of a ring's file says how much it wrote, when the target takes no more", async () => {
  using t = new RingWithFile();
  t.deliver(eventBytes(100, 1));
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  let room = 10;
  const written = await t.file.spliceRead({
    write(bytes) {
      const taken = Math.min(room, bytes.length, 6);
      room -= taken;
      return Promise.resolve(taken);
    },
  });
  assertStrictEquals(written, 10);
});

Deno.test("spliceRead() of a ring's file writes the part asked for, over the borders of extents", async () => {
  const data = eventBytes(16384, 5);
  using t = new RingWithFile({ subbufSize: 16384, nSubbufs: 2 }, 40);
  assert(t.ring.memory.runs[0].length > 1, "the sub-buffer has several extents");
  t.deliver(data);
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  const lengths = [0, 1, 100, 4096, 9000, Infinity];
  for (const position of [0, 1, 4095, 4096, 8000, 16383, 16384, 20000]) {
    for (const length of lengths) {
      const target = sink(1000);
      const expected = [...data.subarray(position, position + length)];
      const what = `${length} bytes at ${position}`;
      assertStrictEquals(await t.file.spliceRead(target, position, length), expected.length, what);
      assertEquals(target.bytes, expected, what);
    }
  }
});

Deno.test("spliceRead() of a ring's file writes nothing, when the length is below 0", async () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  for (const position of [0, 100]) {
    const target = sink();
    assertStrictEquals(await t.file.spliceRead(target, position, -5), 0);
    assertStrictEquals(target.writes, 0);
  }
});

for (const position of [-1, NaN]) {
  Deno.test(`spliceRead() of a ring's file rejects with EINVAL, when the position is ${position}`, async () => {
    using t = new RingWithFile();
    t.deliverText("abc");
    t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
    await assertRejectsCode(() => t.file.spliceRead(sink(), position), "EINVAL", "spliceRead()");
  });
}

Deno.test("spliceRead() of a ring's file rejects with EINVAL, when no sub-buffer is held", async () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  await assertRejectsCode(() => t.file.spliceRead(sink()), "EINVAL", "spliceRead()");
});

Deno.test("spliceRead() of a ring's file rejects with what the target rejects with", async () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  const mine = new Error("pipe closed");
  const splice = () => t.file.spliceRead({ write: () => Promise.reject(mine) });
  assertStrictEquals(await assertRejects(splice), mine);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF), 0, "it is held still");
});

Deno.test("spliceRead() of a ring's file leaves the pages' fields as they are", async () => {
  using t = new RingWithFile({ subbufSize: 8192, mode: "overwrite" });
  t.deliver(eventBytes(8000, 1));
  const pages = t.machine.pages.zones[0].pagesInUse();
  const fields = () =>
    pages.map(({ flags, count, private: own, order }) => ({ flags, count, own, order }));
  const before = fields();
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  await t.file.spliceRead(sink());
  t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF);
  const after = fields();
  assertStrictEquals(after.length, before.length);
  for (const [i, { own, ...rest }] of after.entries()) {
    const { own: ownBefore, ...restBefore } = before[i];
    assertStrictEquals(own, ownBefore, `private of frame ${pages[i].pfn}`);
    assertEquals(rest, restBefore, `frame ${pages[i].pfn}`);
  }
});

const mayWrite = Deno.permissions.querySync({ name: "write" }).state === "granted" &&
  Deno.permissions.querySync({ name: "read" }).state === "granted";
const mayConnect = Deno.permissions.querySync({ name: "net" }).state === "granted";

Deno.test({
  name: "spliceRead() of a ring's file writes to a file of Deno's",
  ignore: !mayWrite,
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      using t = new RingWithFile({ subbufSize: 8192 }, 40);
      using out = await Deno.open(`${directory}/trace`, { write: true, create: true });
      const data = [eventBytes(8192, 3), eventBytes(5000, 9)];
      for (const bytes of data) t.deliver(bytes);
      for (let i = 0; i < 2; i++) {
        t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
        await t.file.spliceRead(out);
        t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF);
      }
      const written = await Deno.readFile(`${directory}/trace`);
      assertStrictEquals(written.length, 16384);
      assertEquals(written.slice(0, 8192), data[0]);
      assertEquals(written.slice(8192, 8192 + 5000), data[1]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  name: "spliceRead() of a ring's file writes to a TCP connection",
  ignore: !mayConnect,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const accepted = listener.accept();
    using t = new RingWithFile({ subbufSize: 1 << 18, nSubbufs: 2 }, 20);
    const data = eventBytes(1 << 18, 3);
    t.deliver(data);
    t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
    const sending = (async () => {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      return await t.file.spliceRead(conn);
    })();
    using conn = await accepted;
    const received = new Uint8Array(data.length + 1);
    let length = 0;
    for (;;) {
      const count = await conn.read(received.subarray(length));
      if (count === null) break;
      length += count;
    }
    assertEquals([await sending, length], [data.length, data.length]);
    assertEquals(received.findIndex((byte, i) => i < length && byte !== data[i]), -1);
  },
});
