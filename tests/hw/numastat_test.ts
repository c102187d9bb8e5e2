import {
  CPU_UP_PREPARE,
  GFP_KERNEL,
  GFP_THISNODE,
  KernelError,
  Machine,
  type MachineOptions,
  NOTIFY_OK,
  type NumaCounters,
} from "@ltt/relay/hw";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

/** A machine with CPU n on node n, for all its nodes. */
function boot(nodes: number[], options: MachineOptions = {}): Machine {
  return new Machine({ nodes, cpus: nodes.length, backing: "plain", ...options });
}

function assertEnomem(machine: Machine, nid: number, gfp: number, order: number): void {
  const call = () => machine.pages.allocPagesNode(nid, gfp, order);
  const { code } = assertThrows(call, KernelError, `order ${order}`);
  assertStrictEquals(code, "ENOMEM", `code of allocPagesNode(${nid}, ${gfp}, ${order})`);
}

/** Runs `call`; what it changed in the counters, as `n0 numaHit+1 …`. */
function counted(machine: Machine, call: () => void): string {
  const before = machine.snapshot().nodes;
  call();
  return machine.snapshot().nodes.map(({ counters }, nid) => {
    const changed = (Object.keys(counters) as (keyof NumaCounters)[])
      .map((name) => [name, counters[name] - before[nid].counters[name]] as const)
      .filter(([, by]) => by !== 0);
    return changed.map(([name, by]) => `n${nid} ${name}+${by}`);
  }).flat().join(" ");
}

const cases: { name: string; full?: number; cpu?: number; nid: number; counts: string }[] = [
  { name: "N1, the caller's own node", nid: 0, counts: "n0 numaHit+1 n0 localNode+1" },
  { name: "N2, another node", nid: 1, counts: "n1 numaHit+1 n1 otherNode+1" },
  {
    name: "N3, another node that is empty, the caller's serving",
    full: 1,
    nid: 1,
    counts: "n0 numaMiss+1 n0 localNode+1 n1 numaForeign+1",
  },
  {
    name: "N4, the caller's own node that is empty, another serving",
    full: 1,
    cpu: 1,
    nid: 1,
    counts: "n0 numaMiss+1 n0 otherNode+1 n1 numaForeign+1",
  },
  { name: "N6, node -1", cpu: 1, nid: -1, counts: "n1 numaHit+1 n1 localNode+1" },
];

for (const { name, full, cpu = 0, nid, counts } of cases) {
  for (const order of [0, 2]) {
    Deno.test(`allocPagesNode() counts the call once, order ${order}, case ${name}`, () => {
      const machine = boot([8, 8]);
      if (full !== undefined) machine.pages.allocPagesNode(full, GFP_KERNEL, 3);
      const allocate = () => void machine.pages.allocPagesNode(nid, GFP_KERNEL, order);
      const changed = counted(machine, () => machine.runOn(cpu, allocate));
      assertStrictEquals(changed, counts, `counters of node ${nid} asked from CPU ${cpu}`);
    });
  }
}

Deno.test("allocPagesNode() counts and logs nothing when it fails, case N5", () => {
  const machine = boot([8, 8]);
  machine.pages.allocPagesNode(1, GFP_KERNEL, 3);
  const changed = counted(machine, () => assertEnomem(machine, 1, GFP_THISNODE, 0));
  assertStrictEquals(changed, "", "counters after GFP_THISNODE for an empty node");
  assertEquals(machine.log.entries, [], "log after GFP_THISNODE for an empty node");
});

Deno.test("allocPagesNode() counts another node's CPU as other while it comes up, case N7", () => {
  const machine = boot([8, 8], { online: [0] });
  machine.hotplug.hotcpuNotifier((action, cpu) => {
    const nid = machine.numa.cpuToNode(cpu);
    if (action === CPU_UP_PREPARE) machine.pages.allocPagesNode(nid, GFP_KERNEL, 0);
    return NOTIFY_OK;
  }, 5);
  const changed = counted(machine, () => machine.hotplug.cpuUp(1));
  assertStrictEquals(changed, "n1 numaHit+1 n1 otherNode+1", "counters, the task being on CPU 0");
});

Deno.test("freePages() counts nothing", () => {
  const machine = boot([8]);
  const page = machine.pages.allocPages(GFP_KERNEL, 0);
  assertStrictEquals(counted(machine, () => machine.pages.freePage(page)), "", "counters changed");
});

Deno.test("allocPagesNode() takes the first node with frames as wanted, if the node has none", () => {
  const machine = boot([8, 0, 8]);
  const call = () => machine.pages.allocPagesNode(1, GFP_KERNEL, 0);
  const changed = counted(machine, () => machine.runOn(1, call));
  assertStrictEquals(changed, "n2 numaHit+1 n2 otherNode+1", "counters, node 1 without frames");
});

Deno.test("numastat() prints six lines a node", () => {
  const machine = boot([1, 8]);
  for (let i = 0; i < 3; i++) machine.pages.allocPagesNode(0, GFP_KERNEL, 0);
  machine.runOn(1, () => machine.pages.allocPages(GFP_KERNEL, 0));
  assertStrictEquals(
    machine.pages.numastat(0),
    "numa_hit 1\nnuma_miss 0\nnuma_foreign 2\ninterleave_hit 0\nlocal_node 1\nother_node 0\n",
    "node 0, which served one of three calls",
  );
  assertStrictEquals(
    machine.pages.numastat(1),
    "numa_hit 1\nnuma_miss 2\nnuma_foreign 0\ninterleave_hit 0\nlocal_node 1\nother_node 2\n",
    "node 1, which served the others and one call of its own",
  );
});

Deno.test("buddyinfo() prints a line a node with frames, eleven counts each", () => {
  const machine = boot([5, 0, 1500]);
  assertStrictEquals(
    machine.pages.buddyinfo(),
    "Node 0, zone   Normal      1      0      1      0      0" +
      "      0      0      0      0      0      0 \n" +
      "Node 2, zone   Normal      2      1      0      1      1" +
      "      2      2      2      2      1      0 \n",
    "frames 0 to 4, and 5 to 1504 in the largest blocks their numbers allow",
  );
});
