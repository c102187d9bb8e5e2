import { CPU_UP_PREPARE, NOTIFY_OK } from "@ltt/relay/hw";
import type { RelayCallbacks } from "@ltt/relay/relay";
import { RING_NOTIFIER_PRIORITY, type RingClient, type RingOptions } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { spy } from "@std/testing/mock";
import {
  assertCode,
  bootRelay,
  drain,
  leftBehind,
  messages,
  openRing,
  writeText,
} from "./fixture.ts";

Deno.test("RingChannel.open() puts a ring on the buffer of each online CPU", () => {
  const { relay } = bootRelay({ cpus: 3, online: [0, 2] });
  using channel = openRing(relay);
  assertEquals(channel.buf.map((ring) => ring?.cpu ?? null), [0, null, 2]);
  for (const ring of channel.buf) {
    if (ring !== null) assertStrictEquals(ring.buffer, channel.channel.buf[ring.cpu]);
  }
});

Deno.test("RingChannel.open() hands the relay options on", () => {
  const { machine, relay } = bootRelay();
  const parent = machine.debugfs.createDir("ltt");
  const privateData = { mine: 1 };
  using channel = openRing(relay, { baseFilename: "trace", parent, privateData });
  assertStrictEquals(channel.channel.privateData, privateData);
  assertEquals(parent.children.map(({ name }) => name), ["trace0", "trace1"]);
  assertEquals([channel.channel.subbufSize, channel.channel.nSubbufs], [4096, 4]);
});

Deno.test("RingChannel.open() registers a notifier of priority 4, after relay's own", () => {
  const { machine, relay } = bootRelay();
  using _channel = openRing(relay);
  assertEquals(machine.hotplug.notifierPriorities, [5, 4]);
  assertStrictEquals(RING_NOTIFIER_PRIORITY, 4);
});

const refused: [what: string, options: Partial<RingOptions>, message: string][] = [
  ["one sub-buffer", { nSubbufs: 1 }, "a ring needs 2 sub-buffers, not 1"],
  ["one sub-buffer in overwrite mode", { nSubbufs: 1, mode: "overwrite" }, "not 1"],
  ["no sub-buffers", { nSubbufs: 0 }, "not 0"],
  ["sub-buffers below a page", { subbufSize: 2048 }, "2048 bytes are below 4096"],
  ["3 sub-buffers", { nSubbufs: 3 }, "nSubbufs 3"],
  ["NaN sub-buffers", { nSubbufs: NaN }, "nSubbufs NaN"],
  ["sub-buffers of 12288 bytes", { subbufSize: 12288 }, "subbufSize 12288"],
  ["sub-buffers of NaN bytes", { subbufSize: NaN }, "subbufSize NaN"],
  ["another mode", { mode: "keep" as "discard" }, 'there is no mode "keep"'],
  ["a switch timer below 0", { switchTimerMs: -1 }, "switchTimerMs -1 is no period"],
  ["a read timer of NaN", { readTimerMs: NaN }, "readTimerMs NaN is no period"],
  ["a read timer of 2^31", { readTimerMs: 2 ** 31 }, "readTimerMs 2147483648 is no period"],
  ...[-1, 1.5, NaN, 4096, 8192].map((headerSize) =>
    [`a header of ${headerSize}`, { client: () => ({ headerSize }) }, "does not fit"] as [
      string,
      Partial<RingOptions>,
      string,
    ]
  ),
  ["a header of 4100", { subbufSize: 8192, client: () => ({ headerSize: 4100 }) }, "4100 bytes"],
];
for (const [what, options, message] of refused) {
  Deno.test(`RingChannel.open() is EINVAL and leaves nothing, when there is ${what}`, () => {
    const { machine, relay } = bootRelay();
    const before = leftBehind(machine, relay);
    const error = assertCode(() => openRing(relay, options), "EINVAL", what);
    assert(error.message.includes(`Cannot open channel "t": `), error.message);
    assert(error.message.includes(message), error.message);
    assertEquals(leftBehind(machine, relay), before);
  });
}

for (const [subbufSize, headerSize] of [[4096, 4095], [8192, 4096], [4096, 0]]) {
  Deno.test(`RingChannel.open() takes a header of ${headerSize}, when a sub-buffer has ${subbufSize}`, () => {
    const { relay } = bootRelay();
    using channel = openRing(relay, { subbufSize, client: () => ({ headerSize }) });
    assertStrictEquals(channel.buf[0]!.memory.headerSize, headerSize);
  });
}

