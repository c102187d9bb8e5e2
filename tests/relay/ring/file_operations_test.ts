import {
  type Dentry,
  Machine,
  type OpenFile,
  PAGE_SIZE,
  POLLHUP,
  POLLIN,
  POLLPRI,
  POLLRDBAND,
  POLLRDHUP,
  POLLRDNORM,
  type SpliceTarget,
} from "@ltt/relay/hw";
import { Relay, type RelayCallbacks } from "@ltt/relay/relay";
import {
  RING_BUFFER_FLUSH,
  RING_BUFFER_FLUSH_EMPTY,
  RING_BUFFER_GET_MAX_SUBBUF_SIZE,
  RING_BUFFER_GET_MMAP_LEN,
  RING_BUFFER_GET_MMAP_READ_OFFSET,
  RING_BUFFER_GET_NEXT_SUBBUF,
  RING_BUFFER_GET_PADDED_SUBBUF_SIZE,
  RING_BUFFER_GET_SUBBUF,
  RING_BUFFER_GET_SUBBUF_SIZE,
  RING_BUFFER_PUT_NEXT_SUBBUF,
  RING_BUFFER_PUT_SUBBUF,
  RING_BUFFER_SNAPSHOT,
  RING_BUFFER_SNAPSHOT_GET_CONSUMED,
  RING_BUFFER_SNAPSHOT_GET_PRODUCED,
  type RingBuffer,
  type RingChannel,
  ringFileOperations,
  type RingOptions,
} from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  assertCode,
  framesInUse,
  joined,
  openRing,
  pattern,
  rejection,
  scatter,
  textOf,
  write,
  writeText,
} from "./fixture.ts";

/** A ring on CPU 0 of a machine of one CPU, with its file. */
class RingWithFile {
  readonly machine: Machine;
  readonly channel: RingChannel;
  readonly ring: RingBuffer;
  readonly dentry: Dentry;
  readonly file: OpenFile;

  constructor(options: Partial<RingOptions> = {}, scattered = 0) {
    this.machine = new Machine({ nodes: [512] });
    scatter(this.machine, 0, scattered);
    this.channel = openRing(Relay.start(this.machine), options);
    this.ring = this.channel.buf[0]!;
    this.dentry = this.machine.debugfs.lookup("t0");
    this.file = this.dentry.open();
  }

  /** Writes bytes as an event of their own and hands them over. */
  deliver(bytes: Uint8Array): void {
    write(this.machine, this.ring.writer, bytes);
    this.ring.writer.flush("active");
  }

  deliverText(text: string): void {
    this.deliver(new TextEncoder().encode(text));
  }

  read(length: number): string {
    const dest = new Uint8Array(length);
    return textOf(dest.subarray(0, this.file.read(dest)));
  }

  /** What the file's mappings show, one behind the other. */
  mapped(): Uint8Array {
    return joined(
      this.file.mmap().map(({ address, length }) =>
        this.machine.ram.bytes.subarray(address, address + length)
      ),
    );
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
    this.channel[Symbol.dispose]();
  }
}

/** A target that takes up to `most` bytes at a time, and keeps them. */
function sink(most = Infinity): SpliceTarget & { bytes: number[]; writes: number } {
  return {
    bytes: [],
    writes: 0,
    write(view) {
      const part = view.subarray(0, most);
      this.bytes.push(...part);
      this.writes++;
      return Promise.resolve(part.length);
    },
  };
}

Deno.test("open() of a ring's file attaches the reader, close() lets go of it", () => {
  using t = new RingWithFile();
  assertCode(() => t.ring.reader(), "EBUSY", "reader()");
  t.file.close();
  t.ring.reader().close();
});

Deno.test("open() of a ring's file is EBUSY and keeps nothing, when it is open", () => {
  using t = new RingWithFile();
  const { kref } = t.ring.buffer;
  assertCode(() => t.dentry.open(), "EBUSY", "open()");
  assertEquals([t.dentry.openFiles, t.ring.buffer.kref], [1, kref]);
  t.file.close();
  t.dentry.open().close();
});

