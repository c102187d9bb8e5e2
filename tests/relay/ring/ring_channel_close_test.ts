import { CPU_UP_PREPARE, NOTIFY_OK, POLLHUP } from "@ltt/relay/hw";
import { LOST_OFFLINE, type RingClient, ringReader, ringWriter } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { until } from "../until.ts";
import { textOf } from "./bytes.ts";
import {
  assertCode,
  assertSameRam,
  bootRelay,
  drain,
  framesInUse,
  leftBehind,
  messages,
  openRing,
  writeText,
} from "./fixture.ts";

Deno.test("RingChannel.close() frees every page, small object, file and notifier", () => {
  const { machine, relay } = bootRelay({ nodes: [64, 64] });
  const before = leftBehind(machine, relay);
  const channel = openRing(relay, { mode: "overwrite", switchTimerMs: 1, readTimerMs: 1 });
  for (const ring of channel.buf) writeText(machine, ring!.writer, "x");
  channel.close();
  assertEquals(leftBehind(machine, relay), before);
  assertEquals(channel.buf, [null, null]);
});

Deno.test("RingChannel.close() is a TypeError, when it was closed before", () => {
  const { relay } = bootRelay();
  const channel = openRing(relay);
  channel.close();
  assertThrows(() => channel.close(), TypeError, 'Cannot close channel "t": it is closed');
});

Deno.test("RingChannel closes at the end of its block, when it is declared with using", () => {
  const { machine, relay } = bootRelay();
  const before = leftBehind(machine, relay);
  {
    using _channel = openRing(relay);
    assertStrictEquals(relay.channels.length, 1);
  }
  assertEquals(leftBehind(machine, relay), before);
});

Deno.test("RingChannel is left alone at the end of its block, when it was closed there", () => {
  const { machine, relay } = bootRelay();
  {
    using channel = openRing(relay);
    channel.close();
  }
  assertEquals(framesInUse(machine), [0]);
});

Deno.test("RingChannel.close() hands over what was written last, to a reader who then ends", () => {
  const { machine, relay } = bootRelay();
  const channel = openRing(relay);
  writeText(machine, channel.buf[0]!.writer, "the last words");
  const reader = channel.buf[0]!.reader();
  assertEquals(drain(reader), [], "before close()");
  channel.close();
  assertEquals(drain(reader), ["the last words"]);
  assertStrictEquals(reader.poll(), POLLHUP);
  reader.close();
  assertEquals(framesInUse(machine), [0], "once the reader is closed");
});

Deno.test("RingChannel.close() tells the reader of a ring that nobody wrote to", () => {
  const { relay } = bootRelay();
  const channel = openRing(relay);
  using reader = channel.buf[0]!.reader();
  assertStrictEquals(reader.poll(), 0, "before");
  channel.close();
  assertStrictEquals(reader.poll(), POLLHUP, "after");
});

for (const readTimerMs of [0, 1]) {
  Deno.test(`RingChannel.close() wakes a waiting reader, when the read timer is ${readTimerMs}`, async () => {
    const { machine, relay } = bootRelay();
    const channel = openRing(relay, { readTimerMs });
    const texts: string[] = [];
    let ended = false;
    const reading = (async () => {
      for await (const subbuf of channel.buf[0]!.reader()) texts.push(textOf(...subbuf.views()));
      ended = true;
    })();
    writeText(machine, channel.buf[0]!.writer, "the last words");
    channel.close();
    await until("the loop ends", () => ended);
    await reading;
    assertEquals(texts, ["the last words"]);
    assertEquals(framesInUse(machine), [0]);
  });
}

Deno.test("RingChannel.close() is EBUSY and changes nothing, while another thread writes", () => {
  const { machine, relay } = bootRelay();
  const channel = openRing(relay);
  writeText(machine, channel.buf[0]!.writer, "here");
  const elsewhere = ringWriter(channel.buf[1]!.descriptor, { headerSize: 0 });
  elsewhere.attach();
  const before = leftBehind(machine, relay);
  const error = assertCode(() => channel.close(), "EBUSY", "close()");
  assert(error.message.includes("the thread of CPU 1 writes"), error.message);
  assertEquals(leftBehind(machine, relay), before);
  using reader = channel.buf[0]!.reader();
  assertStrictEquals(reader.poll(), 0, "nothing was handed over");
  assert(writeText(machine, channel.buf[0]!.writer, "still") >= 0, "writing goes on");
  elsewhere.detach();
  reader.close();
  channel.close();
  assertEquals(framesInUse(machine), [0]);
});

