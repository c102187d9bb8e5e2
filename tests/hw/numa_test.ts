import {
  LOCAL_DISTANCE,
  Machine,
  type MachineOptions,
  NumaTopology,
  REMOTE_DISTANCE,
} from "@ltt/relay/hw";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

const ring = [
  [10, 16, 22, 16],
  [16, 10, 16, 22],
  [22, 16, 10, 16],
  [16, 22, 16, 10],
];

/** Zonelists of a machine, each as one word. */
function zonelists(options: MachineOptions): string[] {
  const { numa } = new Machine({ backing: "plain", ...options });
  return Array.from({ length: numa.nrNodes }, (_, nid) => numa.zonelist(nid).join(""));
}

const orders: { name: string; options: MachineOptions; expected: string[] }[] = [
  {
    name: "Z1, four nodes 20 apart",
    options: { nodes: [1, 1, 1, 1] },
    expected: ["0123", "1230", "2301", "3012"],
  },
  {
    name: "Z1 with CPUs on node 0 only, as the penalty is not in force at boot",
    options: { nodes: [1, 1, 1, 1], cpus: 4, cpuToNode: [0, 0, 0, 0] },
    expected: ["0123", "1230", "2301", "3012"],
  },
  {
    name: "Z5, a ring",
    options: { nodes: [1, 1, 1, 1], distance: ring },
    expected: ["0132", "1203", "2310", "3021"],
  },
  {
    name: "Z6, node 1 without memory, which stays in the lists here",
    options: { nodes: [1, 0, 1, 1] },
    expected: ["0123", "1230", "2301", "3012"],
  },
  { name: "Z7, two nodes", options: { nodes: [1, 1] }, expected: ["01", "10"] },
  { name: "one node", options: { nodes: [1] }, expected: ["0"] },
  {
    name: "distances that differ by direction",
    options: { nodes: [1, 1, 1], distance: [[10, 40, 30], [21, 10, 20], [30, 31, 10]] },
    expected: ["021", "120", "201"],
  },
  {
    name: "a lower node nearer by one, where the handicap makes a tie",
    options: { nodes: [1, 1, 1], distance: [[10, 20, 20], [20, 10, 21], [20, 20, 10]] },
    expected: ["012", "102", "201"],
  },
  {
    name: "a table that puts another node nearer than the own one",
    options: { nodes: [1, 1], distance: [[10, 5], [0, 10]] },
    expected: ["01", "10"],
  },
];

for (const { name, options, expected } of orders) {
  Deno.test(`NumaTopology.zonelist() has the order of boot, case ${name}`, () => {
    assertEquals(zonelists(options), expected, "zonelists of node 0, 1, …");
  });
}

Deno.test("NumaTopology.zonelist() names every node once, the own one first", () => {
  const nrNodes = 9;
  const distance = Array.from(
    { length: nrNodes },
    (_, a) => Array.from({ length: nrNodes }, (_, b) => (a * 7 + b * 13) % 40),
  );
  const numa = new NumaTopology(nrNodes, [0], distance);
  const all = Array.from({ length: nrNodes }, (_, nid) => nid);
  for (const nid of all) {
    const list = numa.zonelist(nid);
    assertStrictEquals(list[0], nid, `head of the list of node ${nid}`);
    assertEquals([...list].sort((a, b) => a - b), all, `nodes in the list of node ${nid}`);
  }
});

Deno.test("NumaTopology.nodeDistance() is 10 to itself and 20 to others, without a table", () => {
  const { numa } = new Machine({ nodes: [1, 1, 1] });
  assertEquals([LOCAL_DISTANCE, REMOTE_DISTANCE], [10, 20], "the two constants");
  for (const from of [0, 1, 2]) {
    const row = [0, 1, 2].map((to) => numa.nodeDistance(from, to));
    const expected = [0, 1, 2].map((to) => from === to ? 10 : 20);
    assertEquals(row, expected, `distances from node ${from}`);
  }
});

