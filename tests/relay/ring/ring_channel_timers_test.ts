import {
  CPU_DOWN_PREPARE,
  KernelError,
  Machine,
  NOTIFY_BAD,
  NOTIFY_OK,
  NOTIFY_STOP,
  POLLIN,
} from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { type RingChannel, ringWriter } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { until } from "../until.ts";
import { textOf } from "./bytes.ts";
import { assertCode, bootRelay, drain, fillSubbufs, openRing, writeText } from "./fixture.ts";

Deno.test("RingChannel's switch timer hands over what was written", async () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay, { switchTimerMs: 1 });
  writeText(machine, channel.buf[0]!.writer, "tick");
  using reader = channel.buf[0]!.reader();
  assertStrictEquals(reader.poll(), 0, "at once");
  await until("a sub-buffer is handed over", () => (reader.poll() & POLLIN) !== 0);
  assertEquals(drain(reader), ["tick"]);
});

Deno.test("RingChannel's switch timer leaves a ring alone, when another thread writes", async () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { switchTimerMs: 1 });
  const elsewhere = ringWriter(channel.buf[1]!.descriptor, { headerSize: 0 });
  elsewhere.attach();
  writeText(machine, elsewhere, "mine");
  writeText(machine, channel.buf[0]!.writer, "tick");
  using here = channel.buf[0]!.reader();
  using there = channel.buf[1]!.reader();
  await until("a sub-buffer is handed over", () => (here.poll() & POLLIN) !== 0);
  assertStrictEquals(there.poll(), 0);
  elsewhere.detach();
});

/** How often the doorbells of a channel's CPUs were rung. */
function bells(channel: RingChannel): Int32Array {
  return new Int32Array(channel.buf[0]!.descriptor.doorbells);
}

Deno.test("RingChannel's read timer wakes the reader, the writer does not", async () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { readTimerMs: 1 });
  fillSubbufs(machine, channel.buf[0]!, 2);
  assertEquals([...bells(channel)], [0, 0], "the writer has delivered");
  await until("the bell of CPU 0 rings", () => bells(channel)[0] > 0);
  assertStrictEquals(bells(channel)[1], 0, "there is nothing to read on CPU 1");
});

Deno.test("RingChannel's writer wakes the reader, when there is no read timer", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  fillSubbufs(machine, channel.buf[1]!, 2);
  assertEquals([...bells(channel)], [0, 2]);
});

Deno.test("RingChannel's read timer wakes the reader of a ring that another thread has finalized", async () => {
  const { relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay, { readTimerMs: 1 });
  const elsewhere = ringWriter(channel.buf[0]!.descriptor, { headerSize: 0 });
  elsewhere.attach();
  elsewhere.flush("final");
  elsewhere.detach();
  await until("the bell rings", () => bells(channel)[0] > 0);
});

Deno.test("RingChannel's read timer ends its ringing, when all is read", async () => {
  const { machine, relay } = bootRelay({ cpus: 2 });
  using channel = openRing(relay, { readTimerMs: 1 });
  for (const ring of channel.buf) fillSubbufs(machine, ring!, 1);
  await until("both bells ring", () => bells(channel).every((count) => count > 0));
  using reader = channel.buf[1]!.reader();
  drain(reader);
  const [zero, one] = bells(channel);
  await until("bell 0 rings on", () => bells(channel)[0] > zero + 3);
  assertStrictEquals(bells(channel)[1], one);
});

Deno.test("RingChannel's timers stop at CPU_DOWN_PREPARE and start when the CPU is up", async () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { readTimerMs: 1 });
  for (const ring of channel.buf) fillSubbufs(machine, ring!, 1);
  await until("bell 1 rings", () => bells(channel)[1] > 0);
  machine.hotplug.cpuDown(1);
  const [zero, one] = bells(channel);
  await until("bell 0 rings on", () => bells(channel)[0] > zero + 3);
  assertStrictEquals(bells(channel)[1], one, "bell 1 while CPU 1 is down");
  machine.hotplug.cpuUp(1);
  await until("bell 1 rings again", () => bells(channel)[1] > one + 1);
});

