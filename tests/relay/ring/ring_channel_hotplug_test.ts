import {
  CPU_UP_CANCELED,
  CPU_UP_PREPARE,
  CPU_UP_PREPARE_FROZEN,
  type CpuAction,
  Machine,
  NOTIFY_BAD,
  NOTIFY_OK,
  POLLHUP,
} from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { LOST_OFFLINE, type RingChannel, type RingClient, ringWriter } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { spy } from "@std/testing/mock";
import { WRITER } from "../../../relay/ring/control.ts";
import { eventBytes, joined } from "./bytes.ts";
import {
  assertCode,
  bootRelay,
  drain,
  framesInUse,
  messages,
  openRing,
  write,
  writeText,
} from "./fixture.ts";

/** What is told of CPUs from now on, after the rings' notifier was, and whether they have a ring then. */
function watchRings(machine: Machine, { buf }: RingChannel): [CpuAction, boolean][] {
  const seen: [CpuAction, boolean][] = [];
  machine.hotplug.hotcpuNotifier((action, cpu) => {
    seen.push([action, buf[cpu] !== null]);
    return NOTIFY_OK;
  }, 3);
  return seen;
}

Deno.test("RingChannel gives a CPU its ring at CPU_UP_PREPARE, after relay gave it a buffer", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  using channel = openRing(relay);
  const seen = watchRings(machine, channel);
  machine.hotplug.hotcpuNotifier((action, cpu) => {
    if (action === CPU_UP_PREPARE) assertStrictEquals(channel.buf[cpu], null, "before");
    return NOTIFY_OK;
  }, 6);
  machine.hotplug.cpuUp(1);
  assertEquals(seen[0], [CPU_UP_PREPARE, true]);
  assertStrictEquals(channel.buf[1]!.buffer, channel.channel.buf[1]);
  assert(writeText(machine, channel.buf[1]!.writer, "x") >= 0);
});

Deno.test("RingChannel gives a CPU its ring, when it comes up frozen", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  using channel = openRing(relay);
  const seen = watchRings(machine, channel);
  machine.hotplug.cpuUpFrozen(1);
  assertEquals(seen[0], [CPU_UP_PREPARE_FROZEN, true]);
});

Deno.test("RingChannel vetoes a CPU, when memory for its ring is short, and makes it up later", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  const canceled: CpuAction[] = [];
  machine.hotplug.hotcpuNotifier((action) => {
    canceled.push(action);
    return NOTIFY_OK;
  }, 9);
  using channel = openRing(relay);
  // The buffer takes 4 pages; the 5th is the control page.
  machine.failPageAlloc.failNth(5);
  assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", "cpuUp()");
  assertEquals(canceled, [CPU_UP_PREPARE, CPU_UP_CANCELED]);
  assertEquals(messages(machine), [
    "<3>ring_cpu_callback: cpu 1 ring creation failed",
    "<null>_cpu_up: attempt to bring up CPU 1 failed",
  ]);
  assertStrictEquals(channel.buf[1], null);
  const buffer = channel.channel.buf[1];
  const frames = framesInUse(machine)[0];
  machine.hotplug.cpuUp(1);
  assertStrictEquals(channel.channel.buf[1], buffer, "relay's buffer");
  assertStrictEquals(channel.buf[1]!.buffer, buffer);
  assertEquals(framesInUse(machine), [frames + 1], "only the control page is new");
});

Deno.test("RingChannel vetoes a CPU and frees what it had taken, when the spare page is the last", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  using _channel = openRing(relay, { mode: "overwrite" });
  const frames = framesInUse(machine)[0];
  machine.failPageAlloc.failNth(6);
  assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", "cpuUp()");
  assertEquals(framesInUse(machine), [frames + 4], "relay's buffer alone");
});

Deno.test("RingChannel keeps a ring, when another notifier vetoes its CPU", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  using channel = openRing(relay);
  let veto = true;
  machine.hotplug.hotcpuNotifier(
    (action) => action === CPU_UP_PREPARE && veto ? NOTIFY_BAD : NOTIFY_OK,
    0,
  );
  assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", "cpuUp()");
  const ring = channel.buf[1];
  assert(ring !== null, "it was made");
  veto = false;
  machine.hotplug.cpuUp(1);
  assertStrictEquals(channel.buf[1], ring);
});

