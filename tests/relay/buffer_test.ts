import { assert, assertEquals, assertThrows } from "@std/assert";
import { Machine, PAGE_SIZE } from "@ltt/relay/hw";
import { Relay, type RelayBuffer } from "@ltt/relay/relay";

function openBuffer(nSubbufs = 4, subbufSize = PAGE_SIZE): RelayBuffer {
  const relay = Relay.start(new Machine({ nodes: [64] }), { checkRandomAccess: true });
  return relay.open({ baseFilename: "t", subbufSize, nSubbufs }).buf[0]!;
}

/** Which pages are cached, by offset. */
function caches(buffer: RelayBuffer): number[] {
  return [buffer.wpage, buffer.rpage, ...buffer.hpage].map((page) => page.offset);
}

Deno.test("write() past the end throws and neither copies nor moves a cache", () => {
  const buffer = openBuffer();
  buffer.write(PAGE_SIZE, new Uint8Array([9]));
  const before = caches(buffer);
  const size = 4 * PAGE_SIZE;
  assertThrows(
    () => buffer.write(size - 2, new Uint8Array([1, 2, 3])),
    RangeError,
    "Cannot write at 16382 of the buffer, length 3: it ends at 16384",
  );
  const last = new Uint8Array(2);
  buffer.read(size - 2, last);
  assertEquals([...last], [0, 0]);
  assertEquals(buffer.wpage.offset, before[0]);
});

Deno.test("read() past the end throws, leaves dest as it was and moves no cache", () => {
  const buffer = openBuffer();
  const before = caches(buffer);
  const dest = new Uint8Array(PAGE_SIZE).fill(7);
  assertThrows(() => buffer.read(4 * PAGE_SIZE - 1, dest), RangeError, "it ends at 16384");
  assert(dest.every((byte) => byte === 7));
  assertEquals(caches(buffer), before);
});

for (const offset of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
  Deno.test(`an access at offset ${offset} is refused by every method`, () => {
    const buffer = openBuffer();
    const byte = new Uint8Array(1);
    const methods = [
      () => buffer.write(offset, byte),
      () => buffer.read(offset, byte),
      () => buffer.readGetPage(offset),
      () => buffer.offsetAddress(offset),
    ];
    for (const method of methods) {
      assertThrows(method, RangeError, "not an integer from 0 to 2^53 - 1");
    }
  });
}

Deno.test("write() and read() of nothing answer 0 and move no cache, wherever", () => {
  const buffer = openBuffer();
  const before = caches(buffer);
  assertEquals(buffer.write(3 * PAGE_SIZE, new Uint8Array(0)), 0);
  assertEquals(buffer.read(3 * PAGE_SIZE, new Uint8Array(0)), 0);
  assertEquals(caches(buffer), before);
});

Deno.test("every offset of a one-page buffer can be written and read", () => {
  const buffer = openBuffer(1);
  for (let offset = 0; offset < PAGE_SIZE; offset++) {
    const byte = new Uint8Array([offset % 251]);
    buffer.write(offset, byte);
    byte[0] = 255;
    buffer.read(offset, byte);
    assertEquals(byte[0], offset % 251, `the byte at ${offset}`);
    const { address } = buffer.pages[0];
    assertEquals(buffer.offsetAddress(offset), address + offset);
  }
  assertEquals(buffer.chan.relay.machine.log.entries, []);
});

for (const length of [1, 15, 16, 17, 31, 32, 33, 64, 4096, 9000, 16384]) {
  Deno.test(`write() and read() of ${length} bytes touch these and no others`, () => {
    const buffer = openBuffer(8);
    const around = new Uint8Array(length + 2).fill(0xee);
    buffer.write(99, around);
    const src = Uint8Array.from({ length }, (_, i) => i * 7 + 1);
    assertEquals(buffer.write(100, src), length);
    const dest = new Uint8Array(length + 2);
    assertEquals(buffer.read(99, dest), length + 2);
    assertEquals([dest[0], dest[length + 1]], [0xee, 0xee]);
    assertEquals(dest.subarray(1, length + 1), src);
  });
}

Deno.test("a buffer on several extents gives and takes records across them", () => {
  const machine = new Machine({ nodes: [3, 61] });
  const relay = Relay.start(machine);
  const buffer = relay.open({ baseFilename: "t", subbufSize: 8 * PAGE_SIZE, nSubbufs: 1 }).buf[0]!;
  assertEquals(buffer.pages.map((page) => page.page.nid), [0, 0, 0, 1, 1, 1, 1, 1]);
  assert(buffer.extents.length > 1, "three frames of node 0 and five of node 1 are one extent");
  assertEquals(buffer.extents.reduce((sum, extent) => sum + extent.length, 0), 8 * PAGE_SIZE);
  const src = Uint8Array.from({ length: 8 * PAGE_SIZE - 20 }, (_, i) => i * 13);
  buffer.write(10, src);
  const dest = new Uint8Array(src.length);
  buffer.read(10, dest);
  assertEquals(dest, src);
  for (const { offset, address, length } of buffer.extents) {
    const inRam = machine.ram.bytes[address + length - 100];
    assertEquals(inRam, src[offset + length - 110], `extent at ${offset}`);
  }
});

Deno.test("a byte stored at offsetAddress() is read back", () => {
  const buffer = openBuffer();
  const { ram } = buffer.chan.relay.machine;
  ram.view.setUint32(buffer.offsetAddress(PAGE_SIZE + 8), 0x04030201, true);
  const dest = new Uint8Array(4);
  buffer.read(PAGE_SIZE + 8, dest);
  assertEquals([...dest], [1, 2, 3, 4]);
});

Deno.test("a freed buffer refuses every access and has no pages", () => {
  const buffer = openBuffer();
  buffer.chan.close();
  const byte = new Uint8Array(1);
  const methods = [
    () => buffer.write(0, byte),
    () => buffer.read(0, byte),
    () => buffer.readGetPage(0),
    () => buffer.offsetAddress(0),
    () => buffer.wpage,
    () => buffer.rpage,
    () => buffer.hpage,
  ];
  for (const method of methods) assertThrows(method, RangeError, "it is freed");
  assertThrows(() => buffer.get(), TypeError, "it is freed");
  assertEquals([buffer.pages.length, buffer.extents.length, buffer.kref], [0, 0, 0]);
});

for (const length of [8, 64, 4096]) {
  Deno.test(`write() of ${length} bytes inside an extent, and offsetAddress(), make no garbage`, () => {
    const relay = Relay.start(new Machine({ nodes: [64] }));
    const buffer = relay.open({ baseFilename: "t", subbufSize: 16384, nSubbufs: 4 }).buf[0]!;
    const src = new Uint8Array(length);
    const round = (): number => {
      const before = Deno.memoryUsage().heapUsed;
      for (let i = 0; i < 200_000; i++) {
        buffer.write(i * 64 & 0x7fff, src);
        buffer.offsetAddress(i & 1 ? 16384 : 0);
      }
      return Deno.memoryUsage().heapUsed - before;
    };
    // One object a call would be 3 MB a round at least. The compiler may still be at work, or the
    // collector, in some of the rounds, but not in all.
    const grown = Array.from({ length: 20 }, round);
    assert(grown.some((bytes) => bytes >= 0 && bytes < 20_000), `the heap grew by ${grown}`);
  });
}
