import {
  CPU_DOWN_PREPARE,
  CPU_UP_CANCELED,
  CPU_UP_PREPARE,
  CPU_UP_PREPARE_FROZEN,
  type CpuAction,
  Dentry,
  KernelError,
  Machine,
  NOTIFY_BAD,
  NOTIFY_OK,
  NOTIFY_STOP,
  POLLHUP,
  POLLIN,
  regularInode,
} from "@ltt/relay/hw";
import { Relay, type RelayBuffer, type RelayCallbacks } from "@ltt/relay/relay";
import {
  LOST_OFFLINE,
  RING_NOTIFIER_PRIORITY,
  RingBuffer,
  type RingChannel,
  type RingClient,
  ringFileOperations,
  type RingOptions,
  type RingReader,
  ringReader,
  ringWriter,
} from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { spy } from "@std/testing/mock";
import { WRITER } from "../../../relay/ring/control.ts";
import {
  assertCode,
  bootRelay,
  framesInUse,
  happens,
  joined,
  leftBehind,
  messages,
  openRing,
  pattern,
  textOf,
  write,
  writeText,
} from "./fixture.ts";

/** What a reader has left to get, as text. */
function drain(reader: RingReader): string[] {
  const texts: string[] = [];
  for (;;) {
    const subbuf = reader.getNextSubbuf();
    if (subbuf === null) return texts;
    texts.push(textOf(...subbuf.views()));
    reader.putNextSubbuf();
  }
}

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

/** Fills sub-buffers to the last byte. */
function fill(machine: Machine, ring: RingBuffer, subbufs: number): void {
  const { subbufSize } = ring.memory.geometry;
  for (let i = 0; i < subbufs; i++) write(machine, ring.writer, pattern(subbufSize, i));
}

/** A client whose callback throws `error`. */
function throwing(callback: "bufferBegin" | "bufferEnd", error: unknown): RingClient {
  return {
    headerSize: 8,
    [callback]() {
      throw error;
    },
  };
}

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

Deno.test("RingChannel.open() makes files with the ring's operations, when there are no callbacks", () => {
  const { machine, relay } = bootRelay();
  using _channel = openRing(relay);
  const { inode } = machine.debugfs.lookup("t1");
  assertStrictEquals(inode.fops, ringFileOperations);
  assertStrictEquals(inode.mode & 0o777, 0o400);
});

Deno.test("RingChannel calls the user's createBufFile and removeBufFile for each buffer", () => {
  const { machine, relay } = bootRelay();
  const createBufFile = spy((
    filename: string,
    _parent: Dentry | null,
    mode: number,
    _b: RelayBuffer,
  ) => new Dentry(filename, regularInode(mode, null)));
  const removeBufFile = spy((dentry: Dentry) => dentry.remove());
  const before = leftBehind(machine, relay);
  openRing(relay, { callbacks: { createBufFile, removeBufFile } }).close();
  assertEquals(createBufFile.calls.map(({ args }) => [args[0], args[1], args[3].cpu]), [
    ["t0", null, 0],
    ["t1", null, 1],
  ]);
  assertEquals(
    removeBufFile.calls.map(({ args }) => args[0]),
    createBufFile.calls.map((call) => call.returned!),
  );
  assertEquals(leftBehind(machine, relay), before);
});

Deno.test("RingChannel.close() removes the file itself, when only createBufFile is given", () => {
  const { relay } = bootRelay({ cpus: 1 });
  const dentry = new Dentry("mine", regularInode(0o400, null));
  openRing(relay, { callbacks: { createBufFile: () => dentry } }).close();
  assert(!dentry.exists, "it was removed");
});

Deno.test("RingChannel.close() frees all and throws what removeBufFile threw first", () => {
  const { machine, relay } = bootRelay();
  const before = leftBehind(machine, relay);
  const mine = new Error("on fire");
  const removeBufFile = spy((dentry: Dentry): void => {
    dentry.remove();
    throw mine;
  });
  const channel = openRing(relay, { callbacks: { removeBufFile } });
  assertStrictEquals(assertThrows(() => channel.close()), mine);
  assertEquals([removeBufFile.calls.length, channel.channel.closed], [2, true]);
  assertEquals(channel.buf, [null, null]);
  assertEquals(leftBehind(machine, relay), before);
});