Deno.test("RingChannel vetoes a CPU with what its client's maker throws as the cause", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  const mine = new Error("no client");
  const client = (cpu: number): RingClient => {
    if (cpu === 1) throw mine;
    return { headerSize: 0 };
  };
  using channel = openRing(relay, { client });
  const error = assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", "cpuUp()");
  assertStrictEquals(error.cause, mine);
  assertStrictEquals(messages(machine)[0], "<3>ring_cpu_callback: cpu 1 ring creation failed");
  assertStrictEquals(channel.buf[1], null);
});

Deno.test("RingChannel gives a CPU no ring, when relay has no notifier that gave it a buffer", () => {
  const machine = new Machine({ nodes: [64], cpus: 2, online: [0] });
  using channel = openRing(new Relay(machine));
  machine.hotplug.cpuUp(1);
  machine.hotplug.cpuDown(1);
  assertEquals(channel.buf.map((ring) => ring === null), [false, true]);
});

Deno.test("RingChannel hands over what a CPU wrote, when it is dead", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  writeText(machine, channel.buf[1]!.writer, "before death");
  using reader = channel.buf[1]!.reader();
  assertEquals(drain(reader), [], "before");
  machine.hotplug.cpuDown(1);
  assertEquals(drain(reader), ["before death"]);
});

Deno.test("RingChannel hands over what a CPU wrote, when it is dead with tasks frozen", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  writeText(machine, channel.buf[1]!.writer, "before death");
  machine.hotplug.cpuDownFrozen(1);
  using reader = channel.buf[1]!.reader();
  assertEquals(drain(reader), ["before death"]);
});

Deno.test("RingChannel keeps a dead CPU's ring, and the CPU goes on with it", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const ring = channel.buf[1]!;
  writeText(machine, ring.writer, "one");
  machine.hotplug.cpuDown(1);
  assertStrictEquals(channel.buf[1], ring, "while it is dead");
  machine.hotplug.cpuUp(1);
  assertStrictEquals(channel.buf[1], ring, "when it is up again");
  writeText(machine, ring.writer, "two");
  ring.writer.flush("active");
  using reader = ring.reader();
  assertEquals(drain(reader), ["one", "two"]);
});

Deno.test("RingWriter.reserve() is LOST_OFFLINE while the CPU is dead, and counted when it is up", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const ring = channel.buf[1]!;
  const { writer } = ring;
  machine.hotplug.cpuDown(1);
  for (let i = 0; i < 3; i++) assertStrictEquals(writer.reserve(8), LOST_OFFLINE);
  assertStrictEquals(ring.writer, writer, "it is the same one");
  machine.hotplug.cpuUp(1);
  assertStrictEquals(ring.lost.offline, 3);
  assert(writeText(machine, writer, "up") >= 0, "it goes on");
});

Deno.test("RingWriter.reserve() is LOST_OFFLINE, when the writer is first asked for on a dead CPU", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  machine.hotplug.cpuDown(1);
  const ring = channel.buf[1]!;
  assertStrictEquals(ring.writer.reserve(8), LOST_OFFLINE);
  machine.hotplug.cpuUp(1);
  assert(writeText(machine, ring.writer, "up") >= 0, "it goes on");
  assertStrictEquals(ring.lost.offline, 1);
});

Deno.test("RingChannel counts an open slot as torn and hands the rest over, when the CPU is dead", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const ring = channel.buf[1]!;
  writeText(machine, ring.writer, "whole");
  ring.writer.reserve(100);
  machine.hotplug.cpuDown(1);
  using reader = ring.reader();
  assertEquals(drain(reader), ["whole"]);
  assertStrictEquals(ring.lost.torn, 1);
  assertThrows(() => ring.writer.commit(), TypeError);
});

Deno.test("RingChannel repairs what a dead thread left, and another thread can go on", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const ring = channel.buf[1]!;
  const dead = ringWriter(ring.descriptor, { headerSize: 0 });
  dead.attach();
  writeText(machine, dead, "whole");
  dead.reserve(100);
  ring.writerDied();
  machine.hotplug.cpuDown(1);
  using reader = ring.reader();
  assertEquals(drain(reader), ["whole"]);
  machine.hotplug.cpuUp(1);
  const next = ringWriter(ring.descriptor, { headerSize: 0 });
  next.attach();
  writeText(machine, next, "next");
  next.flush("active");
  next.detach();
  assertEquals(drain(reader), ["next"]);
});