Deno.test("open() of a ring's file is ENODEV and keeps nothing, when there is no ring yet", () => {
  const machine = new Machine({ nodes: [64] });
  const codes: string[] = [];
  const callbacks: RelayCallbacks = {
    createBufFile(filename, parent, mode, buffer) {
      const dentry = machine.debugfs.createFile(filename, mode, parent, buffer, ringFileOperations);
      codes.push(assertCode(() => dentry.open(), "ENODEV", "open()").code);
      assertStrictEquals(buffer.kref, 1);
      return dentry;
    },
  };
  openRing(Relay.start(machine), { callbacks }).close();
  assertEquals([codes, framesInUse(machine)], [["ENODEV"], [0]]);
});

Deno.test("open() of a ring's file is ENODEV, when the ring of its CPU could not be made", () => {
  const machine = new Machine({ nodes: [64], cpus: 2, online: [0] });
  using _channel = openRing(Relay.start(machine));
  machine.failPageAlloc.failNth(5);
  assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", "cpuUp()");
  assertCode(() => machine.debugfs.lookup("t1").open(), "ENODEV", "open()");
});

Deno.test("open() of a ring's file is ENOENT, when its buffer is freed", () => {
  const machine = new Machine({ nodes: [64] });
  const channel = openRing(Relay.start(machine), { callbacks: { removeBufFile: () => {} } });
  channel.close();
  assertCode(() => machine.debugfs.lookup("t0").open(), "ENOENT", "open()");
});

Deno.test("A ring's file has no position", () => {
  using t = new RingWithFile();
  assertCode(() => t.file.pread(new Uint8Array(1), 0), "ESPIPE", "pread()");
});

Deno.test("A ring's file keeps the buffer after the channel is closed, and can read the rest", () => {
  using t = new RingWithFile();
  writeText(t.machine, t.ring.writer, "the rest");
  t.channel.close();
  assert(framesInUse(t.machine)[0] > 0, "frames in use while it is open");
  assertEquals([t.read(5), t.read(99), t.read(99)], ["the r", "est", ""]);
  t.file.close();
  assertEquals(framesInUse(t.machine), [0]);
});

Deno.test("read() of a ring's file is EAGAIN, when there is nothing yet", () => {
  using t = new RingWithFile();
  assertCode(() => t.read(10), "EAGAIN", "before anything was written");
  writeText(t.machine, t.ring.writer, "open");
  assertCode(() => t.read(10), "EAGAIN", "while the sub-buffer is open");
  t.ring.writer.flush("active");
  assertStrictEquals(t.read(10), "open");
  assertCode(() => t.read(10), "EAGAIN", "when all is read");
});

Deno.test("read() of a ring's file is 0 at the end, again and again", () => {
  using t = new RingWithFile();
  t.deliverText("all");
  t.ring.writer.flush("final");
  assertEquals([t.read(9), t.read(9), t.read(9)], ["all", "", ""]);
});

Deno.test("read() of a ring's file is 0 and gets nothing, when there is room for nothing", () => {
  using t = new RingWithFile();
  assertStrictEquals(t.file.read(new Uint8Array(0)), 0, "nothing yet");
  t.deliverText("x");
  assertStrictEquals(t.file.read(new Uint8Array(0)), 0, "a sub-buffer is there");
  assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), 0, "none is held");
});

Deno.test("read() of a ring's file stops at the end of a sub-buffer, and goes on with the next one", () => {
  using t = new RingWithFile();
  for (const text of ["abcde", "fgh"]) t.deliverText(text);
  assertEquals([t.read(3), t.read(3), t.read(3)], ["abc", "de", "fgh"]);
});

Deno.test("read() of a ring's file leaves the rest of the destination alone", () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  const dest = new Uint8Array(6).fill(46);
  assertStrictEquals(t.file.read(dest), 3);
  assertStrictEquals(textOf(dest), "abc...");
});

