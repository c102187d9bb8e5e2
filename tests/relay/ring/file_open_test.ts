import { Machine } from "@ltt/relay/hw";
import { Relay, type RelayCallbacks } from "@ltt/relay/relay";
import { RING_BUFFER_GET_NEXT_SUBBUF, ringFileOperations } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertCode, framesInUse, openRing, writeText } from "./fixture.ts";
import { RingWithFile } from "./ring_with_file.ts";

Deno.test("open() of a ring's file attaches the reader, close() lets go of it", () => {
  using t = new RingWithFile();
  assertCode(() => t.ring.reader(), "EBUSY", "reader()");
  t.file.close();
  t.ring.reader().close();
});

Deno.test("open() of a ring's file is EBUSY and keeps nothing, when it is open", () => {
  using t = new RingWithFile();
  const { kref } = t.ring.buffer;
  assertCode(() => t.dentry.open(), "EBUSY", "open()");
  assertEquals([t.dentry.openFiles, t.ring.buffer.kref], [1, kref]);
  t.file.close();
  t.dentry.open().close();
});

Deno.test("open() of a ring's file is ENODEV and keeps nothing, when there is no ring yet", () => {
  const machine = new Machine({ nodes: [64] });
  const codes: string[] = [];
  const callbacks: RelayCallbacks = {
    createBufFile(filename, parent, mode, buffer) {
      const dentry = machine.debugfs.createFile(filename, mode, parent, buffer, ringFileOperations);
      codes.push(assertCode(() => dentry.open(), "ENODEV", "open()").code);
      assertStrictEquals(buffer.kref, 1);
      return dentry;
    },
  };
  openRing(Relay.start(machine), { callbacks }).close();
  assertEquals([codes, framesInUse(machine)], [["ENODEV"], [0]]);
});

Deno.test("open() of a ring's file is ENODEV, when the ring of its CPU could not be made", () => {
  const machine = new Machine({ nodes: [64], cpus: 2, online: [0] });
  using _channel = openRing(Relay.start(machine));
  machine.failPageAlloc.failNth(5);
  assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", "cpuUp()");
  assertCode(() => machine.debugfs.lookup("t1").open(), "ENODEV", "open()");
});

Deno.test("open() of a ring's file is ENOENT, when its buffer is freed", () => {
  const machine = new Machine({ nodes: [64] });
  const channel = openRing(Relay.start(machine), { callbacks: { removeBufFile: () => {} } });
  channel.close();
  assertCode(() => machine.debugfs.lookup("t0").open(), "ENOENT", "open()");
});

Deno.test("A ring's file has no position", () => {
  using t = new RingWithFile();
  assertCode(() => t.file.pread(new Uint8Array(1), 0), "ESPIPE", "pread()");
});

Deno.test("A ring's file keeps the buffer after the channel is closed, and can read the rest", () => {
  using t = new RingWithFile();
  writeText(t.machine, t.ring.writer, "the rest");
  t.channel.close();
  assert(framesInUse(t.machine)[0] > 0, "frames in use while it is open");
  assertEquals([t.read(5), t.read(99), t.read(99)], ["the r", "est", ""]);
  t.file.close();
  assertEquals(framesInUse(t.machine), [0]);
});

Deno.test("close() of a ring's file puts the sub-buffer that was held, unconsumed", () => {
  using t = new RingWithFile();
  t.deliverText("one");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  t.file.close();
  using again = t.dentry.open();
  assertStrictEquals(again.ioctl(RING_BUFFER_GET_NEXT_SUBBUF), 0);
});