Deno.test("RingChannel vetoes that a CPU goes down, while another thread writes for it", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const elsewhere = ringWriter(channel.buf[1]!.descriptor, { headerSize: 0 });
  elsewhere.attach();
  assertCode(() => machine.hotplug.cpuDown(1), "EINVAL", "cpuDown()");
  assert(writeText(machine, elsewhere, "still") >= 0);
  elsewhere.detach();
  machine.hotplug.cpuDown(1);
  using reader = channel.buf[1]!.reader();
  assertEquals(drain(reader), ["still"]);
});

Deno.test("RingChannel vetoes that a CPU goes down, from within a callback of its ring's client", () => {
  const { machine, relay } = bootRelay();
  const codes: string[] = [];
  const client: RingClient = {
    headerSize: 8,
    bufferEnd() {
      if (codes.length > 0) return;
      codes.push(assertCode(() => machine.hotplug.cpuDown(1), "EINVAL", "cpuDown()").code);
    },
  };
  using channel = openRing(relay, { client: () => client });
  const { writer } = channel.buf[1]!;
  writeText(machine, writer, "one");
  writer.flush("active");
  assertEquals(codes, ["EINVAL"]);
  assert(writeText(machine, writer, "two") >= 0, "writing goes on");
  machine.hotplug.cpuDown(1);
});

Deno.test("RingChannel lets another writer attach, when a thread died before it had opened anything", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  const ring = channel.buf[1]!;
  Atomics.store(ring.memory.control, WRITER, 1);
  ring.writerDied();
  machine.hotplug.cpuDown(1);
  machine.hotplug.cpuUp(1);
  writeText(machine, ring.writer, "first");
  ring.writer.flush("active");
  using reader = ring.reader();
  assertEquals(drain(reader), ["first"]);
});

Deno.test("RingChannel leaves a ring that nobody wrote to as it is, when its CPU dies", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { client: () => ({ headerSize: 8 }) });
  machine.hotplug.cpuDown(1);
  using reader = channel.buf[1]!.reader();
  assertStrictEquals(reader.poll(), 0);
  machine.hotplug.cpuUp(1);
  assertStrictEquals(reader.poll(), 0, "and when it is up again");
  channel.close();
  assertStrictEquals(reader.poll(), POLLHUP, "not even a header was written");
});

for (const callback of ["bufferBegin", "bufferEnd"] as const) {
  Deno.test(`RingChannel hands all over and goes on, when ${callback} throws as the CPU dies`, () => {
    const { machine, relay } = bootRelay();
    const mine = new Error("no header");
    let broken = false;
    const client: RingClient = {
      headerSize: 8,
      [callback]() {
        if (broken) throw mine;
      },
    };
    using channel = openRing(relay, { client: () => client });
    const ring = channel.buf[1]!;
    write(machine, ring.writer, eventBytes(100, 1));
    ring.writer.reserve(50);
    broken = true;
    // A torn slot has the sub-buffer closed by the repair; opening comes with the next slot.
    if (callback === "bufferEnd") {
      assertStrictEquals(assertThrows(() => machine.hotplug.cpuDown(1)), mine);
    } else {
      machine.hotplug.cpuDown(1);
    }
    broken = false;
    assertStrictEquals(ring.writer.reserve(1), LOST_OFFLINE);
    using reader = ring.reader();
    assertEquals(joined(...reader.getNextSubbuf()!.views()).subarray(8), eventBytes(100, 1));
    reader.putNextSubbuf();
    machine.hotplug.cpuUp(1);
    assert(writeText(machine, ring.writer, "up") >= 0, "it goes on");
  });
}

Deno.test("RingChannel is not told of CPUs, when it is closed", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  const client = spy((_cpu: number) => ({ headerSize: 0 }));
  openRing(relay, { client }).close();
  machine.hotplug.cpuUp(1);
  assertEquals(client.calls.length, 1);
  assertEquals(framesInUse(machine), [0]);
});
