import {
  PAGE_SIZE,
  POLLHUP,
  POLLIN,
  POLLPRI,
  POLLRDBAND,
  POLLRDHUP,
  POLLRDNORM,
} from "@ltt/relay/hw";
import {
  RING_BUFFER_GET_NEXT_SUBBUF,
  RING_BUFFER_PUT_NEXT_SUBBUF,
  RING_BUFFER_PUT_SUBBUF,
  RING_BUFFER_SNAPSHOT,
  RING_BUFFER_SNAPSHOT_GET_CONSUMED,
} from "@ltt/relay/ring";
import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { eventBytes, textOf } from "./bytes.ts";
import { assertCode, write, writeText } from "./fixture.ts";
import { RingWithFile } from "./ring_with_file.ts";
import { MODES } from "./support.ts";

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

for (const mode of MODES) {
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
      const bytes = eventBytes(event, i).map((byte) => byte | 1);
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
