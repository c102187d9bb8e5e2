import {
  __GFP_THISNODE,
  GFP_KERNEL,
  KernelError,
  Machine,
  MAX_ORDER,
  type Page,
  type Zone,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";

/** `nid`, `cpu` and `free` are cut down to what there is. */
interface Step {
  readonly kind: "alloc" | "free";
  readonly order: number;
  readonly nid: number;
  readonly cpu: number;
  readonly thisNode: boolean;
  readonly free: number;
}

interface Block {
  readonly page: Page;
  readonly order: number;
}

const nodeSizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("alloc", "alloc", "alloc", "free"),
  order: fc.integer({ min: 0, max: 5 }),
  nid: fc.nat(2),
  cpu: fc.nat(2),
  thisNode: fc.boolean(),
  free: fc.nat(1000),
});
const steps = fc.array(step, { maxLength: 150, size: "max" });

/** Plays steps on a machine and keeps its own books. CPU n is on node n. */
class Player {
  readonly machine: Machine;
  readonly blocks: Block[] = [];
  /** Per frame: whether a block that was handed out covers it. */
  readonly used: boolean[];
  /** Calls served, and those served by the CPU's own node, by the node that served. */
  readonly served: number[];
  readonly local: number[];

  constructor(nodes: number[]) {
    this.machine = new Machine({ nodes, cpus: nodes.length, backing: "plain" });
    this.used = new Array(nodes.reduce((sum, frames) => sum + frames, 0)).fill(false);
    this.served = nodes.map(() => 0);
    this.local = nodes.map(() => 0);
  }

  get zones(): readonly Zone[] {
    return this.machine.pages.zones;
  }

  play({ kind, order, nid, cpu, thisNode, free }: Step): void {
    if (kind === "alloc") {
      this.alloc(nid % this.zones.length, order, cpu % this.zones.length, thisNode);
    } else if (this.blocks.length > 0) {
      this.free(free % this.blocks.length);
    }
  }

  /** Whether a zone has a free block of an order, found by looking at each place for one. */
  hasBlock({ startPfn, frames }: Zone, order: number): boolean {
    const size = 1 << order;
    for (
      let pfn = Math.ceil(startPfn / size) * size;
      pfn + size <= startPfn + frames;
      pfn += size
    ) {
      if (!this.used.slice(pfn, pfn + size).includes(true)) return true;
    }
    return false;
  }

  alloc(nid: number, order: number, cpu: number, thisNode: boolean): void {
    const list = this.machine.numa.zonelist(nid).slice(0, thisNode ? 1 : undefined);
    const expected = list.find((each) => this.hasBlock(this.zones[each], order)) ?? null;
    const gfp = thisNode ? GFP_KERNEL | __GFP_THISNODE : GFP_KERNEL;
    let page: Page | null = null;
    try {
      page = this.machine.runOn(cpu, () => this.machine.pages.allocPagesNode(nid, gfp, order));
    } catch (error) {
      assert(error instanceof KernelError && error.code === "ENOMEM", `unexpected: ${error}`);
    }
    assertStrictEquals(page?.nid ?? null, expected, `node serving order ${order} for node ${nid}`);
    if (page === null) return;
    this.take(page, order);
    this.served[page.nid]++;
    if (page.nid === cpu) this.local[page.nid]++;
  }

  take(page: Page, order: number): void {
    const { startPfn, frames } = this.zones[page.nid];
    const end = page.pfn + (1 << order);
    const what = `block of order ${order} at frame ${page.pfn}`;
    assertStrictEquals(page.pfn % (1 << order), 0, `${what}, past a multiple of its size`);
    assert(startPfn <= page.pfn && end <= startPfn + frames, `${what} is not within its node`);
    for (let pfn = page.pfn; pfn < end; pfn++) {
      assert(!this.used[pfn], `${what} holds frame ${pfn}, which is in use`);
      this.used[pfn] = true;
    }
    this.blocks.push({ page, order });
  }

  free(at: number): void {
    const [{ page, order }] = this.blocks.splice(at, 1);
    this.machine.pages.freePages(page, order);
    this.used.fill(false, page.pfn, page.pfn + (1 << order));
  }
}

/** Asserts that a property holds after any steps on any machine. */
function assertAlways(property: (nodes: number[], steps: Step[]) => void): void {
  fc.assert(fc.property(nodeSizes, steps, property), { numRuns: 300 });
}

Deno.test("allocPagesNode() serves from the first node that can, a block of its own", () => {
  assertAlways((nodes, steps) => {
    const player = new Player(nodes);
    for (const each of steps) player.play(each);
    assertEquals(player.machine.log.entries, [], "log of an ordinary life");
  });
});

Deno.test("freePages() merges back to the state after boot, when all blocks are freed", () => {
  assertAlways((nodes, steps) => {
    const player = new Player(nodes);
    for (const each of steps) player.play(each);
    while (player.blocks.length > 0) player.free(player.blocks.length >> 1);
    const booted = new Player(nodes);
    for (const [nid, zone] of player.zones.entries()) {
      const fresh = booted.zones[nid];
      assertEquals(zone.freeCounts(), fresh.freeCounts(), `free blocks by order of node ${nid}`);
      for (let order = 0; order < MAX_ORDER; order++) {
        const [found, expected] = [zone, fresh].map((each) =>
          each.freeBlocks(order).sort((a, b) => a - b)
        );
        assertEquals(found, expected, `free blocks of order ${order} of node ${nid}`);
      }
    }
  });
});

Deno.test("NumaCounters add up to the calls served", () => {
  assertAlways((nodes, steps) => {
    const player = new Player(nodes);
    for (const each of steps) player.play(each);
    const counters = player.zones.map((zone) => zone.counters);
    for (const [nid, { numaHit, numaMiss, localNode, otherNode }] of counters.entries()) {
      const served = player.served[nid];
      assertStrictEquals(numaHit + numaMiss, served, `hits and misses of node ${nid}`);
      assertStrictEquals(localNode + otherNode, served, `local and other of node ${nid}`);
      assertStrictEquals(localNode, player.local[nid], `calls of node ${nid}'s own CPU`);
    }
    const misses = counters.reduce((sum, { numaMiss }) => sum + numaMiss, 0);
    const foreign = counters.reduce((sum, { numaForeign }) => sum + numaForeign, 0);
    assertStrictEquals(misses, foreign, "misses against foreign, over all nodes");
  });
});

Deno.test("Zone has each frame either free or in use, at every step", () => {
  assertAlways((nodes, steps) => {
    const player = new Player(nodes);
    for (const [at, each] of steps.entries()) {
      player.play(each);
      for (const [nid, zone] of player.zones.entries()) {
        const what = `node ${nid} after step ${at}`;
        const inUse = zone.pagesInUse();
        const taken = inUse.reduce((sum, page) => sum + (1 << page.order), 0);
        assertStrictEquals(zone.nrFreePages + taken, zone.frames, `frames of ${what}`);
        const listed = zone.freeCounts().reduce((sum, count, order) => sum + (count << order), 0);
        assertStrictEquals(listed, zone.nrFreePages, `frames on the free lists of ${what}`);
        const mine = player.blocks.map(({ page }) => page.pfn).filter((pfn) =>
          pfn >= zone.startPfn && pfn < zone.startPfn + zone.frames
        );
        const found = inUse.map((page) => page.pfn);
        assertEquals(found, mine.sort((a, b) => a - b), `blocks in use of ${what}`);
      }
    }
  });
});