Deno.test("RingChannel.open() asks for the client of each CPU", () => {
  const { relay } = bootRelay();
  const client = spy((cpu: number) => ({ headerSize: 8 * cpu }));
  using channel = openRing(relay, { client });
  assertEquals(client.calls.map(({ args }) => args), [[0], [1]]);
  assertEquals(channel.buf.map((ring) => ring!.memory.headerSize), [0, 8]);
});

for (const mode of ["discard", "overwrite"] as const) {
  // A channel; for each CPU a name, a buffer and 4 descriptors. For each CPU 4 pages of the buffer
  // and a control page; in overwrite mode a spare page.
  const attempts = { page: mode === "overwrite" ? 12 : 10, slab: 13 };
  for (const kind of ["page", "slab"] as const) {
    Deno.test(`RingChannel.open() leaves nothing, when the k-th ${kind} fails in ${mode} mode`, () => {
      const { machine, relay } = bootRelay({ nodes: [64, 64] });
      const before = leftBehind(machine, relay);
      const injection = kind === "page" ? machine.failPageAlloc : machine.failslab;
      for (let k = 1; k <= attempts[kind]; k++) {
        injection.failNth(k);
        assertCode(() => openRing(relay, { mode }), "ENOMEM", `${kind} ${k}`);
        assertEquals(leftBehind(machine, relay), before, `after ${kind} ${k}`);
      }
      injection.failNth(attempts[kind] + 1);
      openRing(relay, { mode }).close();
      assertStrictEquals(injection.nthFromNow, 1, `${kind}s that were asked for`);
      assertEquals(leftBehind(machine, relay), before, "after a channel that was opened");
      assertEquals(messages(machine), []);
    });
  }
}

Deno.test("RingChannel.open() throws what a client's maker throws and leaves nothing", () => {
  const { machine, relay } = bootRelay();
  const before = leftBehind(machine, relay);
  const mine = new Error("no client");
  const client = (cpu: number): RingClient => {
    if (cpu === 1) throw mine;
    return { headerSize: 0 };
  };
  assertStrictEquals(assertThrows(() => openRing(relay, { client })), mine);
  assertEquals(leftBehind(machine, relay), before);
});

Deno.test("RingChannel.open() throws the first error, when removing a file throws another", () => {
  const { machine, relay } = bootRelay();
  const first = new Error("no client");
  const callbacks: RelayCallbacks = {
    removeBufFile(dentry) {
      dentry.remove();
      throw new Error("second");
    },
  };
  const client = (cpu: number): RingClient => {
    if (cpu === 1) throw first;
    return { headerSize: 0 };
  };
  const before = leftBehind(machine, relay);
  assertStrictEquals(assertThrows(() => openRing(relay, { client, callbacks })), first);
  assertEquals(leftBehind(machine, relay), before);
  assertEquals(messages(machine), ["<3>ring_channel_open: Error: second"]);
});

Deno.test("RingChannel.open() is EEXIST and leaves nothing, when a name is taken", () => {
  const { machine, relay } = bootRelay();
  machine.debugfs.createFile("t1", 0o400, null);
  const before = leftBehind(machine, relay);
  assertCode(() => openRing(relay), "EEXIST", "open()");
  assertEquals(leftBehind(machine, relay), before);
});

Deno.test("RingChannel.open() is EDEADLK and leaves nothing, from within a CPU notifier", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  const codes: string[] = [];
  machine.hotplug.hotcpuNotifier((action) => {
    if (action !== CPU_UP_PREPARE) return NOTIFY_OK;
    const before = leftBehind(machine, relay);
    codes.push(assertCode(() => openRing(relay), "EDEADLK", "open()").code);
    assertEquals(leftBehind(machine, relay), before);
    return NOTIFY_OK;
  }, 0);
  machine.hotplug.cpuUp(1);
  assertEquals(codes, ["EDEADLK"]);
});

Deno.test("RingChannel.open() is EDEADLK and leaves nothing, from within createBufFile", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const before = leftBehind(machine, relay);
  const createBufFile = (): null => {
    assertCode(() => openRing(relay, { baseFilename: "inner" }), "EDEADLK", "inner open()");
    return null;
  };
  assertCode(() => openRing(relay, { callbacks: { createBufFile } }), "ENOENT", "outer open()");
  assertEquals(leftBehind(machine, relay), before);
});

Deno.test("RingChannel keeps the rings of its channels apart", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  using one = openRing(relay, { baseFilename: "one" });
  using two = openRing(relay, { baseFilename: "two" });
  writeText(machine, one.buf[0]!.writer, "one");
  writeText(machine, two.buf[0]!.writer, "two");
  for (const [channel, text] of [[one, "one"], [two, "two"]] as const) {
    channel.buf[0]!.writer.flush("active");
    using reader = channel.buf[0]!.reader();
    assertEquals(drain(reader), [text]);
  }
});
