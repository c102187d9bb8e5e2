import {
  __GFP_THISNODE,
  __GFP_ZERO,
  GFP_KERNEL,
  KernelError,
  Machine,
  type Page,
  PAGE_SIZE,
  pageAddress,
  setPagePrivate,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

/** A machine with CPU n on node n, for all its nodes. */
function boot(nodes: number[]): Machine {
  return new Machine({ nodes, cpus: nodes.length, backing: "plain" });
}

function assertEnomem(machine: Machine, nid: number, gfp: number, order: number): KernelError {
  const call = () => machine.pages.allocPagesNode(nid, gfp, order);
  const error = assertThrows(call, KernelError, `order ${order}`);
  assertStrictEquals(error.code, "ENOMEM", `code of allocPagesNode(${nid}, ${gfp}, ${order})`);
  return error;
}

function bytesOf(machine: Machine, page: Page): Uint8Array {
  return machine.ram.bytes.subarray(pageAddress(page), pageAddress(page) + PAGE_SIZE);
}

Deno.test("allocPagesNode() goes through the zonelist to the last frame of the last node", () => {
  const machine = boot([2, 3, 1]);
  const nodes = Array.from({ length: 6 }, () => machine.pages.allocPagesNode(1, GFP_KERNEL, 0).nid);
  assertEquals(nodes, [1, 1, 1, 2, 0, 0], "nodes of six frames for node 1, whose list is 1, 2, 0");
  const { message } = assertEnomem(machine, 1, GFP_KERNEL, 0);
  assert(message.endsWith("no free block on node 1, 2, 0"), `nodes tried, in: ${message}`);
  assertEquals(machine.log.entries, [], "log of an allocation that failed");
});

Deno.test("allocPagesNode() goes to the next node, when none of its blocks is large enough", () => {
  const machine = boot([2, 6]);
  const page = machine.pages.allocPagesNode(0, GFP_KERNEL, 2);
  assertEquals([page.nid, page.pfn], [1, 4], "node and first frame of four adjacent frames");
  assertStrictEquals(machine.pages.zones[0].nrFreePages, 2, "free frames left on node 0");
});

Deno.test("allocPagesNode() takes no node's block below a multiple of its size", () => {
  const machine = boot([2, 5]);
  assertEnomem(machine, 1, GFP_KERNEL, 2);
  assertEquals(
    machine.pages.zones[1].freeCounts().slice(0, 3),
    [1, 2, 0],
    "free blocks by order of a node with frames 2 to 6",
  );
});

Deno.test("allocPagesNode() leaves a page with one reference, no flags and private 0", () => {
  const machine = boot([4]);
  const before = machine.pages.allocPagesNode(0, GFP_KERNEL, 1);
  setPagePrivate(before, "of the last owner");
  before.flags = 1 << 4;
  machine.pages.freePages(before, 1);
  const again = machine.pages.allocPagesNode(0, GFP_KERNEL, 1);
  assertStrictEquals(again, before, "the block freed last");
  const { count, flags, private: own, order } = again;
  assertEquals([count, flags, own, order], [1, 0, 0, 1], "count, flags, private and order");
  const tail = machine.pages.zones[0].page(again.pfn + 1);
  assertEquals([tail.count, tail.order], [0, -1], "count and order of the block's other page");
});

Deno.test("freePages() marks the first page of the free block, and no other", () => {
  const { pages } = new Machine({ nodes: [4], backing: "plain" });
  const singles = [0, 1, 2, 3].map(() => pages.allocPages(GFP_KERNEL, 0));
  for (const at of [2, 1, 3, 0]) pages.freePage(singles[at]);
  assertEquals(
    singles.map(({ flags, private: own, order, count }) => [flags, own, order, count]),
    [[1 << 18, 2, 2, 0], [0, 0, -1, 0], [0, 0, -1, 0], [0, 0, -1, 0]],
    "flags, private, order and count of frames 0 to 3, free as one block",
  );
});

Deno.test("allocPages() serves the node of the caller's CPU", () => {
  const machine = boot([2, 2]);
  assertStrictEquals(machine.pages.allocPages(GFP_KERNEL, 0).nid, 0, "node for CPU 0");
  const page = machine.runOn(1, () => machine.pages.allocPages(GFP_KERNEL, 1));
  assertEquals([page.nid, page.order], [1, 1], "node and order for CPU 1");
});

Deno.test("allocPagesNode() leaves the other nodes alone, when gfp has __GFP_THISNODE", () => {
  const machine = boot([1, 4]);
  machine.pages.allocPagesNode(0, GFP_KERNEL | __GFP_THISNODE, 0);
  const { message } = assertEnomem(machine, 0, GFP_KERNEL | __GFP_THISNODE, 0);
  assert(message.endsWith("no free block on node 0"), `nodes tried, in: ${message}`);
  assertStrictEquals(machine.pages.zones[1].nrFreePages, 4, "free frames of the other node");
});

Deno.test("allocPagesNode() passes over a node without frames", () => {
  const machine = boot([4, 0, 4]);
  assertStrictEquals(machine.pages.allocPagesNode(1, GFP_KERNEL, 0).nid, 2, "node that serves");
  assertEnomem(machine, 1, GFP_KERNEL | __GFP_THISNODE, 0);
  assertEquals(machine.log.entries, [], "log of asking a node without frames, and it only");
});

Deno.test("allocPagesNode() hands out zeros with __GFP_ZERO, from fresh memory", () => {
  const machine = boot([4]);
  const page = machine.pages.allocPages(GFP_KERNEL | __GFP_ZERO, 2);
  assertStrictEquals(page.order, 2, "order of the block");
  assert(machine.ram.bytes.every((byte) => byte === 0), "all bytes should be zero");
});

Deno.test("allocPagesNode() hands out zeros with __GFP_ZERO, after each frame was dirtied", () => {
  const machine = boot([8]);
  const dirty = machine.pages.allocPagesNode(0, GFP_KERNEL, 2);
  const start = pageAddress(dirty);
  machine.ram.bytes.fill(0xff, start, start + 4 * PAGE_SIZE);
  machine.pages.freePages(dirty, 2);
  const halves = [1, 1].map((order) =>
    machine.pages.allocPagesNode(0, GFP_KERNEL | __GFP_ZERO, order)
  );
  assertEquals(halves.map(({ pfn }) => pfn), [dirty.pfn, dirty.pfn + 2], "halves of the block");
  const at = machine.ram.bytes.findIndex((byte) => byte !== 0);
  assertStrictEquals(at, -1, "first byte that is not zero, -1 for none");
});

Deno.test("allocPagesNode() hands out zeros with __GFP_ZERO, after two owners", () => {
  const machine = boot([1]);
  for (const gfp of [GFP_KERNEL, GFP_KERNEL | __GFP_ZERO]) {
    const page = machine.pages.allocPages(gfp, 0);
    bytesOf(machine, page).fill(0xff);
    machine.pages.freePage(page);
  }
  const page = machine.pages.allocPages(GFP_KERNEL | __GFP_ZERO, 0);
  assert(bytesOf(machine, page).every((byte) => byte === 0), "the third owner should see zeros");
});

Deno.test("allocPagesNode() hands out zeros with __GFP_ZERO, though somebody wrote where nobody may", () => {
  const machine = new Machine({ nodes: [4] });
  machine.ram.bytes[2 * 4096 + 4095] = 1;
  const page = machine.pages.allocPages(GFP_KERNEL | __GFP_ZERO, 2);
  const start = pageAddress(page);
  const bytes = machine.ram.bytes.subarray(start, start + 4 * 4096);
  assertStrictEquals(bytes.findIndex((byte) => byte !== 0), -1, "first byte that is not zero");
});

Deno.test("allocPagesNode() clears no byte outside of the block, with __GFP_ZERO", () => {
  const machine = boot([4]);
  const pages = [0, 1, 2, 3].map(() => machine.pages.allocPages(GFP_KERNEL, 0));
  machine.ram.bytes.fill(0xff);
  machine.pages.freePage(pages[1]);
  machine.pages.allocPagesNode(0, GFP_KERNEL | __GFP_ZERO, 0);
  const sums = pages.map((page) => bytesOf(machine, page).reduce((sum, byte) => sum + byte, 0));
  const full = 0xff * PAGE_SIZE;
  assertEquals(sums, [full, 0, full, full], "sums of the bytes of each page");
});

Deno.test("allocPagesNode() keeps what the frame held, without __GFP_ZERO", () => {
  const machine = boot([1]);
  const first = machine.pages.allocPages(GFP_KERNEL, 0);
  bytesOf(machine, first).fill(7);
  machine.pages.freePage(first);
  const again = machine.pages.allocPages(GFP_KERNEL, 0);
  assert(
    bytesOf(machine, again).every((byte) => byte === 7),
    "bytes of the last owner should stay",
  );
});

Deno.test("allocPagesNode() answers ENOMEM, when order is above 10", () => {
  const machine = boot([4096]);
  machine.failPageAlloc.failNth(1);
  const { message } = assertEnomem(machine, 0, GFP_KERNEL, 11);
  assert(message.endsWith("orders end at 10"), `the reason, in: ${message}`);
  machine.failPageAlloc.failNth(0);
  assertEquals(machine.log.entries, [], "log of an order that is too high");
  assertStrictEquals(machine.pages.allocPages(GFP_KERNEL, 10).order, 10, "the highest order");
});

for (const order of [-1, 0.5, NaN]) {
  Deno.test(`allocPagesNode() refuses order ${order}`, () => {
    const { pages } = boot([4]);
    assertThrows(() => pages.allocPagesNode(0, GFP_KERNEL, order), RangeError, `order ${order}`);
    assertStrictEquals(pages.zones[0].nrFreePages, 4, "free frames after the refusal");
  });
}

for (const nid of [-2, 2, 0.5, NaN]) {
  Deno.test(`PageAllocator refuses node ${nid}, when there are two`, () => {
    const { pages } = boot([4, 4]);
    assertThrows(() => pages.allocPagesNode(nid, GFP_KERNEL, 0), RangeError, `node ${nid}`);
    assertThrows(() => pages.numastat(nid), RangeError, `node ${nid}`);
  });
}
