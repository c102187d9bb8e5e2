import { POLLHUP, POLLIN } from "@ltt/relay/hw";
import { RingBuffer, type RingClient, ringWriter } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  assertCode,
  assertSameRam,
  bootRelay,
  drain,
  messages,
  openRing,
  writeText,
} from "./fixture.ts";

/** A client that opens no sub-buffer while it is broken, as it is at first. */
function clientThatThrows(error: Error): RingClient & { broken: boolean } {
  return {
    broken: true,
    headerSize: 8,
    bufferBegin() {
      if (this.broken) throw error;
    },
  };
}

Deno.test("RingBuffer refuses a writer, when its channel is closed and it is being read", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const ring = channel.buf[0]!;
  using reader = ring.reader();
  channel.close();
  assertThrows(() => ring.writer, TypeError, "Cannot write to the ring of CPU 0: it is finalized");
  assertStrictEquals(ring.flush("even-if-empty"), false);
  assertStrictEquals(reader.poll(), POLLHUP, "nothing more has come");
  assertEquals(messages(machine), []);
});

Deno.test("RingBuffer.cpuDead() changes nothing, when its channel is closed and it is being read", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const ring = channel.buf[0]!;
  writeText(machine, ring.writer, "x");
  using _reader = ring.reader();
  channel.close();
  const before = machine.ram.bytes.slice();
  ring.cpuDead();
  assertSameRam(machine, before);
  assertThrows(() => ring.writer, TypeError, "it is finalized");
});

Deno.test("RingBuffer is harmless, when it is freed", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const ring = channel.buf[0]!;
  channel.close();
  const before = machine.ram.bytes.slice();
  assertThrows(() => ring.writer, TypeError);
  assertThrows(() => ring.reader(), TypeError);
  assertStrictEquals(ring.flush("even-if-empty"), false);
  ring.cpuDead();
  assertStrictEquals(RingBuffer.of(ring.buffer), undefined);
  assertSameRam(machine, before);
});

Deno.test("RingBuffer.writer is attached, when the client threw as it attached", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const mine = new Error("no header");
  const client = clientThatThrows(mine);
  using channel = openRing(relay, { client: () => client });
  assertStrictEquals(assertThrows(() => channel.buf[0]!.writer), mine);
  client.broken = false;
  const { writer, memory } = channel.buf[0]!;
  assertStrictEquals(writeText(machine, writer, "x"), memory.subbufAddress(0) + 8);
});

Deno.test("RingBuffer.writer is EBUSY while another thread writes, and attaches when that is over", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay);
  const ring = channel.buf[0]!;
  const elsewhere = ringWriter(ring.descriptor, { headerSize: 0 });
  elsewhere.attach();
  assert(ring.isWrittenElsewhere);
  assertCode(() => ring.writer, "EBUSY", "writer");
  assertCode(() => ring.flush("active"), "EBUSY", "flush()");
  elsewhere.detach();
  assert(!ring.isWrittenElsewhere);
  assert(writeText(machine, ring.writer, "x") >= 0);
  assert(!ring.isWrittenElsewhere, "this thread writes");
});

Deno.test("RingBuffer.flush() hands over what another thread has left, and lets go of the ring", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay);
  const ring = channel.buf[0]!;
  const elsewhere = ringWriter(ring.descriptor, { headerSize: 0 });
  elsewhere.attach();
  writeText(machine, elsewhere, "left");
  elsewhere.detach();
  assertStrictEquals(ring.flush("active"), true);
  using reader = ring.reader();
  assertEquals(drain(reader), ["left"]);
  elsewhere.attach();
  elsewhere.detach();
});

Deno.test("RingBuffer.flush() does nothing, when nobody has written and nothing asks for it", () => {
  const { relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay, { client: () => ({ headerSize: 8 }) });
  const ring = channel.buf[0]!;
  using reader = ring.reader();
  assertEquals([ring.flush("active"), ring.flush("dead"), reader.poll()], [false, false, 0]);
  assertStrictEquals(ring.flush("even-if-empty"), true);
  assertStrictEquals(reader.poll() & POLLIN, POLLIN);
  assertStrictEquals(reader.getNextSubbuf()!.dataSize, 8);
});

Deno.test("RingBuffer.flush() lets go of the ring, when the client throws", () => {
  const { relay } = bootRelay({ cpus: 1 });
  const mine = new Error("no header");
  const client = clientThatThrows(mine);
  using channel = openRing(relay, { client: () => client });
  const ring = channel.buf[0]!;
  assertStrictEquals(assertThrows(() => ring.flush("even-if-empty")), mine);
  client.broken = false;
  const elsewhere = ringWriter(ring.descriptor, { headerSize: 8 });
  elsewhere.attach();
  elsewhere.detach();
});

Deno.test("RingBuffer.reader() is EBUSY and keeps nothing, while there is one", () => {
  const { relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay);
  const ring = channel.buf[0]!;
  using _reader = ring.reader();
  const { kref } = ring.buffer;
  assertCode(() => ring.reader(), "EBUSY", "reader()");
  assertStrictEquals(ring.buffer.kref, kref);
});

Deno.test("RingBuffer works on one thread, when RAM is not shared", () => {
  const { machine, relay } = bootRelay({ backing: "plain" });
  using channel = openRing(relay);
  const ring = channel.buf[0]!;
  writeText(machine, ring.writer, "plain");
  ring.writer.flush("active");
  using reader = ring.reader();
  assertEquals(drain(reader), ["plain"]);
});
