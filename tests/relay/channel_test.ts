import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { spy } from "@std/testing/mock";
import { Dentry, KernelError, Machine, regularInode, S_IRUSR } from "@ltt/relay/hw";
import {
  Relay,
  type RelayBuffer,
  type RelayCallbacks,
  relayFileOperations,
} from "@ltt/relay/relay";

const sizes = { subbufSize: 4096, nSubbufs: 2 };

/** Page frames and small objects in use. */
function inUse(machine: Machine): [number, number] {
  const frames = machine.pages.zones.reduce((sum, zone) => sum + zone.frames - zone.nrFreePages, 0);
  return [frames, machine.slab.live];
}

/** Callbacks that make dentries of their own and remember what they were asked. */
function recordingCallbacks(): Required<RelayCallbacks> & { made: Dentry[]; removed: Dentry[] } {
  const made: Dentry[] = [];
  const removed: Dentry[] = [];
  return {
    made,
    removed,
    createBufFile(filename, _parent, mode, buffer) {
      const dentry = new Dentry(filename, regularInode(mode, buffer, relayFileOperations));
      made.push(dentry);
      return dentry;
    },
    removeBufFile(dentry) {
      removed.push(dentry);
      dentry.remove();
    },
  };
}

Deno.test("open() without callbacks makes files in debugfs's root, close() removes them", () => {
  const machine = new Machine({ nodes: [64], cpus: 2 });
  const channel = Relay.start(machine).open({ baseFilename: "trace", ...sizes });
  const files = machine.debugfs.root.children;
  assertEquals(files.map((file) => file.name), ["trace0", "trace1"]);
  assertEquals(files.map((file) => file.inode.mode & 0o777), [S_IRUSR, S_IRUSR]);
  assertStrictEquals(files[1].inode.private, channel.buf[1]);
  channel.close();
  assertEquals(machine.debugfs.root.children, []);
});

Deno.test("open() makes its files in the parent given", () => {
  const machine = new Machine({ nodes: [64] });
  const parent = machine.debugfs.createDir("ltt");
  using _channel = Relay.start(machine).open({ baseFilename: "trace", parent, ...sizes });
  assertEquals(machine.debugfs.lookup("ltt/trace0").parent, parent);
});

Deno.test("open() with only createBufFile removes the file itself", () => {
  const machine = new Machine({ nodes: [64] });
  const { createBufFile, made } = recordingCallbacks();
  Relay.start(machine).open({ baseFilename: "t", ...sizes, callbacks: { createBufFile } }).close();
  assertEquals(made.map((dentry) => dentry.exists), [false]);
});

Deno.test("open() never writes to the callbacks it is given", () => {
  const machine = new Machine({ nodes: [64] });
  const callbacks: RelayCallbacks = Object.freeze({});
  using channel = Relay.start(machine).open({ baseFilename: "t", ...sizes, callbacks });
  assertStrictEquals(channel.callbacks, callbacks);
  assertEquals(Object.keys(callbacks), []);
});

Deno.test("open() throws what createBufFile throws, and gives everything back", () => {
  const machine = new Machine({ nodes: [64], cpus: 3 });
  const relay = Relay.start(machine);
  const callbacks = recordingCallbacks();
  const { createBufFile } = callbacks;
  const mine = new Error("no more files");
  callbacks.createBufFile = (...args) => {
    if (args[3].cpu === 2) throw mine;
    return createBufFile(...args);
  };
  const thrown = assertThrows(() => relay.open({ baseFilename: "t", ...sizes, callbacks }));
  assertStrictEquals(thrown, mine);
  assertEquals(inUse(machine), [0, 0]);
  assertEquals(callbacks.removed.map((dentry) => dentry.name), ["t0", "t1"]);
  relay.open({ baseFilename: "t", ...sizes }).close();
});

Deno.test("open() whose createBufFile gives null is ENOENT", () => {
  const machine = new Machine({ nodes: [64] });
  const callbacks = { createBufFile: () => null };
  const error = assertThrows(
    () => Relay.start(machine).open({ baseFilename: "t", ...sizes, callbacks }),
    KernelError,
    "Cannot open t0: createBufFile made no file",
  );
  assertEquals([error.code, error.errno], ["ENOENT", 2]);
  assertEquals(inUse(machine), [0, 0]);
});

