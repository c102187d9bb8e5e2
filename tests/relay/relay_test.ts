import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { CPU_UP_CANCELED, CPU_UP_PREPARE, KernelError, Machine, NOTIFY_OK } from "@ltt/relay/hw";
import { type OpenOptions, Relay, RELAY_NOTIFIER_PRIORITY } from "@ltt/relay/relay";

const sizes = { subbufSize: 4096, nSubbufs: 2 };

Deno.test("Relay.start() registers one notifier at priority 5", () => {
  const machine = new Machine();
  Relay.start(machine);
  assertEquals(machine.hotplug.notifierPriorities, [RELAY_NOTIFIER_PRIORITY]);
  assertEquals(RELAY_NOTIFIER_PRIORITY, 5);
});

Deno.test("init() a second time throws", () => {
  const relay = Relay.start(new Machine());
  assertThrows(() => relay.init(), TypeError, "it is registered");
});

Deno.test("a layer without init() opens channels and hears nothing of CPUs", () => {
  const machine = new Machine({ nodes: [64], cpus: 2, online: [0] });
  using channel = new Relay(machine).open({ baseFilename: "t", ...sizes });
  machine.hotplug.cpuUp(1);
  assertEquals(channel.buf.map((buffer) => buffer === null), [false, true]);
});

const refused: [string, Partial<OpenOptions>, string][] = [
  ["no name", { baseFilename: null as unknown as string }, "EINVAL"],
  ["a sub-buffer of 0 bytes", { subbufSize: 0 }, "EINVAL"],
  ["no sub-buffers", { nSubbufs: 0 }, "EINVAL"],
  ["a sub-buffer of 12288 bytes", { subbufSize: 12288 }, "EINVAL"],
  ["3 sub-buffers", { nSubbufs: 3 }, "EINVAL"],
  ["a negative size", { subbufSize: -4096 }, "EINVAL"],
  ["a size of NaN", { subbufSize: NaN }, "EINVAL"],
  ["half a byte", { subbufSize: 0.5, nSubbufs: 2 ** 14 }, "EINVAL"],
  ["2048 bytes in all", { subbufSize: 1024, nSubbufs: 2 }, "EINVAL"],
  ["2 GiB in all", { subbufSize: 2 ** 30, nSubbufs: 2 }, "EINVAL"],
  ["2^64 bytes in all", { subbufSize: 2 ** 32, nSubbufs: 2 ** 32 }, "EINVAL"],
  ["a name of 253 bytes and CPU 10", { baseFilename: "x".repeat(253) }, "ENAMETOOLONG"],
  ["a name of 127 letters of 2 bytes", { baseFilename: "ä".repeat(127) }, "ENAMETOOLONG"],
];
for (const [what, options, code] of refused) {
  Deno.test(`open() with ${what} is ${code}, and nothing was allocated`, () => {
    const machine = new Machine({ nodes: [64], cpus: 11, online: [0] });
    const open = (): unknown =>
      Relay.start(machine).open({ baseFilename: "t", ...sizes, ...options });
    assertEquals(assertThrows(open, KernelError).code, code);
    assertEquals(machine.slab.allocated, 0);
  });
}

Deno.test("open() takes a name whose longest file name has 254 bytes", () => {
  const machine = new Machine({ nodes: [64], cpus: 11, online: [0] });
  using channel = Relay.start(machine).open({ baseFilename: "x".repeat(252), ...sizes });
  assertEquals(channel.baseFilename.length, 252);
});

Deno.test("channels are listed newest first", () => {
  const relay = Relay.start(new Machine());
  using first = relay.open({ baseFilename: "a", ...sizes });
  using second = relay.open({ baseFilename: "b", ...sizes });
  assertEquals(relay.channels.map((channel) => channel.baseFilename), ["b", "a"]);
  second.close();
  assertEquals(relay.channels, [first]);
});