Deno.test("read() of a ring's file goes over sub-buffers without data to one that has some", () => {
  using t = new RingWithFile();
  t.ring.flush("even-if-empty");
  t.ring.flush("even-if-empty");
  assertCode(() => t.read(9), "EAGAIN", "when there are only empty ones");
  t.ring.flush("even-if-empty");
  t.deliverText("data");
  assertStrictEquals(t.read(9), "data");
  t.ring.flush("even-if-empty");
  t.ring.writer.flush("final");
  assertStrictEquals(t.read(9), "", "the last one is empty");
  assertStrictEquals(t.file.poll(), POLLHUP);
});

Deno.test("read() of a ring's file consumes a sub-buffer, when its last byte is read", () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  const consumed = (): number => {
    t.file.ioctl(RING_BUFFER_SNAPSHOT);
    return t.file.ioctl(RING_BUFFER_SNAPSHOT_GET_CONSUMED);
  };
  t.read(2);
  assertStrictEquals(consumed(), 0, "two of three bytes are read");
  t.read(1);
  assertStrictEquals(consumed(), PAGE_SIZE, "all bytes are read");
});

for (const mode of ["discard", "overwrite"] as const) {
  Deno.test(`read() of a ring's file starts the sub-buffer again in ${mode} mode, when it was closed within`, () => {
    using t = new RingWithFile({ mode });
    t.deliverText("abcde");
    t.read(2);
    t.file.close();
    using again = t.dentry.open();
    const dest = new Uint8Array(9);
    assertStrictEquals(textOf(dest.subarray(0, again.read(dest))), "abcde");
  });
}

Deno.test("read() of a ring's file goes on in its sub-buffer, when the writer has gone round", () => {
  using t = new RingWithFile({ mode: "overwrite", nSubbufs: 2 });
  t.deliverText("first");
  assertStrictEquals(t.read(3), "fir");
  for (const text of ["two", "three", "four"]) t.deliverText(text);
  assertEquals([t.read(9), t.read(9)], ["st", "four"], "at most one other is not overwritten");
});

Deno.test("read() of a ring's file is EBUSY, while a sub-buffer is held by ioctl()", () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  assertCode(() => t.read(9), "EBUSY", "read()");
  t.file.ioctl(RING_BUFFER_PUT_SUBBUF);
  assertStrictEquals(t.read(9), "abc");
});

Deno.test("ioctl() gets no sub-buffer of a ring's file and knows of none, while one is being read", () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  t.read(1);
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), "EBUSY", "get next");
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_SUBBUF, 0), "EBUSY", "get");
  assertCode(() => t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF), "EINVAL", "put next");
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_SUBBUF_SIZE), "EINVAL", "size");
  assertStrictEquals(t.read(9), "bc", "it is read on");
});

Deno.test("read() of a ring's file gives the bytes of all events in order, whatever the sizes", () => {
  const setup = fc.record({
    mode: fc.constantFrom("discard" as const, "overwrite" as const),
    pages: fc.constantFrom(1, 2, 4),
    nSubbufs: fc.constantFrom(2, 4),
    headerSize: fc.constantFrom(0, 0, 24),
    scattered: fc.constantFrom(0, 20),
    steps: fc.array(
      fc.record({
        event: fc.integer({ min: 1, max: 3000 }),
        flush: fc.boolean(),
        room: fc.integer({ min: 1, max: 5000 }),
        reads: fc.integer({ min: 0, max: 4 }),
      }),
      { maxLength: 40 },
    ),
  });
  fc.assert(fc.property(setup, ({ mode, pages, nSubbufs, headerSize, scattered, steps }) => {
    const client = () => ({ headerSize });
    using t = new RingWithFile(
      { mode, subbufSize: pages * PAGE_SIZE, nSubbufs, client },
      scattered,
    );
    const written: number[] = [];
    const got: number[] = [];
    const readOnce = (room: number): boolean => {
      const dest = new Uint8Array(room);
      const length = t.file.read(dest);
      for (const byte of dest.subarray(0, length)) got.push(byte);
      return length > 0;
    };
    const drain = (room: number, reads: number): void => {
      for (let i = 0; i < reads && t.file.poll() & POLLIN; i++) readOnce(room);
    };
    for (const [i, { event, flush, room, reads }] of steps.entries()) {
      const bytes = pattern(event, i).map((byte) => byte | 1);
      // In overwrite mode nothing may be lost here either: the reader keeps up.
      if (t.file.poll() & POLLPRI) drain(5000, Infinity);
      if (mode === "overwrite") drain(room, Infinity);
      if (write(t.machine, t.ring.writer, bytes) >= 0) written.push(...bytes);
      if (mode === "overwrite") drain(room, Infinity);
      if (flush) t.ring.writer.flush("active");
      drain(room, reads);
    }
    t.ring.writer.flush("final");
    while (readOnce(777));
    // A header is zeros here, and no event has any.
    assertEquals(got.filter((byte) => byte !== 0), written);
  }));
});

