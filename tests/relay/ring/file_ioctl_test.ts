import { PAGE_SIZE, POLLHUP } from "@ltt/relay/hw";
import {
  RING_BUFFER_FLUSH,
  RING_BUFFER_FLUSH_EMPTY,
  RING_BUFFER_GET_MAX_SUBBUF_SIZE,
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
} from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import { assertCode, writeText } from "./fixture.ts";
import { RingWithFile } from "./ring_with_file.ts";

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
    t.deliver(eventBytes(length, 1));
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
