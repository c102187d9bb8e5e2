import { Machine, PAGE_SIZE } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { type RingBuffer, RingMemory } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { eventBytes, joined } from "./bytes.ts";
import { assertCode, framesInUse, leftBehind, openRing, scatter, write } from "./fixture.ts";

/** Frames of the sub-buffers, the spare one last, as the ring's words name them. */
function framesOf({ memory }: RingBuffer): number[][] {
  return memory.runs.map((runs) => {
    const frames: number[] = [];
    let at = 0;
    for (const { end, base } of runs) {
      for (; at < end; at += PAGE_SIZE) frames.push((base + at) / PAGE_SIZE);
    }
    return frames;
  });
}

/** Writes a whole sub-buffer of bytes in small events and reads it back, several rounds. */
function assertHolds(machine: Machine, ring: RingBuffer, eventSize: number): void {
  const { subbufSize, nSubbufs } = ring.memory.geometry;
  using reader = ring.reader();
  for (let round = 0; round < 2 * nSubbufs + 1; round++) {
    const bytes = eventBytes(subbufSize, round);
    for (let at = 0; at < subbufSize; at += eventSize) {
      const answer = write(machine, ring.writer, bytes.subarray(at, at + eventSize));
      assert(answer >= 0, `${answer} at ${at} of sub-buffer ${round}`);
    }
    const subbuf = reader.getNextSubbuf();
    assert(subbuf !== null, `sub-buffer ${round} is delivered`);
    const got = joined(...subbuf.views());
    assertEquals(got.findIndex((byte, i) => byte !== bytes[i]), -1, `sub-buffer ${round}`);
    assertStrictEquals(got.length, subbufSize);
    reader.putNextSubbuf();
  }
}

// A control page has 60 records; a sub-buffer needs one, the reader's spare one included.
for (const [nSubbufs, controlPages] of [[2, 1], [32, 1], [64, 2], [128, 3], [256, 5]]) {
  Deno.test(`RingPages takes ${controlPages} control pages, when there are ${nSubbufs} sub-buffers`, () => {
    for (const mode of ["discard", "overwrite"] as const) {
      const machine = new Machine({ nodes: [512] });
      using channel = openRing(Relay.start(machine), { nSubbufs, mode });
      const spare = mode === "overwrite" ? 1 : 0;
      assertEquals(framesInUse(machine), [nSubbufs + controlPages + spare], mode);
      assertHolds(machine, channel.buf[0]!, 512);
    }
  });
}

Deno.test("RingPages takes as many spare pages as a sub-buffer has, in overwrite mode only", () => {
  for (const [mode, spare] of [["discard", 0], ["overwrite", 4]] as const) {
    const machine = new Machine({ nodes: [64] });
    using _channel = openRing(Relay.start(machine), { subbufSize: 4 * PAGE_SIZE, mode });
    assertEquals(framesInUse(machine), [16 + 1 + spare], mode);
  }
});

Deno.test("RingPages takes all from the node of the buffer's CPU", () => {
  const machine = new Machine({ nodes: [64, 64], cpus: 2, cpuToNode: [0, 1] });
  using channel = openRing(Relay.start(machine), { mode: "overwrite" });
  const counted = machine.pages.zones.map(({ counters }) => [counters.numaHit, counters.numaMiss]);
  assertEquals(counted, [[6, 0], [6, 0]], "4 pages, the spare one, a control page each");
  assertEquals(framesInUse(machine), [6, 6]);
  const { control } = channel.buf[1]!.descriptor;
  assert(control >= 64 * PAGE_SIZE, "the control page is on node 1");
  for (const frame of framesOf(channel.buf[1]!).flat()) assert(frame >= 64, `frame ${frame}`);
});

Deno.test("RingPages falls back to another node, when its own has no memory", () => {
  const machine = new Machine({ nodes: [64, 0], cpus: 2, cpuToNode: [0, 1] });
  using channel = openRing(Relay.start(machine), { mode: "overwrite" });
  assertEquals(framesInUse(machine), [12, 0]);
  assertHolds(machine, channel.buf[1]!, 512);
});

Deno.test("RingPages falls back to another node, when its own has too little memory", () => {
  const machine = new Machine({ nodes: [64, 4], cpus: 2, cpuToNode: [0, 1] });
  using channel = openRing(Relay.start(machine), { mode: "overwrite" });
  assertEquals(framesInUse(machine), [8, 4]);
  const [zero, one] = machine.pages.zones.map(({ counters }) => counters);
  assertEquals([zero.numaMiss, one.numaForeign], [2, 2], "the spare page and the control page");
  assertHolds(machine, channel.buf[1]!, 512);
});

Deno.test("RingPages clears what it takes", () => {
  const machine = new Machine({ nodes: [64] });
  machine.ram.bytes.fill(0xff);
  using channel = openRing(Relay.start(machine), { mode: "overwrite" });
  const ring = channel.buf[0]!;
  assertEquals(Object.values(ring.lost), [0, 0, 0, 0, 0, 0]);
  const [spare] = framesOf(ring).at(-1)!;
  const bytes = machine.ram.bytes.subarray(spare * PAGE_SIZE, (spare + 1) * PAGE_SIZE);
  assert(bytes.every((byte) => byte === 0), "the spare sub-buffer");
  assertHolds(machine, ring, 512);
});