Deno.test("NumaTopology.nodeDistance() is what the table says, in its direction", () => {
  const { numa } = new Machine({ nodes: [1, 1], distance: [[11, 255], [0, 12]] });
  const table = [0, 1].map((from) => [0, 1].map((to) => numa.nodeDistance(from, to)));
  assertEquals(table, [[11, 255], [0, 12]], "distances by node from and to");
});

Deno.test("NumaTopology keeps its own tables, when the caller changes his", () => {
  const distance = [[10, 20], [20, 10]];
  const cpuToNode = [1];
  const numa = new NumaTopology(2, cpuToNode, distance);
  distance[0][1] = 99;
  cpuToNode[0] = 0;
  assertStrictEquals(numa.nodeDistance(0, 1), 20, "distance from 0 to 1 as given at first");
  assertStrictEquals(numa.cpuToNode(0), 1, "node of CPU 0 as given at first");
});

Deno.test("NumaTopology.cpuToNode() deals CPUs out in turn, where nothing is given", () => {
  const machine = new Machine({ nodes: [1, 1, 1], cpus: 6, cpuToNode: [2, 2] });
  const nodes = [0, 1, 2, 3, 4, 5].map((cpu) => machine.numa.cpuToNode(cpu));
  assertEquals(nodes, [2, 2, 2, 0, 1, 2], "nodes of CPU 0 to 5, the first two given");
});

Deno.test("NumaTopology.cpuToNode() knows a CPU, when it is not online", () => {
  const { numa } = new Machine({ nodes: [1, 1], cpus: 2, online: [0], cpuToNode: [0, 1] });
  assertStrictEquals(numa.cpuToNode(1), 1, "node of the CPU that is down");
});

Deno.test("Machine.numaNodeId() is the node of the CPU the caller is on", () => {
  const machine = new Machine({ nodes: [1, 1], cpus: 2, cpuToNode: [1, 0] });
  assertStrictEquals(machine.numaNodeId(), 1, "node of CPU 0, the lowest online one");
  assertStrictEquals(machine.runOn(1, () => machine.numaNodeId()), 0, "node of CPU 1");
});

for (const nid of [-1, 2, 0.5, NaN]) {
  Deno.test(`NumaTopology refuses node ${nid}, when there are two`, () => {
    const { numa } = new Machine({ nodes: [1, 1] });
    const expected = `Cannot use node ${nid}: there are 2`;
    assertThrows(() => numa.assertNode(nid), RangeError, expected, "assertNode()");
    assertThrows(() => numa.zonelist(nid), RangeError, expected, "zonelist()");
    assertThrows(() => numa.nodeDistance(nid, 0), RangeError, expected, "nodeDistance() from");
    assertThrows(() => numa.nodeDistance(0, nid), RangeError, expected, "nodeDistance() to");
  });
}

for (const cpu of [-1, 2, 0.5, NaN]) {
  Deno.test(`NumaTopology.cpuToNode() refuses CPU ${cpu}, when there are two`, () => {
    const { numa } = new Machine({ nodes: [1], cpus: 2 });
    assertThrows(() => numa.cpuToNode(cpu), RangeError, `CPU ${cpu}: no such CPU`);
  });
}

const refused: [string, MachineOptions, string][] = [
  ["a row is missing", { nodes: [1, 1], distance: [[10, 20]] }, "no table of 2 by 2"],
  ["a row is short", { nodes: [1, 1], distance: [[10, 20], [20]] }, "no table of 2 by 2"],
  ["a distance is negative", { nodes: [1], distance: [[-1]] }, "distance of -1"],
  ["a distance is above a byte", { nodes: [1], distance: [[256]] }, "distance of 256"],
  ["a distance is fractional", { nodes: [1], distance: [[10.5]] }, "distance of 10.5"],
  ["a CPU is on no node", { nodes: [1, 1], cpus: 2, cpuToNode: [0, 2] }, "CPU on node 2"],
  ["a CPU's node is fractional", { nodes: [1, 1], cpuToNode: [0.5] }, "CPU on node 0.5"],
];

for (const [when, options, message] of refused) {
  Deno.test(`Machine() refuses to boot, when ${when}`, () => {
    assertThrows(() => new Machine(options), RangeError, message);
  });
}
