import {
  type Backing,
  GFP_KERNEL,
  Machine,
  PAGE_MASK,
  PAGE_SHIFT,
  PAGE_SIZE,
  pageAddress,
  pageToNid,
  Ram,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";

const backings: [Backing, typeof ArrayBuffer | typeof SharedArrayBuffer][] = [
  ["shared", SharedArrayBuffer],
  ["plain", ArrayBuffer],
];

for (const [backing, BufferType] of backings) {
  Deno.test(`Ram() is zeroed memory of its size, when backing is "${backing}"`, () => {
    const ram = new Ram(3 * PAGE_SIZE, backing);
    assertInstanceOf(ram.buffer, BufferType, `buffer of "${backing}"`);
    assertStrictEquals(ram.buffer.byteLength, 12288, "bytes of three pages");
    assert(ram.bytes.every((byte) => byte === 0), "fresh memory should hold zeros only");
  });

  Deno.test(`Ram.bytes and Ram.view show the same memory, when backing is "${backing}"`, () => {
    const ram = new Ram(PAGE_SIZE, backing);
    ram.view.setUint32(4092, 0x01020304, true);
    assertEquals([...ram.bytes.subarray(4092)], [4, 3, 2, 1], "bytes stored through the view");
    assertStrictEquals(ram.bytes.buffer, ram.buffer, "buffer under the bytes");
    assertStrictEquals(ram.view.byteLength, PAGE_SIZE, "bytes the view reaches");
    assertStrictEquals(ram.bytes.length, PAGE_SIZE, "bytes there are");
  });
}

Deno.test("Ram.buffer is the same memory on the other side, when it is shared and sent", () => {
  const ram = new Ram(PAGE_SIZE, "shared");
  const received = new Uint8Array(structuredClone(ram.buffer));
  ram.bytes[17] = 99;
  assertStrictEquals(received[17], 99, "byte 17 as the receiver sees it");
});

Deno.test("Machine() has shared memory, when not told otherwise", () => {
  assertInstanceOf(new Machine({ nodes: [1] }).ram.buffer, SharedArrayBuffer, "backing");
});

Deno.test("Machine() has plain memory, when told so", () => {
  const { buffer } = new Machine({ nodes: [1], backing: "plain" }).ram;
  assertInstanceOf(buffer, ArrayBuffer, "backing");
});

Deno.test("Machine() has a page of memory for each frame of all its nodes", () => {
  const { ram } = new Machine({ nodes: [3, 0, 5] });
  assertStrictEquals(ram.bytes.length, 8 * 4096, "bytes of 3 and 5 frames");
});

Deno.test("Machine() has 64 MiB, when not told how much", () => {
  assertStrictEquals(new Machine().ram.bytes.length, 64 * 1024 * 1024, "bytes");
});

Deno.test("PAGE_SIZE, PAGE_SHIFT and PAGE_MASK belong together", () => {
  assertEquals([PAGE_SIZE, PAGE_SHIFT, PAGE_MASK], [4096, 12, -4096], "size, shift, mask");
  assertStrictEquals(1 << PAGE_SHIFT, PAGE_SIZE, "shift and size");
  assertStrictEquals(12345 & PAGE_MASK, 12288, "start of the page of byte 12345");
});

Deno.test("pageAddress() is where the page's bytes lie, over all nodes", () => {
  const machine = new Machine({ nodes: [3, 5], backing: "plain" });
  const addresses = [0, 0, 0, 1, 1, 1, 1, 1]
    .map((nid) => pageAddress(machine.pages.allocPagesNode(nid, GFP_KERNEL, 0)))
    .sort((a, b) => a - b);
  const expected = Array.from({ length: 8 }, (_, pfn) => pfn * 4096);
  assertEquals(addresses, expected, "addresses of all eight frames");
});

Deno.test("pageAddress() goes past 4 GiB without wrapping", () => {
  const pfn = 2 ** 21 + 1;
  const page = new Machine({ nodes: [1] }).pages.zones[0].page(0);
  assertStrictEquals(pageAddress({ ...page, pfn }), 8 * 2 ** 30 + 4096, `address of frame ${pfn}`);
});

Deno.test("pageToNid() is the node whose frames hold the page", () => {
  const { pages } = new Machine({ nodes: [3, 0, 5], backing: "plain" });
  const nodes = [0, 2, 3, 7].map((pfn) => pageToNid(pages.zones[pfn < 3 ? 0 : 2].page(pfn)));
  assertEquals(nodes, [0, 0, 2, 2], "nodes of frames 0, 2, 3 and 7, node 0 having three");
  assertEquals(pages.zones.map((zone) => zone.startPfn), [0, 3, 3], "first frame of each node");
});