Deno.test("RingPages names the frames of the buffer, in order, and no frame twice", () => {
  for (const scattered of [0, 5, 100]) {
    const machine = new Machine({ nodes: [512] });
    scatter(machine, 0, scattered);
    using channel = openRing(Relay.start(machine), { subbufSize: 8192, mode: "overwrite" });
    const ring = channel.buf[0]!;
    const frames = framesOf(ring);
    assertEquals(frames.map((some) => some.length), [2, 2, 2, 2, 2]);
    assertEquals(frames.slice(0, 4).flat(), ring.buffer.pages.map(({ page }) => page.pfn));
    assertStrictEquals(new Set(frames.flat()).size, 10);
  }
});

Deno.test("RingPages makes a run of all adjacent frames of a sub-buffer", () => {
  const machine = new Machine({ nodes: [64] });
  using channel = openRing(Relay.start(machine), { subbufSize: 4 * PAGE_SIZE });
  assertEquals(channel.buf[0]!.memory.runs.map((runs) => runs.length), [1, 1, 1, 1]);
});

// A record has room for the first run of its sub-buffer, those behind the sub-buffers for 8 each.
for (
  const [pages, nSubbufs, controlPages] of [[2, 2, 1], [8, 2, 1], [16, 4, 1], [16, 32, 2], [
    64,
    8,
    2,
  ]]
) {
  Deno.test(`RingPages takes ${controlPages} control pages, when ${nSubbufs} sub-buffers have ${pages} runs each`, () => {
    const machine = new Machine({ nodes: [4096] });
    const frames = pages * nSubbufs;
    scatter(machine, 0, frames);
    const before = framesInUse(machine)[0];
    const options = { subbufSize: pages * PAGE_SIZE, nSubbufs };
    using channel = openRing(Relay.start(machine), options);
    const ring = channel.buf[0]!;
    assertEquals(new Set(ring.memory.runs.map((runs) => runs.length)), new Set([pages]));
    // A block to assemble slots in is as large as a sub-buffer.
    assertStrictEquals(framesInUse(machine)[0] - before, frames + controlPages + pages);
    assertEquals(framesOf(ring).flat(), ring.buffer.pages.map(({ page }) => page.pfn));
    assertHolds(machine, ring, 96 * 1024 % ring.memory.geometry.subbufSize || 1024);
  });
}

// Sub-buffers of two pages: each of those that are split needs a second record.
for (const [scattered, controlPages] of [[56, 1], [58, 2]]) {
  Deno.test(`RingPages takes ${controlPages} control pages, when there are ${32 + scattered / 2} records`, () => {
    const machine = new Machine({ nodes: [256] });
    scatter(machine, 0, scattered);
    const before = framesInUse(machine)[0];
    const options = { subbufSize: 2 * PAGE_SIZE, nSubbufs: 32 };
    using channel = openRing(Relay.start(machine), options);
    const { memory } = channel.buf[0]!;
    assertStrictEquals(memory.runs.filter((runs) => runs.length > 1).length, scattered / 2);
    assertStrictEquals(framesInUse(machine)[0] - before, 64 + controlPages + 2);
  });
}

Deno.test("RingPages is ENOMEM and takes nothing, when no block to assemble slots in is free", () => {
  const machine = new Machine({ nodes: [64] });
  scatter(machine, 0, 32);
  const relay = Relay.start(machine);
  const before = leftBehind(machine, relay);
  assertCode(() => openRing(relay, { subbufSize: 8192 }), "ENOMEM", "open()");
  assertEquals(leftBehind(machine, relay), before);
  openRing(relay, { subbufSize: 4096 }).close();
});

Deno.test("RingPages leaves nothing, when the k-th page fails and frames are scattered", () => {
  const machine = new Machine({ nodes: [256] });
  scatter(machine, 0, 12);
  const relay = Relay.start(machine);
  const before = leftBehind(machine, relay);
  const options = { subbufSize: 8192, mode: "overwrite" } as const;
  // 8 pages of the buffer, 2 spare ones, the block to assemble slots in, a control page.
  for (let k = 1; k <= 12; k++) {
    machine.failPageAlloc.failNth(k);
    assertCode(() => openRing(relay, options), "ENOMEM", `page ${k}`);
    assertEquals(leftBehind(machine, relay), before, `after page ${k}`);
  }
  machine.failPageAlloc.failNth(13);
  openRing(relay, options).close();
  assertEquals(leftBehind(machine, relay), before, "after a channel that was opened");
});

Deno.test("RingPages leaves no ring where one was, when it is freed", () => {
  const machine = new Machine({ nodes: [64] });
  const channel = openRing(Relay.start(machine));
  const { control } = channel.buf[0]!.descriptor;
  const { buffer } = machine.ram;
  assertStrictEquals(new RingMemory(buffer, control).cpu, 0);
  channel.close();
  assertThrows(() => new RingMemory(buffer, control), TypeError, "there is none of this version");
});

Deno.test("RingPages holds what is written, however the frames lie", () => {
  const setup = fc.record({
    pages: fc.constantFrom(1, 2, 4, 8),
    nSubbufs: fc.constantFrom(2, 4),
    mode: fc.constantFrom("discard" as const, "overwrite" as const),
    scattered: fc.integer({ min: 0, max: 40 }),
    eventSize: fc.constantFrom(64, 512, 1024, 4096),
  });
  fc.assert(
    fc.property(setup, ({ pages, nSubbufs, mode, scattered, eventSize }) => {
      const machine = new Machine({ nodes: [256] });
      scatter(machine, 0, scattered);
      const before = framesInUse(machine);
      const options = { subbufSize: pages * PAGE_SIZE, nSubbufs, mode };
      const channel = openRing(Relay.start(machine), options);
      assertHolds(machine, channel.buf[0]!, eventSize);
      channel.close();
      assertEquals(framesInUse(machine), before);
    }),
    { numRuns: 30 },
  );
});