Deno.test("RingChannel's timers go on, when a notifier vetoes that the CPU goes down", async () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { readTimerMs: 1 });
  fillSubbufs(machine, channel.buf[1]!, 1);
  machine.hotplug.hotcpuNotifier(
    (action) => action === CPU_DOWN_PREPARE ? NOTIFY_BAD : NOTIFY_OK,
    0,
  );
  assertCode(() => machine.hotplug.cpuDown(1), "EINVAL", "cpuDown()");
  const one = bells(channel)[1];
  await until("bell 1 rings on", () => bells(channel)[1] > one + 1);
});

Deno.test("RingChannel's timers run for a CPU that comes up later", async () => {
  const { machine, relay } = bootRelay({ online: [0] });
  using channel = openRing(relay, { switchTimerMs: 1 });
  machine.hotplug.cpuUp(1);
  writeText(machine, channel.buf[1]!.writer, "tick");
  using reader = channel.buf[1]!.reader();
  await until("a sub-buffer is handed over", () => (reader.poll() & POLLIN) !== 0);
});

/** Fails if the bell of CPU 0 rings while timers of the same period, started later, run often. */
async function assertSilent(rung: Int32Array): Promise<void> {
  const { machine, relay } = bootRelay({ cpus: 1 });
  using clock = openRing(relay, { readTimerMs: 1 });
  fillSubbufs(machine, clock.buf[0]!, 1);
  const [before] = rung;
  await until("the clock's bell rings", () => bells(clock)[0] > 4);
  assertStrictEquals(rung[0], before, "rings");
}

Deno.test("RingChannel's timers stop, when it is closed and somebody reads on", async () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay, { readTimerMs: 1 });
  const rung = bells(channel);
  fillSubbufs(machine, channel.buf[0]!, 1);
  using _reader = channel.buf[0]!.reader();
  channel.close();
  await assertSilent(rung);
});

Deno.test("RingChannel's timers stop, when the channel below is closed", async () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay, { readTimerMs: 1 });
  const rung = bells(channel);
  fillSubbufs(machine, channel.buf[0]!, 1);
  channel.channel.close();
  await assertSilent(rung);
});

Deno.test("RingChannel starts no timer twice, when it never heard that a CPU would go down", async () => {
  const machine = new Machine({
    nodes: [64],
    cpus: 2,
    arch: {
      cpuDisable() {
        throw new KernelError("EIO", "Cannot stop");
      },
    },
  });
  machine.hotplug.hotcpuNotifier(
    (action) => action === CPU_DOWN_PREPARE ? NOTIFY_STOP : NOTIFY_OK,
    9,
  );
  const channel = openRing(Relay.start(machine), { readTimerMs: 1 });
  fillSubbufs(machine, channel.buf[0]!, 1);
  assertCode(() => machine.hotplug.cpuDown(0), "EIO", "cpuDown()");
  const rung = bells(channel);
  using _reader = channel.buf[0]!.reader();
  channel.close();
  await assertSilent(rung);
});

Deno.test({
  name: "RingChannel's timers let a program end, when it has nothing else to do",
  ignore: Deno.permissions.querySync({ name: "run" }).state !== "granted",
  async fn() {
    const [hw, relay, ring] = ["hw", "relay", "relay/ring"].map((folder) =>
      JSON.stringify(new URL(`../../../${folder}/mod.ts`, import.meta.url))
    );
    const program = `
      import { Machine } from ${hw};
      import { Relay } from ${relay};
      import { RingChannel } from ${ring};
      const options = { baseFilename: "t", subbufSize: 4096, nSubbufs: 2 };
      const timers = { switchTimerMs: 1, readTimerMs: 1 };
      RingChannel.open(Relay.start(new Machine()), { ...options, ...timers });
    `;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", program],
      signal: AbortSignal.timeout(20_000),
    }).output();
    assert(success, `it ends by itself: ${new TextDecoder().decode(stderr)}`);
  },
});

Deno.test("RingChannel wakes the reader of a CPU that is dead, when it has a read timer", async () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { readTimerMs: 2 ** 30 });
  writeText(machine, channel.buf[1]!.writer, "last");
  const reader = channel.buf[1]!.reader();
  const next = reader[Symbol.asyncIterator]().next();
  let text = "";
  next.then(({ value }) => text = textOf(...value!.views()));
  machine.hotplug.cpuDown(1);
  await until("the reader gets the sub-buffer", () => text === "last");
  reader.close();
});
