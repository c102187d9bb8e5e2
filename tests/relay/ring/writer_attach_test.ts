import { KernelError, PAGE_SIZE } from "@ltt/relay/hw";
import { LOST_OFFLINE, RingWriter } from "@ltt/relay/ring";
import { assertEquals, assertThrows } from "@std/assert";
import { eventBytes, joined } from "./bytes.ts";
import { NOTHING_LOST, readAll, TestRing } from "./support.ts";

Deno.test("RingWriter refuses a client whose header has another size than the ring's", () => {
  using test = new TestRing({ headerSize: 8 });
  const make = () => new RingWriter(test.memory, null, { headerSize: 12 });
  const error = assertThrows(make, KernelError, "12 bytes, the ring's 8");
  assertEquals(error.code, "EINVAL");
});

Deno.test("RingWriter.attach() answers EBUSY while a writer is attached", () => {
  using test = new TestRing();
  const other = new RingWriter(test.memory, null, { headerSize: 0 });
  test.writer.reserve(8);
  assertEquals(assertThrows(() => other.attach(), KernelError).code, "EBUSY");
  assertEquals(assertThrows(() => test.writer.attach(), KernelError).code, "EBUSY");
  assertEquals(other.attached, false);
  test.writer.commit();
  assertEquals(test.offset, 8);
});

Deno.test("RingWriter.attach() goes on in the middle of a sub-buffer", () => {
  let begun = 0;
  using test = new TestRing({ headerSize: 4, client: { bufferBegin: () => void begun++ } });
  const other = new RingWriter(test.memory, null, { headerSize: 4 });
  test.event(8, 1);
  test.writer.detach();
  assertEquals([test.writer.attached, other.attached], [false, false]);
  other.attach();
  const address = other.reserve(8);
  test.fill(address, 8, 2);
  other.commit();
  assertEquals(test.subbufOffset(address), 12);
  other.detach();
  test.writer.attach();
  test.event(8, 3);
  test.writer.flush("final");
  const expected = joined(...[1, 2, 3].map((number) => eventBytes(8, number)));
  assertEquals(readAll(test.reader())[0].data.slice(4), expected);
  assertEquals(begun, 1);
});

Deno.test("RingWriter.attach() goes on behind a closed sub-buffer", () => {
  using test = new TestRing();
  test.event(PAGE_SIZE);
  test.writer.detach();
  test.writer.attach();
  assertEquals(test.event(8), test.memory.subbufAddress(1));
});

Deno.test("RingWriter.detach() throws a TypeError when it is not attached or a slot is open", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.reserve(8);
  assertThrows(() => writer.detach(), TypeError, "a slot is open");
  writer.reserve(8);
  assertThrows(() => writer.detach(), TypeError, "a slot is open");
  writer.commit();
  assertThrows(() => writer.detach(), TypeError, "a slot is open");
  writer.commit();
  writer.detach();
  assertThrows(() => writer.detach(), TypeError, "not attached");
});

Deno.test("RingWriter.reserve() loses events as offline while detached, counted by attach()", () => {
  using test = new TestRing();
  const { writer } = test;
  writer.detach();
  assertEquals([writer.reserve(8), writer.reserve(2 ** 20)], [LOST_OFFLINE, LOST_OFFLINE]);
  assertEquals(writer.lost, NOTHING_LOST);
  assertThrows(() => writer.commit(), TypeError);
  writer.attach();
  assertEquals(writer.lost, { ...NOTHING_LOST, offline: 2 });
  writer.detach();
  writer.attach();
  assertEquals(writer.lost, { ...NOTHING_LOST, offline: 2 });
});

Deno.test("RingWriter.attach() opens nothing in a ring that was finalized before", () => {
  using test = new TestRing({ headerSize: 60 });
  test.ring.flush("final");
  const writer = new RingWriter(test.memory, null, { headerSize: 60 });
  const before = test.offset;
  writer.attach();
  assertEquals([writer.reserve(8), test.offset], [LOST_OFFLINE, before]);
  writer.detach();
});