Deno.test("RingChannel.close() is EDEADLK and changes nothing, from within a CPU notifier", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  const channel = openRing(relay);
  writeText(machine, channel.buf[0]!.writer, "here");
  machine.hotplug.hotcpuNotifier((action) => {
    if (action === CPU_UP_PREPARE) assertCode(() => channel.close(), "EDEADLK", "close()");
    return NOTIFY_OK;
  }, 0);
  machine.hotplug.cpuUp(1);
  using reader = channel.buf[0]!.reader();
  assertStrictEquals(reader.poll(), 0, "nothing was handed over");
  reader.close();
  channel.close();
});

Deno.test("RingChannel.close() is EDEADLK and changes nothing, from within a client's callback", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const codes: unknown[] = [];
  const client: RingClient = {
    headerSize: 8,
    bufferEnd() {
      if (codes.length === 0) {
        codes.push(assertCode(() => channel.close(), "EDEADLK", "close()").code);
      }
    },
  };
  const channel = openRing(relay, { client: () => client });
  const { writer } = channel.buf[0]!;
  writeText(machine, writer, "one");
  writer.flush("active");
  assertEquals(codes, ["EDEADLK"]);
  assert(writeText(machine, writer, "two") >= 0, "writing goes on");
  channel.close();
  assertEquals(framesInUse(machine), [0]);
});

Deno.test("RingChannel.close() frees all and throws what bufferEnd threw", () => {
  const { machine, relay } = bootRelay();
  const before = leftBehind(machine, relay);
  const mine = new Error("no header");
  const client = (): RingClient => ({
    headerSize: 8,
    bufferEnd() {
      throw mine;
    },
  });
  const channel = openRing(relay, { client });
  for (const ring of channel.buf) assert(writeText(machine, ring!.writer, "x") >= 0);
  assertStrictEquals(assertThrows(() => channel.close()), mine);
  assertEquals(leftBehind(machine, relay), before);
  assertThrows(() => channel.close(), TypeError, "it is closed");
});

Deno.test("RingChannel.close() frees all, when bufferBegin threw as the writers attached", () => {
  const { machine, relay } = bootRelay();
  const before = leftBehind(machine, relay);
  const mine = new Error("no header");
  const client = (): RingClient => ({
    headerSize: 8,
    bufferBegin() {
      throw mine;
    },
  });
  const channel = openRing(relay, { client });
  for (const ring of channel.buf) {
    assertStrictEquals(assertThrows(() => ring!.writer), mine);
    assert(writeText(machine, ring!.writer, "x") >= 0, "it is attached");
  }
  channel.close();
  assertEquals(leftBehind(machine, relay), before);
  assertThrows(() => channel.close(), TypeError, "it is closed");
});

Deno.test("RingChannel.close() leaves a writer that touches no memory", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const { writer } = channel.buf[0]!;
  channel.close();
  const before = machine.ram.bytes.slice();
  assertStrictEquals(writer.reserve(4), LOST_OFFLINE);
  assertThrows(() => writer.commit(), TypeError);
  assertThrows(() => writer.flush("active"), TypeError);
  assertSameRam(machine, before);
});

Deno.test("RingChannel.close() counts a slot that is open as torn, and it cannot be committed", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const { writer } = channel.buf[0]!;
  writeText(machine, writer, "whole");
  writer.reserve(10);
  const reader = channel.buf[0]!.reader();
  channel.close();
  assertEquals(drain(reader), ["whole"]);
  assertStrictEquals(reader.lost.torn, 1);
  assertStrictEquals(reader.poll(), POLLHUP);
  assertThrows(() => writer.commit(), TypeError);
  reader.close();
  assertEquals(messages(machine), ["<1>LTT : t : 1 events lost in t channel (cpu 0)."]);
});

Deno.test("RelayChannel.close() of the channel below frees the rings, and their writers refuse", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const { writer } = channel.buf[0]!;
  writeText(machine, writer, "x");
  channel.channel.close();
  assertEquals(framesInUse(machine), [0]);
  assertStrictEquals(writer.reserve(1), LOST_OFFLINE);
  assertThrows(() => channel.close(), TypeError, "it is closed");
});

Deno.test("RingChannel.close() works, when a CPU is dead", () => {
  const { machine, relay } = bootRelay();
  const channel = openRing(relay);
  writeText(machine, channel.buf[1]!.writer, "x");
  machine.hotplug.cpuDown(1);
  channel.close();
  assertEquals(framesInUse(machine), [0]);
});

Deno.test("RingChannel.close() is EBUSY while a reader of another thread is attached", () => {
  const channel = openRing(bootRelay().relay);
  const ring = channel.buf[0]!;
  const reader = ringReader(ring.descriptor);
  assertCode(() => channel.close(), "EBUSY", "close()");
  ring.flush("final");
  assertEquals([...reader], []);
  channel.close();
});