Deno.test("open() of a name that is taken is debugfs's EEXIST, and the first channel lives", () => {
  const machine = new Machine({ nodes: [64] });
  const relay = Relay.start(machine);
  using channel = relay.open({ baseFilename: "t", ...sizes });
  const again = (): unknown => relay.open({ baseFilename: "t", ...sizes });
  assertEquals(assertThrows(again, KernelError).code, "EEXIST");
  assertEquals(channel.buf[0]!.write(0, new Uint8Array(8)), 8);
  assertEquals(machine.debugfs.root.children.length, 1);
});

Deno.test("close() goes on when a removeBufFile throws, and throws that at the end", () => {
  const machine = new Machine({ nodes: [64], cpus: 2 });
  const mine = new Error("disk on fire");
  const removeBufFile = spy((_dentry: Dentry): void => {
    throw mine;
  });
  const { createBufFile } = recordingCallbacks();
  const callbacks = { createBufFile, removeBufFile };
  const relay = Relay.start(machine);
  const channel = relay.open({ baseFilename: "t", ...sizes, callbacks });
  assertStrictEquals(assertThrows(() => channel.close()), mine);
  assertEquals(removeBufFile.calls.length, 2);
  assertEquals(inUse(machine), [0, 0]);
  assertEquals(relay.channels, []);
  assert(!relay.mutex.locked);
});

Deno.test("close() twice throws and changes nothing, `using` after close() is silent", () => {
  const machine = new Machine({ nodes: [64] });
  const relay = Relay.start(machine);
  {
    using channel = relay.open({ baseFilename: "t", ...sizes });
    channel.get();
    channel.close();
    assertThrows(() => channel.close(), TypeError, 'Cannot close channel "t": it is closed');
    assertEquals(channel.kref, 1);
    channel.put();
    assertEquals(channel.kref, 0);
  }
  assertEquals(inUse(machine), [0, 0]);
});

Deno.test("put() without get() throws while files and the channel hold references", () => {
  const machine = new Machine({ nodes: [64] });
  using channel = Relay.start(machine).open({ baseFilename: "t", ...sizes });
  const buffer = channel.buf[0]!;
  using _file = machine.debugfs.lookup("t0").open();
  assertThrows(() => buffer.put(), TypeError, "no user holds a reference");
  assertThrows(() => channel.put(), TypeError, "no user holds a reference");
  assertEquals([buffer.kref, channel.kref], [2, 2]);
});

Deno.test("put() twice for one get() throws, and takes nobody else's reference", () => {
  const machine = new Machine({ nodes: [64] });
  using channel = Relay.start(machine).open({ baseFilename: "t", ...sizes });
  for (const thing of [channel, channel.buf[0]!]) {
    const before = thing.kref;
    thing.get();
    thing.put();
    assertThrows(() => thing.put(), TypeError, "no user holds a reference");
    assertEquals(thing.kref, before);
  }
});

Deno.test("a client's reference keeps buffer and channel usable after close()", () => {
  const machine = new Machine({ nodes: [64], cpus: 2 });
  const channel = Relay.start(machine).open({ baseFilename: "t", ...sizes });
  const buffer = channel.buf[1]!;
  buffer.get();
  channel.close();
  assertEquals([channel.closed, channel.kref, channel.buf[0]], [true, 1, null]);
  assertEquals(buffer.write(8191, new Uint8Array(1)), 1);
  buffer.put();
  assertEquals([channel.kref, ...inUse(machine)], [0, 0, 0]);
});

Deno.test("opening or closing a channel from within a callback is a deadlock, and says so", () => {
  const machine = new Machine({ nodes: [64] });
  const relay = Relay.start(machine);
  const other = relay.open({ baseFilename: "other", ...sizes });
  const createBufFile = (): Dentry | null => {
    assertEquals(assertThrows(() => other.close(), KernelError).code, "EDEADLK");
    relay.open({ baseFilename: "inner", ...sizes });
    return null;
  };
  const open = (): unknown =>
    relay.open({ baseFilename: "t", ...sizes, callbacks: { createBufFile } });
  assertEquals(assertThrows(open, KernelError).code, "EDEADLK");
  other.close();
  assertEquals(inUse(machine), [0, 0]);
});

