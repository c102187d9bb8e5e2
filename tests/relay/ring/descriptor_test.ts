import { openRam, PAGE_SIZE, POLLHUP } from "@ltt/relay/hw";
import { RingMemory, ringReader, ringWriter } from "@ltt/relay/ring";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { assertCode, bootRelay, drain, openRing, writeText } from "./fixture.ts";

const noHeader = { headerSize: 0 };

Deno.test("RingBuffer.descriptor survives a structured clone, RAM and doorbells still shared", () => {
  const { relay, machine } = bootRelay();
  using channel = openRing(relay, { switchTimerMs: 2 ** 30 });
  const { descriptor } = channel.buf[1]!;
  const clone = structuredClone(descriptor);
  assertEquals(
    [clone.control, clone.wakeup, clone.switchTimerMs],
    [descriptor.control, true, 2 ** 30],
  );
  new Uint8Array(openRam(clone.ram))[77] = 99;
  assertStrictEquals(machine.ram.bytes[77], 99);
  new Int32Array(clone.doorbells)[1] = 5;
  assertStrictEquals(new Int32Array(descriptor.doorbells)[1], 5);
});

Deno.test("RingBuffer.descriptor is a TypeError, when RAM is not shared", () => {
  const { relay } = bootRelay({ backing: "plain" });
  using channel = openRing(relay);
  assertThrows(() => channel.buf[0]!.descriptor, TypeError, "RAM is not shared");
});

Deno.test("RingBuffer.descriptor names the ring of its own CPU", () => {
  const { relay } = bootRelay();
  using channel = openRing(relay);
  const [zero, one] = channel.buf.map((ring) => ringWriter(ring!.descriptor, noHeader));
  assertEquals([zero.cpu, one.cpu], [0, 1]);
});

Deno.test("RingBuffer.descriptor leaves waking to the timer, when there is a read timer", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { readTimerMs: 2 ** 30 });
  const { descriptor } = channel.buf[0]!;
  assertStrictEquals(descriptor.wakeup, false);
  const writer = ringWriter(descriptor, noHeader);
  writer.attach();
  writeText(machine, writer, "x");
  writer.flush("active");
  writer.detach();
  assertEquals([...new Int32Array(descriptor.doorbells)], [0, 0]);
});

Deno.test("ringWriter() makes a writer that is not attached, and rings at a delivery", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const descriptor = structuredClone(channel.buf[1]!.descriptor);
  const writer = ringWriter(descriptor, noHeader);
  assertStrictEquals(writer.attached, false);
  writer.attach();
  writeText(machine, writer, "x");
  assertEquals([...new Int32Array(descriptor.doorbells)], [0, 0], "before");
  writer.flush("active");
  assertEquals([...new Int32Array(descriptor.doorbells)], [0, 1], "after");
  writer.detach();
});

Deno.test("ringReader() reads what ringWriter() has written, to the end", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const descriptor = structuredClone(channel.buf[0]!.descriptor);
  const writer = ringWriter(descriptor, noHeader);
  using reader = ringReader(descriptor);
  writer.attach();
  writeText(machine, writer, "one");
  writer.flush("active");
  writeText(machine, writer, "two");
  writer.flush("final");
  writer.detach();
  assertEquals(drain(reader), ["one", "two"]);
  assertStrictEquals(reader.poll(), POLLHUP);
});

Deno.test("ringReader() is EBUSY, while there is a reader", () => {
  const { relay } = bootRelay();
  using channel = openRing(relay);
  const ring = channel.buf[0]!;
  const here = ring.reader();
  assertCode(() => ringReader(ring.descriptor), "EBUSY", "the booting thread reads");
  here.close();
  using _reader = ringReader(ring.descriptor);
  assertCode(() => ringReader(ring.descriptor), "EBUSY", "another one reads");
  assertCode(() => ring.reader(), "EBUSY", "the booting thread's");
});

Deno.test("ringWriter() is EINVAL, when the client's header has another size", () => {
  const { relay } = bootRelay();
  using channel = openRing(relay, { client: () => ({ headerSize: 8 }) });
  const { descriptor } = channel.buf[0]!;
  assertCode(() => ringWriter(descriptor, noHeader), "EINVAL", "no header");
  assertStrictEquals(ringWriter(descriptor, { headerSize: 8 }).attached, false);
});

for (const control of [0, PAGE_SIZE, 12, 0.5, NaN, 2 ** 40, 256 * PAGE_SIZE]) {
  Deno.test(`ringWriter() and ringReader() are TypeErrors, when there is no ring at ${control}`, () => {
    const { relay } = bootRelay();
    using channel = openRing(relay);
    const descriptor = { ...channel.buf[0]!.descriptor, control };
    const message = `Cannot look at a ring at ${control}: `;
    assertThrows(() => ringWriter(descriptor, noHeader), TypeError, message);
    assertThrows(() => ringReader(descriptor), TypeError, message);
  });
}

Deno.test("ringReader() is a TypeError, when the ring was freed", () => {
  const { relay, machine } = bootRelay();
  const channel = openRing(relay);
  const { descriptor } = channel.buf[0]!;
  assertStrictEquals(new RingMemory(machine.ram.buffer, descriptor.control).cpu, 0);
  channel.close();
  assertThrows(() => ringReader(descriptor), TypeError, "there is none of this version");
  assertThrows(() => ringWriter(descriptor, noHeader), TypeError, "there is none of this version");
});