Deno.test("RingChannel.close() leaves a ring that is read, when all rings have one file", () => {
  const { machine, relay } = bootRelay();
  const dentry = new Dentry("all", regularInode(0o400, null));
  const callbacks: RelayCallbacks = { createBufFile: () => dentry, removeBufFile: () => {} };
  const channel = openRing(relay, { callbacks });
  writeText(machine, channel.buf[0]!.writer, "kept");
  const reader = channel.buf[0]!.reader();
  channel.close();
  assertEquals(channel.buf.map((ring) => ring === null), [false, true]);
  assertEquals(drain(reader), ["kept"]);
  reader.close();
  assertEquals(framesInUse(machine), [0]);
});

Deno.test("RingChannel frees the ring whose file goes, when removing one file gives up another", () => {
  const { machine, relay } = bootRelay();
  const kept: RelayBuffer[] = [];
  const callbacks: RelayCallbacks = {
    removeBufFile(dentry) {
      if (dentry.name === "t0") kept[1].put();
      dentry.remove();
    },
  };
  const channel = openRing(relay, { callbacks });
  for (const buffer of channel.channel.buf) {
    buffer!.get();
    kept.push(buffer!);
  }
  channel.close();
  kept[0].put();
  assertEquals(channel.buf, [null, null]);
  assertEquals(framesInUse(machine), [0]);
});

Deno.test("RingChannel.close() works, when somebody has removed a file", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  machine.debugfs.lookup("t0").remove();
  channel.close();
  assertEquals(framesInUse(machine), [0]);
});

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
    await happens("the loop ends", () => ended);
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

for (const callback of ["bufferBegin", "bufferEnd"] as const) {
  Deno.test(`RingChannel.close() frees all and throws what ${callback} threw`, () => {
    const { machine, relay } = bootRelay();
    const before = leftBehind(machine, relay);
    const mine = new Error("no header");
    const channel = openRing(relay, { client: () => throwing(callback, mine) });
    const texts = channel.buf.map((ring) => {
      if (callback === "bufferBegin") assertStrictEquals(assertThrows(() => ring!.writer), mine);
      writeText(machine, ring!.writer, "x");
      return ring!.lost;
    });
    assertStrictEquals(texts.length, 2);
    if (callback === "bufferEnd") assertStrictEquals(assertThrows(() => channel.close()), mine);
    else channel.close();
    assertEquals(leftBehind(machine, relay), before);
    assertThrows(() => channel.close(), TypeError, "it is closed");
  });
}

Deno.test("RingChannel.close() leaves a writer that touches no memory", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const { writer } = channel.buf[0]!;
  channel.close();
  const before = machine.ram.bytes.slice();
  assertStrictEquals(writer.reserve(4), LOST_OFFLINE);
  assertThrows(() => writer.commit(), TypeError);
  assertThrows(() => writer.flush("active"), TypeError);
  assertEquals(machine.ram.bytes.findIndex((byte, i) => byte !== before[i]), -1, "a byte of RAM");
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
  assertEquals(machine.ram.bytes.findIndex((byte, i) => byte !== before[i]), -1, "a byte of RAM");
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
  assertEquals(machine.ram.bytes.findIndex((byte, i) => byte !== before[i]), -1, "a byte of RAM");
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

Deno.test("RingChannel.close() logs what was lost and what was not read, by CPU", () => {
  const { machine, relay } = bootRelay();
  const channel = openRing(relay);
  fill(machine, channel.buf[0]!, 6);
  writeText(machine, channel.buf[1]!.writer, "unread");
  channel.close();
  assertEquals(messages(machine), [
    "<1>LTT : t : 2 events lost in t channel (cpu 0).",
    "<4>LTT : unread channel t offset is 16384 and cons_off : 0 (cpu 0)",
    "<4>LTT : unread channel t offset is 4096 and cons_off : 0 (cpu 1)",
  ]);
});

Deno.test("RingChannel.close() logs nothing, when all was read and nothing was lost", () => {
  const { machine, relay } = bootRelay();
  const channel = openRing(relay);
  writeText(machine, channel.buf[0]!.writer, "read");
  channel.buf[0]!.writer.flush("active");
  const reader = channel.buf[0]!.reader();
  drain(reader);
  reader.close();
  channel.close();
  assertEquals(messages(machine), []);
});

Deno.test("RingChannel counts events of all causes in one line, when they are lost", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const ring = channel.buf[0]!;
  fill(machine, ring, 4);
  ring.writer.reserve(1);
  ring.writer.reserve(5000);
  const { full, big } = ring.lost;
  assertEquals([full, big], [1, 1]);
  channel.close();
  assertStrictEquals(messages(machine)[0], "<1>LTT : t : 2 events lost in t channel (cpu 0).");
});