Deno.test("poll() of a ring's file says whether there is a sub-buffer, and when the end is near", () => {
  using t = new RingWithFile({ nSubbufs: 2 });
  const ready = POLLIN | POLLRDNORM;
  assertStrictEquals(t.file.poll(), 0, "nothing yet");
  t.deliverText("one");
  assertStrictEquals(t.file.poll(), ready, "a sub-buffer");
  t.ring.writer.flush("even-if-empty");
  assertStrictEquals(t.file.poll(), ready | POLLPRI | POLLRDBAND, "all sub-buffers");
  t.read(9);
  t.ring.writer.flush("final");
  assertStrictEquals(t.file.poll(), ready | POLLRDHUP, "the last sub-buffer");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF);
  assertStrictEquals(t.file.poll(), POLLHUP, "the end");
});

Deno.test("ioctl() of a ring's file gets and puts sub-buffer after sub-buffer", () => {
  using t = new RingWithFile();
  for (const text of ["one", "three"]) t.deliverText(text);
  const seen: number[] = [];
  for (let i = 0; i < 2; i++) {
    seen.push(t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF));
    seen.push(t.file.ioctl(RING_BUFFER_GET_SUBBUF_SIZE));
    assertStrictEquals(t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF), 0);
  }
  assertEquals(seen, [0, 3, PAGE_SIZE, 5]);
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), "EAGAIN", "when all are consumed");
});

Deno.test("ioctl() of a ring's file gets the sub-buffer at a position, not the one before", () => {
  using t = new RingWithFile();
  for (const text of ["one", "three"]) t.deliverText(text);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_SUBBUF, PAGE_SIZE), PAGE_SIZE);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_SUBBUF_SIZE), 5);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_PUT_SUBBUF), 0);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), 0, "nothing was consumed");
});

Deno.test("ioctl() of a ring's file is EAGAIN, for a sub-buffer that is not there", () => {
  using t = new RingWithFile();
  t.deliverText("one");
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_SUBBUF, PAGE_SIZE), "EAGAIN", "not delivered");
  t.read(9);
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_SUBBUF, 0), "EAGAIN", "consumed");
});

Deno.test("ioctl() of a ring's file refuses a position at which no sub-buffer starts", () => {
  using t = new RingWithFile();
  t.deliverText("one");
  assertThrows(() => t.file.ioctl(RING_BUFFER_GET_SUBBUF, 8), RangeError, "none starts there");
  assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), 0, "none is held");
});

Deno.test("ioctl() of a ring's file is EBUSY, when a sub-buffer is held", () => {
  using t = new RingWithFile();
  t.deliverText("one");
  t.file.ioctl(RING_BUFFER_GET_SUBBUF, 0);
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_SUBBUF, 0), "EBUSY", "get");
  assertCode(() => t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), "EBUSY", "get next");
});

Deno.test("close() of a ring's file puts the sub-buffer that was held, unconsumed", () => {
  using t = new RingWithFile();
  t.deliverText("one");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  t.file.close();
  using again = t.dentry.open();
  assertStrictEquals(again.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), 0);
});