Deno.test("every k-th failing allocation of open() is unwound completely", () => {
  const machine = new Machine({ nodes: [64, 64], cpus: 3 });
  const relay = Relay.start(machine);
  // One channel; for each of 3 CPUs a name, a buffer and 2 descriptors; for each page a page.
  const attempts = [["slab", machine.failslab, 13], ["page", machine.failPageAlloc, 6]] as const;
  for (const [kind, injection, count] of attempts) {
    for (let k = 1; k <= count; k++) {
      injection.failNth(k);
      const open = (): unknown => relay.open({ baseFilename: "t", ...sizes });
      assertEquals(assertThrows(open, KernelError).code, "ENOMEM", `${kind} ${k}`);
      const free = machine.pages.zones.map((zone) => zone.nrFreePages);
      assertEquals([free, machine.slab.live], [[64, 64], 0], `after ${kind} ${k}`);
      assertEquals(machine.debugfs.root.children, [], `files after ${kind} ${k}`);
    }
    injection.failNth(count + 1);
    relay.open({ baseFilename: "t", ...sizes }).close();
    injection.failNth(0);
  }
});

Deno.test("a CPU coming up gets a node-local buffer in every channel, and keeps it", () => {
  const machine = new Machine({ nodes: [64, 64], cpus: 2, online: [0] });
  const relay = Relay.start(machine);
  using a = relay.open({ baseFilename: "a", ...sizes });
  using b = relay.open({ baseFilename: "b", ...sizes });
  machine.hotplug.cpuUp(1);
  const nodes = [a, b].flatMap(({ buf }) => buf[1]!.pages.map((page) => page.page.nid));
  assertEquals(nodes, [1, 1, 1, 1]);
  const buffer = a.buf[1];
  machine.hotplug.cpuDown(1);
  machine.hotplug.cpuUp(1);
  assertStrictEquals(a.buf[1], buffer);
});

Deno.test("a buffer that cannot be made vetoes the CPU; channels before it keep theirs", () => {
  const machine = new Machine({ nodes: [64], cpus: 2, online: [0] });
  const relay = Relay.start(machine);
  using older = relay.open({ baseFilename: "older", ...sizes });
  using newer = relay.open({ baseFilename: "newer", ...sizes });
  machine.failPageAlloc.failNth(3);
  const error = assertThrows(() => machine.hotplug.cpuUp(1), KernelError);
  assertEquals(error.code, "EINVAL");
  assertEquals(machine.log.entries.map((entry) => entry.type === "printk" && entry.text), [
    "relay_hotcpu_callback: cpu 1 buffer creation failed\n",
    "_cpu_up: attempt to bring up CPU 1 failed\n",
  ]);
  assertEquals([newer.buf[1] === null, older.buf[1] === null], [false, true]);
  machine.hotplug.cpuUp(1);
  assertEquals(older.buf[1]!.cpu, 1);
});

Deno.test("an exception in createBufFile on a CPU's way up is the cause of the refusal", () => {
  const machine = new Machine({ nodes: [64], cpus: 2, online: [0] });
  const seen: number[] = [];
  machine.hotplug.hotcpuNotifier((action) => {
    seen.push(action);
    return NOTIFY_OK;
  }, 9);
  const mine = new Error("mine");
  const callbacks = {
    createBufFile(filename: string): never | null {
      if (filename.endsWith("1")) throw mine;
      return null;
    },
  };
  const relay = Relay.start(machine);
  assertThrows(() => relay.open({ baseFilename: "t", ...sizes, callbacks }), KernelError);
  using _channel = relay.open({
    baseFilename: "t",
    ...sizes,
    callbacks: {
      createBufFile(filename, parent, mode, buffer) {
        if (buffer.cpu === 1) throw mine;
        return machine.debugfs.createFile(filename, mode, parent, buffer);
      },
    },
  });
  const error = assertThrows(() => machine.hotplug.cpuUp(1), KernelError, "a notifier vetoed it");
  assertStrictEquals(error.cause, mine);
  assertEquals(seen, [CPU_UP_PREPARE, CPU_UP_CANCELED]);
  assertEquals(relay.mutex.locked, false);
});
