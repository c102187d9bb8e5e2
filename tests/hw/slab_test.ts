import {
  GFP_ATOMIC,
  GFP_KERNEL,
  KernelError,
  Machine,
  SLAB_SIZES,
  SlabObject,
} from "@ltt/relay/hw";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";

/** Two nodes with a CPU each; CPU 0 is on node 0. */
function boot(): Machine {
  return new Machine({ nodes: [16, 16], cpus: 2, cpuToNode: [0, 1], backing: "plain" });
}

function books({ slab }: Machine): Record<string, number | number[]> {
  const { live, allocated, liveByNode } = slab;
  return { live, allocated, liveByNode: [...liveByNode] };
}

Deno.test("SLAB_SIZES are the classes of SLUB", () => {
  const expected = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096];
  assertEquals(SLAB_SIZES, expected, "sizes in bytes");
});

Deno.test("Slab.kmalloc() rounds up to the next class", () => {
  const { slab } = boot();
  let below = 0;
  for (const size of SLAB_SIZES) {
    for (const wanted of [below + 1, size]) {
      const object = slab.kmalloc(wanted, GFP_KERNEL);
      assertInstanceOf(object, SlabObject, `object for ${wanted} bytes`);
      assertStrictEquals(object.size, size, `bytes taken up by ${wanted}`);
    }
    below = size;
  }
});

Deno.test("Slab.kmalloc() accounts to the node of the caller's CPU", () => {
  const machine = boot();
  assertStrictEquals(machine.slab.kmalloc(32, GFP_KERNEL).nid, 0, "node for CPU 0");
  const objects = machine.runOn(1, () => [
    machine.slab.kmalloc(32, GFP_KERNEL),
    machine.slab.kzalloc(32, GFP_KERNEL),
    machine.slab.kmallocNode(32, GFP_KERNEL, -1),
  ]);
  assertEquals(objects.map(({ nid }) => nid), [1, 1, 1], "nodes for CPU 1");
  assertEquals(
    books(machine),
    { live: 4, allocated: 4, liveByNode: [1, 3] },
    "the books after four objects",
  );
});

Deno.test("Slab.kmallocNode() accounts to the node asked for", () => {
  const machine = boot();
  const object = machine.slab.kmallocNode(100, GFP_KERNEL, 1);
  assertEquals([object.size, object.nid], [128, 1], "size and node of 100 bytes for node 1");
  assertEquals(machine.slab.liveByNode, [0, 1], "objects by node");
});

Deno.test("Slab.kmallocNode() takes a node without frames", () => {
  const { slab } = new Machine({ nodes: [0, 1], cpus: 2 });
  assertStrictEquals(slab.kmallocNode(32, GFP_KERNEL, 0).nid, 0, "node of the object");
});

Deno.test("Slab takes no page frames", () => {
  const machine = boot();
  for (let i = 0; i < 200; i++) machine.slab.kmalloc(4096, GFP_KERNEL);
  const free = machine.pages.zones.map((zone) => zone.nrFreePages);
  assertEquals(free, [16, 16], "free frames after 800 KiB of objects");
  assertStrictEquals(machine.slab.live, 200, "objects allocated");
});

Deno.test("Slab.kfree() takes an object off its node's account, whatever CPU frees it", () => {
  const machine = boot();
  const object = machine.slab.kmallocNode(32, GFP_KERNEL, 1);
  machine.slab.kmallocNode(32, GFP_KERNEL, 0);
  machine.runOn(0, () => machine.slab.kfree(object));
  assertEquals(
    books(machine),
    { live: 1, allocated: 2, liveByNode: [1, 0] },
    "the books after one of two objects was freed",
  );
});

Deno.test("Slab.kfree() does nothing, when given null", () => {
  const machine = boot();
  machine.slab.kmalloc(8, GFP_KERNEL);
  const before = books(machine);
  machine.slab.kfree(null);
  assertEquals(books(machine), before, "the books after kfree(null)");
});

Deno.test("Slab.kfree() refuses an object, when it was freed before", () => {
  const machine = boot();
  const [object] = [8, 8].map((size) => machine.slab.kmalloc(size, GFP_KERNEL));
  machine.slab.kfree(object);
  const before = books(machine);
  assertThrows(() => machine.slab.kfree(object), TypeError, "it is not allocated here");
  assertEquals(books(machine), before, "the books after the second kfree()");
});

Deno.test("Slab.kfree() refuses an object, when it is another machine's", () => {
  const [machine, another] = [boot(), boot()];
  const foreign = another.slab.kmalloc(8, GFP_KERNEL);
  machine.slab.kmalloc(8, GFP_KERNEL);
  assertThrows(() => machine.slab.kfree(foreign), TypeError, "it is not allocated here");
  assertEquals(machine.slab.liveByNode, [1, 0], "objects by node, on the machine that refused");
  assertEquals(another.slab.liveByNode, [1, 0], "objects by node, on the machine it belongs to");
});

for (const size of [0, -1, 4097, 31.5, NaN, Infinity]) {
  Deno.test(`Slab.kmalloc() refuses ${size} bytes, with nothing changed`, () => {
    const machine = boot();
    const before = books(machine);
    machine.failslab.failNth(1);
    assertThrows(() => machine.slab.kmalloc(size, GFP_KERNEL), RangeError, `${size} bytes`);
    assertEquals(books(machine), before, `the books after kmalloc(${size})`);
    assertThrows(() => machine.slab.kmalloc(8, GFP_KERNEL), KernelError, "fault injection");
  });
}

for (const nid of [-2, 2, 0.5, NaN]) {
  Deno.test(`Slab.kmallocNode() refuses node ${nid}, when there are two`, () => {
    const machine = boot();
    const before = books(machine);
    assertThrows(() => machine.slab.kmallocNode(8, GFP_KERNEL, nid), RangeError, `node ${nid}`);
    assertEquals(books(machine), before, `the books after kmallocNode(…, ${nid})`);
  });
}

Deno.test("Slab.kmalloc() answers ENOMEM and counts the failure, when failNth() says so", () => {
  const machine = boot();
  machine.failslab.failNth(2);
  machine.slab.kmalloc(8, GFP_KERNEL);
  const error = assertThrows(() => machine.slab.kmalloc(100, GFP_KERNEL), KernelError, "100 bytes");
  assertEquals([error.code, error.errno], ["ENOMEM", 12], "code and number of the error");
  machine.slab.kmalloc(8, GFP_KERNEL);
  assertEquals(
    books(machine),
    { live: 2, allocated: 2, liveByNode: [2, 0] },
    "the books after the second of three calls failed",
  );
});

for (const name of ["kmalloc", "kzalloc", "kmallocNode"] as const) {
  Deno.test(`Slab.${name}() is under fault injection, by its gfp`, () => {
    const machine = boot();
    machine.failslab.configure({ probability: 100, times: -1 });
    const call = (gfp: number) =>
      name === "kmallocNode" ? machine.slab.kmallocNode(8, gfp, 1) : machine.slab[name](8, gfp);
    assert(call(GFP_KERNEL), "an allocation that may wait should be spared at first");
    assertThrows(() => call(GFP_ATOMIC), KernelError, "fault injection", `${name}, GFP_ATOMIC`);
  });
}