const needHeld = {
  RING_BUFFER_PUT_SUBBUF,
  RING_BUFFER_PUT_NEXT_SUBBUF,
  RING_BUFFER_GET_SUBBUF_SIZE,
  RING_BUFFER_GET_PADDED_SUBBUF_SIZE,
  RING_BUFFER_GET_MMAP_READ_OFFSET,
};
for (const [name, command] of Object.entries(needHeld)) {
  Deno.test(`ioctl() of a ring's file is EINVAL for ${name}, when no sub-buffer is held`, () => {
    using t = new RingWithFile();
    t.deliverText("one");
    assertCode(() => t.file.ioctl(command), "EINVAL", name);
    assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), 0, "nothing was consumed");
  });
}

for (const command of [0, -1, 0xf60d, 0x8008_f60d, 0x4008_f604]) {
  Deno.test(`ioctl() of a ring's file is ENOTTY, when it does not know ${command}`, () => {
    using t = new RingWithFile();
    const error = assertCode(() => t.file.ioctl(command), "ENOTTY", "ioctl()");
    assert(error.message.includes(`0x${(command >>> 0).toString(16)}`), error.message);
  });
}

Deno.test("ioctl() of a ring's file answers the positions that were sampled", () => {
  using t = new RingWithFile();
  for (const text of ["one", "two", "three"]) t.deliverText(text);
  t.read(9);
  assertCode(() => t.file.ioctl(RING_BUFFER_SNAPSHOT_GET_CONSUMED), "EAGAIN", "consumed");
  assertCode(() => t.file.ioctl(RING_BUFFER_SNAPSHOT_GET_PRODUCED), "EAGAIN", "produced");
  assertStrictEquals(t.file.ioctl(RING_BUFFER_SNAPSHOT), 0);
  t.deliverText("later");
  t.read(9);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_SNAPSHOT_GET_CONSUMED), PAGE_SIZE);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_SNAPSHOT_GET_PRODUCED), 3 * PAGE_SIZE);
});

for (const [length, padded] of [[1, 4096], [4096, 4096], [4097, 8192], [8191, 8192]]) {
  Deno.test(`ioctl() of a ring's file answers a padded size of ${padded}, when there are ${length} bytes`, () => {
    using t = new RingWithFile({ subbufSize: 8192 });
    t.deliver(pattern(length, 1));
    t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
    assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_SUBBUF_SIZE), length);
    assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_PADDED_SUBBUF_SIZE), padded);
  });
}

Deno.test("ioctl() of a ring's file answers the size of a sub-buffer, held or not", () => {
  using t = new RingWithFile({ subbufSize: 8192 });
  assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_MAX_SUBBUF_SIZE), 8192);
});

Deno.test("ioctl() RING_BUFFER_FLUSH hands over what was written, if anything", () => {
  using t = new RingWithFile();
  assertStrictEquals(t.file.ioctl(RING_BUFFER_FLUSH), 0);
  assertStrictEquals(t.file.poll(), 0, "nothing was written");
  writeText(t.machine, t.ring.writer, "abc");
  assertStrictEquals(t.file.ioctl(RING_BUFFER_FLUSH), 0);
  assertStrictEquals(t.read(9), "abc");
});

Deno.test("ioctl() RING_BUFFER_FLUSH_EMPTY hands over a sub-buffer in any case", () => {
  using t = new RingWithFile({ client: () => ({ headerSize: 16 }) });
  assertStrictEquals(t.file.ioctl(RING_BUFFER_FLUSH_EMPTY), 0);
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_GET_SUBBUF_SIZE), 16);
});

Deno.test("ioctl() RING_BUFFER_FLUSH_EMPTY adds nothing, when the channel is closed", () => {
  using t = new RingWithFile();
  t.channel.close();
  t.file.ioctl(RING_BUFFER_FLUSH_EMPTY);
  assertStrictEquals(t.file.poll(), POLLHUP);
});

Deno.test("spliceRead() of a ring's file writes the sub-buffer held, padded to pages, in one piece", async () => {
  using t = new RingWithFile({ subbufSize: 8192 });
  const data = pattern(5000, 3);
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
    const data = pattern(8192, 3);
    t.deliver(data);
    t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
    const target = sink(most);
    assertStrictEquals(await t.file.spliceRead(target), 8192);
    assertEquals(target.bytes, [...data]);
  });
}