Deno.test("a file keeps its buffer after close() and can be opened again until released", () => {
  const machine = new Machine({ nodes: [64] });
  const channel = Relay.start(machine).open({ baseFilename: "t", ...sizes });
  const dentry = machine.debugfs.lookup("t0");
  const first = dentry.open();
  channel.close();
  const second = dentry.open();
  first.close();
  assertEquals(inUse(machine), [2, 4]);
  second.close();
  assertEquals(inUse(machine), [0, 0]);
  assertEquals(assertThrows(() => dentry.open(), KernelError).code, "ENOENT");
});

Deno.test("a file that outlived its buffer cannot be opened", () => {
  const machine = new Machine({ nodes: [64] });
  const { createBufFile, made } = recordingCallbacks();
  const callbacks = { createBufFile, removeBufFile: () => {} };
  Relay.start(machine).open({ baseFilename: "t", ...sizes, callbacks }).close();
  const error = assertThrows(() => made[0].open(), KernelError, "its buffer is freed");
  assertEquals(error.code, "ENOENT");
});

Deno.test("a file of a buffer has no position and cannot be read", () => {
  const machine = new Machine({ nodes: [64] });
  using _channel = Relay.start(machine).open({ baseFilename: "t", ...sizes });
  using file = machine.debugfs.lookup("t0").open();
  const code = (fn: () => unknown): string => assertThrows(fn, KernelError).code;
  assertEquals(code(() => file.read(new Uint8Array(1))), "EINVAL");
  assertEquals(code(() => file.pread(new Uint8Array(1), 0)), "ESPIPE");
});

Deno.test("a buffer whose callback refused it is freed, whatever the callback has kept of it", () => {
  const machine = new Machine({ nodes: [64] });
  const kept: { buffer?: RelayBuffer; dentry?: Dentry } = {};
  const createBufFile: RelayCallbacks["createBufFile"] = (filename, _parent, mode, buffer) => {
    buffer.get();
    kept.buffer = buffer;
    kept.dentry = new Dentry(filename, regularInode(mode, buffer, relayFileOperations));
    return null;
  };
  const open = (): unknown =>
    Relay.start(machine).open({ baseFilename: "t", ...sizes, callbacks: { createBufFile } });
  assertEquals(assertThrows(open, KernelError).code, "ENOENT");
  assertEquals(kept.buffer!.kref, 0);
  assertThrows(() => kept.buffer!.get(), TypeError, "it is freed");
  assertEquals(assertThrows(() => kept.dentry!.open(), KernelError).code, "ENOENT");
  kept.buffer!.put();
  assertEquals(inUse(machine), [0, 0]);
});

Deno.test("open() whose createBufFile returns nothing at all is ENOENT", () => {
  const machine = new Machine({ nodes: [64] });
  const createBufFile = (() => {}) as unknown as () => null;
  const open = (): unknown =>
    Relay.start(machine).open({ baseFilename: "t", ...sizes, callbacks: { createBufFile } });
  assertEquals(assertThrows(open, KernelError).code, "ENOENT");
  assertEquals(inUse(machine), [0, 0]);
});

for (
  const [what, thrown] of [
    ["an error", new Error("removing")],
    ["a symbol", Symbol("removing")],
    ["an object without a prototype", Object.create(null)],
  ]
) {
  Deno.test(`open() throws the first error, when unwinding meets ${what}`, () => {
    const machine = new Machine({ nodes: [64], cpus: 2 });
    const { createBufFile } = recordingCallbacks();
    const first = new Error("first");
    const callbacks: RelayCallbacks = {
      createBufFile(...args) {
        if (args[3].cpu === 1) throw first;
        return createBufFile(...args);
      },
      removeBufFile() {
        throw thrown;
      },
    };
    const open = (): unknown =>
      Relay.start(machine).open({ baseFilename: "t", ...sizes, callbacks });
    assertStrictEquals(assertThrows(open), first);
    assertEquals(inUse(machine), [0, 0]);
    assertEquals(machine.log.entries.length, 1, "messages");
  });
}
