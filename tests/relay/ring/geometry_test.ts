import { RingGeometry } from "@ltt/relay/ring";
import { assertEquals } from "@std/assert";
import fc from "fast-check";

const geometries = fc.tuple(fc.integer({ min: 12, max: 22 }), fc.integer({ min: 1, max: 8 }));
const offsets = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.tuple(fc.constantFrom(0, 2 ** 31, 2 ** 32), fc.integer({ min: -9000, max: 9000 }))
    .map(([base, by]) => (base + by + 2 ** 32) % 2 ** 32),
);

/** Checks a function against arithmetic on plain, unsigned numbers. */
function holds(
  actual: (geometry: RingGeometry, offset: number) => number,
  expected: (offset: number, subbufSize: number, nSubbufs: number) => number,
): void {
  fc.assert(fc.property(geometries, offsets, ([subbufOrder, nSubbufsOrder], offset) => {
    const geometry = new RingGeometry(subbufOrder, nSubbufsOrder);
    const answer = expected(offset, 2 ** subbufOrder, 2 ** nSubbufsOrder) % 2 ** 32;
    assertEquals(actual(geometry, offset | 0) >>> 0, answer);
    assertEquals(actual(geometry, offset) >>> 0, answer, "given as an unsigned number");
  }));
}

Deno.test("RingGeometry knows sizes", () => {
  const { subbufSize, nSubbufs, bufSize } = new RingGeometry(13, 3);
  assertEquals([subbufSize, nSubbufs, bufSize], [8192, 8, 65536]);
});

Deno.test("RingGeometry.subbufTrunc() is the start of the sub-buffer", () => {
  holds((g, o) => g.subbufTrunc(o), (o, size) => o - o % size);
});

Deno.test("RingGeometry.subbufAlign() is the start of the next sub-buffer, from a start too", () => {
  holds((g, o) => g.subbufAlign(o), (o, size) => o - o % size + size);
});

Deno.test("RingGeometry.subbufIndex() is the place in the round", () => {
  holds((g, o) => g.subbufIndex(o), (o, size, n) => Math.floor(o / size) % n);
});

Deno.test("RingGeometry.bufTrunc() is the start of the lap", () => {
  holds((g, o) => g.bufTrunc(o), (o, size, n) => o - o % (size * n));
});

Deno.test("RingGeometry.lap() is a sub-buffer's share of the laps before", () => {
  holds((g, o) => g.lap(o), (o, size, n) => Math.floor(o / (size * n)) * size);
});

Deno.test("RingGeometry.subbufSeq() numbers sub-buffers beyond 2^32 bytes", () => {
  const bytes = fc.nat(2 ** 44);
  fc.assert(fc.property(geometries, bytes, ([subbufOrder, nSubbufsOrder], total) => {
    const geometry = new RingGeometry(subbufOrder, nSubbufsOrder);
    const seq = geometry.subbufSeq(Math.floor(total / 2 ** 32), total | 0);
    assertEquals(seq, Math.floor(total / 2 ** subbufOrder));
  }));
});

Deno.test("RingGeometry.subbufOf() finds the sub-buffer in an ID", () => {
  const geometry = new RingGeometry(12, 2);
  for (const lap of [0, 16384, -16384]) {
    assertEquals([0, 1, 4].map((i) => geometry.subbufOf(lap | i << 1 | 1)), [0, 1, 4]);
  }
});

Deno.test("RingGeometry.isFull() and isFree() tell laps apart by the commit count", () => {
  fc.assert(fc.property(geometries, fc.nat(2 ** 20), fc.nat(3), (orders, lap, place) => {
    const geometry = new RingGeometry(...orders);
    const { subbufSize, nSubbufs, bufSize } = geometry;
    const offset = (lap * bufSize + place % nSubbufs * subbufSize) | 0;
    const count = (lap * subbufSize) | 0;
    const around = [count, count + 1, count + subbufSize - 1, count + subbufSize].map((c) => c | 0);
    assertEquals(around.map((c) => geometry.isFree(c, offset)), [true, false, false, false]);
    assertEquals(around.map((c) => geometry.isFull(c, offset)), [false, false, false, true]);
    assertEquals(geometry.isFull(count, (offset - bufSize) | 0), true, "the lap before is full");
  }));
});