Deno.test("spliceRead() of a ring's file says how much it wrote, when the target takes no more", async () => {
  using t = new RingWithFile();
  t.deliver(pattern(100, 1));
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
  const data = pattern(16384, 5);
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
    const error = await rejection(t.file.spliceRead(sink(), position));
    assertCode(
      () => {
        throw error;
      },
      "EINVAL",
      "spliceRead()",
    );
  });
}

Deno.test("spliceRead() of a ring's file rejects with EINVAL, when no sub-buffer is held", async () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  const error = await rejection(t.file.spliceRead(sink()));
  assertCode(
    () => {
      throw error;
    },
    "EINVAL",
    "spliceRead()",
  );
});

Deno.test("spliceRead() of a ring's file rejects with what the target rejects with", async () => {
  using t = new RingWithFile();
  t.deliverText("abc");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  const mine = new Error("pipe closed");
  const error = await rejection(t.file.spliceRead({ write: () => Promise.reject(mine) }));
  assertStrictEquals(error, mine);
  assertStrictEquals(t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF), 0, "it is held still");
});

Deno.test("spliceRead() of a ring's file leaves the pages' fields as they are", async () => {
  using t = new RingWithFile({ subbufSize: 8192, mode: "overwrite" });
  t.deliver(pattern(8000, 1));
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
      const data = [pattern(8192, 3), pattern(5000, 9)];
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
    const data = pattern(1 << 18, 3);
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

for (const mode of ["discard", "overwrite"] as const) {
  Deno.test(`mmap() of a ring's file is one extent in ${mode} mode, when all frames are adjacent`, () => {
    using t = new RingWithFile({ mode, subbufSize: 8192 });
    const mappings = t.file.mmap();
    const length = t.file.ioctl(RING_BUFFER_GET_MMAP_LEN);
    assertStrictEquals(length, 8192 * (mode === "overwrite" ? 5 : 4));
    const { address } = t.ring.buffer.extents[0];
    assertEquals(mappings, [{ offset: 0, address, length }]);
  });

  Deno.test(`mmap() of a ring's file covers it without gap or overlap in ${mode} mode, when frames are scattered`, () => {
    using t = new RingWithFile({ mode, subbufSize: 8192 }, 7);
    const mappings = t.file.mmap();
    assert(mappings.length > 3, "there are several extents");
    let end = 0;
    const frames = new Set<number>();
    for (const { offset, address, length } of mappings) {
      assertStrictEquals(offset, end);
      for (let at = 0; at < length; at += PAGE_SIZE) frames.add((address + at) / PAGE_SIZE);
      end += length;
    }
    assertStrictEquals(end, t.file.ioctl(RING_BUFFER_GET_MMAP_LEN));
    assertStrictEquals(frames.size, end / PAGE_SIZE, "each frame once");
    for (const [i, { page }] of t.ring.buffer.pages.entries()) {
      assertStrictEquals([...frames][i], page.pfn, `page ${i} of the buffer`);
    }
  });

  Deno.test(`mmap() of a ring's file shows the sub-buffer held at the read offset in ${mode} mode`, () => {
    using t = new RingWithFile({ mode, subbufSize: 8192, nSubbufs: 2 }, 7);
    const length = t.file.ioctl(RING_BUFFER_GET_MMAP_LEN);
    for (let i = 0; i < 7; i++) {
      const data = pattern(8000, i);
      t.deliver(data);
      t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
      const offset = t.file.ioctl(RING_BUFFER_GET_MMAP_READ_OFFSET);
      assert(offset % 8192 === 0 && offset < length, `offset ${offset}`);
      const size = t.file.ioctl(RING_BUFFER_GET_SUBBUF_SIZE);
      assertEquals(t.mapped().slice(offset, offset + size), data, `sub-buffer ${i}`);
      t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF);
    }
  });
}

Deno.test("mmap() of a ring's file shows the same, whichever sub-buffer is the spare one", () => {
  using t = new RingWithFile({ mode: "overwrite" }, 7);
  const before = t.file.mmap();
  t.deliverText("x");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  assertEquals(t.file.mmap(), before);
});