Deno.test("RingChannel gives a CPU its ring at CPU_UP_PREPARE, after relay gave it a buffer", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  using channel = openRing(relay);
  const seen: [CpuAction, boolean][] = [];
  machine.hotplug.hotcpuNotifier((action, cpu) => {
    seen.push([action, channel.buf[cpu] !== null]);
    return NOTIFY_OK;
  }, 3);
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
  const seen: [CpuAction, boolean][] = [];
  machine.hotplug.hotcpuNotifier((action, cpu) => {
    seen.push([action, channel.buf[cpu] !== null]);
    return NOTIFY_OK;
  }, 3);
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

Deno.test("RingChannel.close() counts what a dead CPU lost", () => {
  for (const asked of ["before", "after"]) {
    const { machine, relay } = bootRelay();
    const channel = openRing(relay);
    const ring = channel.buf[1]!;
    if (asked === "before") writeText(machine, ring.writer, "x");
    machine.hotplug.cpuDown(1);
    ring.writer.reserve(8);
    channel.close();
    assertStrictEquals(
      messages(machine)[0],
      "<1>LTT : t : 1 events lost in t channel (cpu 1).",
      `the writer was asked for ${asked} the CPU died`,
    );
  }
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
    write(machine, ring.writer, pattern(100, 1));
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
    assertEquals(joined(reader.getNextSubbuf()!.views()).subarray(8), pattern(100, 1));
    reader.putNextSubbuf();
    machine.hotplug.cpuUp(1);
    assert(writeText(machine, ring.writer, "up") >= 0, "it goes on");
  });
}

Deno.test("RingBuffer.writer is attached, when the client threw as it attached", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const mine = new Error("no header");
  const client = clientThatThrows(mine);
  using channel = openRing(relay, { client: () => client });
  assertStrictEquals(assertThrows(() => channel.buf[0]!.writer), mine);
  client.broken = false;
  assert(writeText(machine, channel.buf[0]!.writer, "x") >= 0);
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

Deno.test("RingChannel's switch timer hands over what was written", async () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay, { switchTimerMs: 1 });
  writeText(machine, channel.buf[0]!.writer, "tick");
  using reader = channel.buf[0]!.reader();
  assertStrictEquals(reader.poll(), 0, "at once");
  await happens("a sub-buffer is handed over", () => (reader.poll() & POLLIN) !== 0);
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
  await happens("a sub-buffer is handed over", () => (here.poll() & POLLIN) !== 0);
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
  fill(machine, channel.buf[0]!, 2);
  assertEquals([...bells(channel)], [0, 0], "the writer has delivered");
  await happens("the bell of CPU 0 rings", () => bells(channel)[0] > 0);
  assertStrictEquals(bells(channel)[1], 0, "there is nothing to read on CPU 1");
});

Deno.test("RingChannel's writer wakes the reader, when there is no read timer", () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay);
  fill(machine, channel.buf[1]!, 2);
  assertEquals([...bells(channel)], [0, 2]);
});

Deno.test("RingChannel's read timer wakes the reader of a ring that another thread has finalized", async () => {
  const { relay } = bootRelay({ cpus: 1 });
  using channel = openRing(relay, { readTimerMs: 1 });
  const elsewhere = ringWriter(channel.buf[0]!.descriptor, { headerSize: 0 });
  elsewhere.attach();
  elsewhere.flush("final");
  elsewhere.detach();
  await happens("the bell rings", () => bells(channel)[0] > 0);
});

