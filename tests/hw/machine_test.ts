import {
  __GFP_NOFAIL,
  CPU_UP_PREPARE,
  GFP_ATOMIC,
  GFP_KERNEL,
  KERN_ERR,
  Machine,
  type MachineOptions,
  type MachineSnapshot,
  NOTIFY_OK,
  PAGE_SIZE,
  S_IFDIR,
  S_IFREG,
  S_IRUSR,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Sizes of the shared buffers made while `fn` runs. */
function bytesTaken(fn: () => void): number[] {
  const { SharedArrayBuffer: original } = globalThis;
  const taken: number[] = [];
  globalThis.SharedArrayBuffer = class extends original {
    constructor(length: number) {
      super(length);
      taken.push(length);
    }
  } as typeof original;
  try {
    fn();
  } finally {
    globalThis.SharedArrayBuffer = original;
  }
  return taken;
}

Deno.test("Machine has one CPU and one node of 64 MiB of shared memory, when nothing is said", () => {
  const machine = new Machine();
  const { cpus, nodes, hotplug } = machine.snapshot();
  assertEquals(cpus, { possible: [0], present: [0], online: [0], active: [0], frozen: [] });
  assertEquals(nodes.map(({ startPfn, frames, free }) => ({ startPfn, frames, free })), [
    { startPfn: 0, frames: 16384, free: 16384 },
  ]);
  assertEquals(hotplug, { disabled: false, notifiers: [] });
  assert(machine.ram.buffer instanceof SharedArrayBuffer, "shared");
  assertStrictEquals(machine.ram.bytes.length, 64 * 1024 * 1024);
});

Deno.test("Machine brings up all CPUs it is told the number of", () => {
  const { cpus } = new Machine({ nodes: [1], cpus: 3 }).snapshot();
  assertEquals([cpus.possible, cpus.present, cpus.online], [[0, 1, 2], [0, 1, 2], [0, 1, 2]]);
});

Deno.test("Machine has all possible CPUs present and all present ones online, unless it is told", () => {
  const sets = (options: MachineOptions) => {
    const { possible, present, online } = new Machine({ nodes: [1], ...options }).snapshot().cpus;
    return { possible, present, online };
  };
  assertEquals(sets({ possible: [4, 1] }), { possible: [1, 4], present: [1, 4], online: [1, 4] });
  assertEquals(sets({ cpus: 3, present: [2, 0] }), {
    possible: [0, 1, 2],
    present: [0, 2],
    online: [0, 2],
  });
  assertEquals(sets({ cpus: 2, online: [1] }), { possible: [0, 1], present: [0, 1], online: [1] });
});

Deno.test("Machine numbers the frames of its nodes one after the other, nodes without any included", () => {
  const { nodes } = new Machine({ nodes: [3, 0, 5] }).snapshot();
  assertEquals(nodes.map(({ startPfn, frames }) => [startPfn, frames]), [[0, 3], [3, 0], [3, 5]]);
});

Deno.test("Machine deals CPUs out to the nodes in turn, when nothing is said", () => {
  const { numa } = new Machine({ nodes: [1, 1, 1], cpus: 7 });
  assertEquals(upTo(7).map((cpu) => numa.cpuToNode(cpu)), [0, 1, 2, 0, 1, 2, 0]);
});

Deno.test("Machine deals CPUs out by their numbers, when cpuToNode ends before them", () => {
  const { numa } = new Machine({ nodes: [1, 1], cpus: 5, cpuToNode: [1] });
  assertEquals(upTo(5).map((cpu) => numa.cpuToNode(cpu)), [1, 1, 0, 1, 0], "given for CPU 0 alone");
});

Deno.test("Machine puts a CPU on a node, when the CPU is not possible but its number is below the last", () => {
  const { numa } = new Machine({ nodes: [1, 1], possible: [3] });
  assertStrictEquals(numa.cpuToNode(2), 0);
  assertThrows(() => numa.cpuToNode(4), RangeError, "no such CPU");
});

Deno.test("Machine has memory of this thread alone, when the backing is plain", () => {
  assert(new Machine({ nodes: [1], backing: "plain" }).ram.buffer instanceof ArrayBuffer);
});

Deno.test("Machine fails the same allocations, when it has the same seed", () => {
  const failures = (seed: number | undefined): boolean[] => {
    const machine = new Machine({ nodes: [1], ...(seed === undefined ? {} : { seed }) });
    machine.failslab.configure({ probability: 50, times: -1 });
    return upTo(64).map(() => machine.failslab.failSlab(8, GFP_ATOMIC));
  };
  assertEquals(failures(7), failures(7), "seed 7, twice");
  assertEquals(failures(undefined), failures(0), "no seed is seed 0");
  assert(failures(7).join() !== failures(8).join(), "seeds 7 and 8 differ");
});

Deno.test("Machine takes the memory of its frames and no more, when it boots", () => {
  const taken = bytesTaken(() => new Machine({ nodes: [2, 3], cpus: 256 }));
  assertEquals(taken, [5 * PAGE_SIZE]);
});

// deno-fmt-ignore
const refused: [options: MachineOptions, message: string][] = [
  [{ cpus: 0 }, "Cannot boot with 0 CPUs: from 1 to 256 are possible"],
  [{ cpus: 257 }, "Cannot boot with 257 CPUs: from 1 to 256 are possible"],
  [{ cpus: 1.5 }, "Cannot boot with 1.5 CPUs: from 1 to 256 are possible"],
  [{ cpus: NaN }, "Cannot boot with NaN CPUs: from 1 to 256 are possible"],
  [{ possible: [0, 256] }, "Cannot boot with CPU 256: not a number from 0 to 255"],
  [{ possible: [-1] }, "Cannot boot with CPU -1: not a number from 0 to 255"],
  [{ possible: [0.5] }, "Cannot boot with CPU 0.5: not a number from 0 to 255"],
  [{ possible: [0], present: [0, 1] }, "Cannot boot with CPU 1: it is not possible"],
  [{ cpus: 2, present: [0], online: [0, 1] }, "Cannot boot with CPU 1: it is not present"],
  [{ cpus: 2, online: [2] }, "Cannot boot with CPU 2: it is not present"],
  [{ online: [] }, "Cannot boot: no CPU is online"],
  [{ present: [] }, "Cannot boot: no CPU is online"],
  [{ possible: [] }, "Cannot boot: no CPU is online"],
  [{ nodes: [] }, "Cannot boot: no node has memory"],
  [{ nodes: [0, 0] }, "Cannot boot: no node has memory"],
  [{ nodes: [1, -1] }, "Cannot boot node 1 with -1 frames: not a count"],
  [{ nodes: [1.5] }, "Cannot boot node 0 with 1.5 frames: not a count"],
  [{ nodes: [1, 1], distance: [[10, 20]] }, "Cannot boot: distance is no table of 2 by 2"],
  [{ nodes: [1, 1], distance: [[10, 20], [20]] }, "Cannot boot: distance is no table of 2 by 2"],
  [{ distance: [[256]] }, "Cannot boot with a distance of 256: not an integer from 0 to 255"],
  [{ distance: [[undefined as unknown as number]] }, "Cannot boot with a distance of undefined: not an integer from 0 to 255"],
  [{ distance: [[-1]] }, "Cannot boot with a distance of -1: not an integer from 0 to 255"],
  [{ distance: [[0.5]] }, "Cannot boot with a distance of 0.5: not an integer from 0 to 255"],
  [{ cpuToNode: [1] }, "Cannot boot with a CPU on node 1: there are 1 nodes"],
  [{ cpuToNode: [-1] }, "Cannot boot with a CPU on node -1: there are 1 nodes"],
  [{ cpuToNode: [0.5] }, "Cannot boot with a CPU on node 0.5: there are 1 nodes"],
];

for (const [options, message] of refused) {
  const what = Deno.inspect(options, { compact: true, breakLength: Infinity });
  Deno.test(`Machine refuses to boot, before it takes any memory, when it is told ${what}`, () => {
    const taken = bytesTaken(() => {
      assertStrictEquals(assertThrows(() => new Machine(options), RangeError).message, message);
    });
    assertEquals(taken, [], "buffers made");
  });
}

Deno.test("Machine takes the largest number of CPUs", () => {
  const machine = new Machine({ nodes: [1], cpus: 256 });
  assertStrictEquals(machine.cpus.nrCpuIds, 256);
  assertEquals([...new Machine({ nodes: [1], possible: [255] }).cpus.online], [255]);
});

/** A machine to which something of everything has happened. */
function busyMachine(): Machine {
  const machine = new Machine({ nodes: [8, 8], cpus: 3, online: [0, 1] });
  const { hotplug, pages, slab, debugfs, log } = machine;
  hotplug.hotcpuNotifier(() => NOTIFY_OK, 5);
  hotplug.cpuDownFrozen(1);
  pages.allocPagesNode(1, GFP_KERNEL, 1);
  slab.kmalloc(100, GFP_KERNEL);
  slab.kfree(slab.kmallocNode(8, GFP_KERNEL, 1));
  machine.failslab.failNth(1);
  assertThrows(() => slab.kmalloc(8, GFP_KERNEL | __GFP_NOFAIL));
  machine.failPageAlloc.configure({ minOrder: 3 });
  debugfs.createFile("cpu0", S_IRUSR, debugfs.createDir("ltt")).open();
  log.printk(KERN_ERR, "something\n");
  log.warnOn(true, "f", "x > 1");
  return machine;
}

Deno.test("Machine.snapshot() tells what has happened to the machine", () => {
  const { nodes, faults, ...rest } = busyMachine().snapshot();
  assertEquals(rest, {
    cpus: { possible: [0, 1, 2], present: [0, 1, 2], online: [0], active: [0, 1], frozen: [] },
    numa: { cpuToNode: [0, 1, 0], zonelists: [[0, 1], [1, 0]] },
    hotplug: { disabled: false, notifiers: [5] },
    slab: { liveByNode: [1, 0], allocated: 2 },
    debugfs: {
      name: "/",
      mode: S_IFDIR | 0o755,
      openFiles: 0,
      children: [{
        name: "ltt",
        mode: S_IFDIR | 0o755,
        openFiles: 0,
        children: [{ name: "cpu0", mode: S_IFREG | 0o400, openFiles: 1 }],
      }],
    },
    log: {
      entries: [
        { type: "printk", level: 3, text: "something\n" },
        { type: "warn", function: "f", condition: "x > 1" },
      ],
      dropped: 0,
    },
  });
  assertStrictEquals(faults.failPageAlloc.minOrder, 3);
  assertStrictEquals(faults.failslab.minOrder, 1, "the other one's attributes");
  const none = {
    numaHit: 0,
    numaMiss: 0,
    numaForeign: 0,
    interleaveHit: 0,
    localNode: 0,
    otherNode: 0,
  };
  assertEquals(nodes, [
    { startPfn: 0, frames: 8, free: 8, freeBlocks: blocks({ 3: [0] }), inUse: [], counters: none },
    {
      startPfn: 8,
      frames: 8,
      free: 6,
      freeBlocks: blocks({ 1: [10], 2: [12] }),
      inUse: [{ pfn: 8, order: 1, count: 1, flags: 0 }],
      counters: { ...none, numaHit: 1, otherNode: 1 },
    },
  ]);
});

function blocks(byOrder: Record<number, number[]>): number[][] {
  return upTo(11).map((order) => byOrder[order] ?? []);
}

Deno.test("Machine.snapshot() tells which CPUs are frozen and that CPUs are disabled", () => {
  const machine = new Machine({ nodes: [1], cpus: 3 });
  machine.hotplug.disableNonbootCpus();
  const { cpus, hotplug } = machine.snapshot();
  assertEquals([cpus.frozen, hotplug.disabled], [[1, 2], true]);
});

Deno.test("Machine.snapshot() tells how many entries the log has let go", () => {
  const machine = new Machine({ nodes: [1] });
  for (let i = 0; i < machine.log.capacity + 3; i++) machine.log.printk(null, `${i}\n`);
  const { entries, dropped } = machine.snapshot().log;
  assertEquals([entries.length, dropped], [machine.log.capacity, 3], "three above the capacity");
});

Deno.test("Machine.snapshot() lists CPUs by number, whatever the order they came up in", () => {
  const machine = new Machine({ nodes: [1], cpus: 12, online: [11] });
  for (const cpu of [10, 9, 2]) machine.hotplug.cpuUp(cpu);
  const { online, active } = machine.snapshot().cpus;
  assertEquals([online, active], [[2, 9, 10, 11], [2, 9, 10, 11]]);
});

Deno.test("Machine.snapshot() is plain data that can be cloned", () => {
  const snapshot = busyMachine().snapshot();
  assertEquals(structuredClone(snapshot), snapshot);
  assertEquals(JSON.parse(JSON.stringify(snapshot)) as MachineSnapshot, snapshot);
});

Deno.test("Machine.snapshot() stays as it is, when the machine goes on", () => {
  const machine = busyMachine();
  const snapshot = machine.snapshot();
  const copy = structuredClone(snapshot);

  machine.hotplug.disableNonbootCpus();
  machine.hotplug.hotcpuNotifier((action) => action === CPU_UP_PREPARE ? NOTIFY_OK : 0, 9);
  for (const zone of machine.pages.zones) machine.pages.allocPagesNode(zone.nid, GFP_KERNEL, 0);
  machine.slab.kmallocNode(8, GFP_KERNEL, 1);
  machine.failslab.configure({ probability: 3 });
  machine.failPageAlloc.configure({ probability: 3 });
  machine.debugfs.lookup("ltt/cpu0").open();
  machine.debugfs.createFile("more", S_IRUSR, null);
  machine.log.printk(null, "more\n");

  assertEquals(snapshot, copy, "the snapshot");
  const now: Record<string, unknown> = { ...machine.snapshot() };
  for (const [key, value] of Object.entries(copy)) {
    // What numa tells never changes.
    const changed = key === "cpus" || key === "numa" ||
      JSON.stringify(now[key]) !== JSON.stringify(value);
    assert(changed, `this test changed ${key}`);
  }
});

Deno.test("Machine.snapshot() is nobody's but its taker's, when he changes it", () => {
  const machine = busyMachine();
  const snapshot = machine.snapshot();
  const copy = structuredClone(snapshot);
  snapshot.cpus.online.push(9);
  snapshot.hotplug.notifiers.length = 0;
  snapshot.nodes[1].inUse.length = 0;
  snapshot.nodes[1].freeBlocks[1].length = 0;
  snapshot.nodes[1].counters.numaHit = 9;
  snapshot.slab.liveByNode[0] = 9;
  snapshot.faults.failslab.probability = 9;
  snapshot.debugfs.children!.length = 0;
  snapshot.log.entries.length = 0;
  assertEquals(machine.snapshot(), copy, "the machine");
});

for (
  const [options, message] of [
    [{ cpus: 2, possible: [0, 1] }, "Cannot boot with both cpus and possible"],
    [{ nodes: 2 }, "Cannot boot: nodes is no list of frame counts"],
    [{ backing: "paper" }, 'Cannot back RAM with "paper"'],
  ] as [object, string][]
) {
  Deno.test(`Machine refuses ${JSON.stringify(options)} with a TypeError`, () => {
    assertThrows(() => new Machine(options), TypeError, message);
  });
}

Deno.test("Machine says how much RAM could not be had", () => {
  assertThrows(
    () => new Machine({ nodes: [2 ** 40] }),
    RangeError,
    `Cannot boot with ${2 ** 52} bytes of RAM`,
  );
});
