import { Dentry, regularInode } from "@ltt/relay/hw";
import type { RelayBuffer, RelayCallbacks } from "@ltt/relay/relay";
import { ringFileOperations } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { spy } from "@std/testing/mock";
import { bootRelay, drain, framesInUse, leftBehind, openRing, writeText } from "./fixture.ts";

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