Deno.test("RingChannel's read timer ends its ringing, when all is read", async () => {
  const { machine, relay } = bootRelay({ cpus: 2 });
  using channel = openRing(relay, { readTimerMs: 1 });
  for (const ring of channel.buf) fill(machine, ring!, 1);
  await happens("both bells ring", () => bells(channel).every((count) => count > 0));
  using reader = channel.buf[1]!.reader();
  drain(reader);
  const [zero, one] = bells(channel);
  await happens("bell 0 rings on", () => bells(channel)[0] > zero + 3);
  assertStrictEquals(bells(channel)[1], one);
});

Deno.test("RingChannel's timers stop at CPU_DOWN_PREPARE and start when the CPU is up", async () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { readTimerMs: 1 });
  for (const ring of channel.buf) fill(machine, ring!, 1);
  await happens("bell 1 rings", () => bells(channel)[1] > 0);
  machine.hotplug.cpuDown(1);
  const [zero, one] = bells(channel);
  await happens("bell 0 rings on", () => bells(channel)[0] > zero + 3);
  assertStrictEquals(bells(channel)[1], one, "bell 1 while CPU 1 is down");
  machine.hotplug.cpuUp(1);
  await happens("bell 1 rings again", () => bells(channel)[1] > one + 1);
});

Deno.test("RingChannel's timers go on, when a notifier vetoes that the CPU goes down", async () => {
  const { machine, relay } = bootRelay();
  using channel = openRing(relay, { readTimerMs: 1 });
  fill(machine, channel.buf[1]!, 1);
  machine.hotplug.hotcpuNotifier(
    (action) => action === CPU_DOWN_PREPARE ? NOTIFY_BAD : NOTIFY_OK,
    0,
  );
  assertCode(() => machine.hotplug.cpuDown(1), "EINVAL", "cpuDown()");
  const one = bells(channel)[1];
  await happens("bell 1 rings on", () => bells(channel)[1] > one + 1);
});

Deno.test("RingChannel's timers run for a CPU that comes up later", async () => {
  const { machine, relay } = bootRelay({ online: [0] });
  using channel = openRing(relay, { switchTimerMs: 1 });
  machine.hotplug.cpuUp(1);
  writeText(machine, channel.buf[1]!.writer, "tick");
  using reader = channel.buf[1]!.reader();
  await happens("a sub-buffer is handed over", () => (reader.poll() & POLLIN) !== 0);
});

/** Fails if the bell of CPU 0 rings while timers of the same period, started later, run often. */
async function assertSilent(rung: Int32Array): Promise<void> {
  const { machine, relay } = bootRelay({ cpus: 1 });
  using clock = openRing(relay, { readTimerMs: 1 });
  fill(machine, clock.buf[0]!, 1);
  const [before] = rung;
  await happens("the clock's bell rings", () => bells(clock)[0] > 4);
  assertStrictEquals(rung[0], before, "rings");
}

Deno.test("RingChannel's timers stop, when it is closed and somebody reads on", async () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay, { readTimerMs: 1 });
  const rung = bells(channel);
  fill(machine, channel.buf[0]!, 1);
  using _reader = channel.buf[0]!.reader();
  channel.close();
  await assertSilent(rung);
});

Deno.test("RingChannel's timers stop, when the channel below is closed", async () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay, { readTimerMs: 1 });
  const rung = bells(channel);
  fill(machine, channel.buf[0]!, 1);
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
  fill(machine, channel.buf[0]!, 1);
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
  await happens("the reader gets the sub-buffer", () => text === "last");
  reader.close();
});

Deno.test("RingChannel is not told of CPUs, when it is closed", () => {
  const { machine, relay } = bootRelay({ online: [0] });
  const client = spy((_cpu: number) => ({ headerSize: 0 }));
  openRing(relay, { client }).close();
  machine.hotplug.cpuUp(1);
  assertEquals(client.calls.length, 1);
  assertEquals(framesInUse(machine), [0]);
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
