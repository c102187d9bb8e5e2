/**
 * Replays what Linux 2.6.29's own functions did with the free lists of a zone.
 *
 * Left out of the two files, because this machine has no such thing:
 *
 * - blocks booted with `high` above 0 (per-CPU page lists are on) or `mob_off=0` (mobility is on);
 * - the table `--- batch/high sizes`, which is about per-CPU page lists;
 * - the line of the block `--- watermark`, after whose boot nothing else happens;
 * - the last block of the second file, which frees a page twice until the kernel stops with a BUG.
 *
 * The counts in the tests below say how much is left.
 */
import { GFP_KERNEL, KernelError, Machine, MAX_ORDER, type Zone } from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows, fail } from "@std/assert";
import first from "../vectors/recorded/buddy_pcp_1.txt" with { type: "text" };
import second from "../vectors/recorded/buddy_pcp_2.txt" with { type: "text" };

/** What a BOOT line began: the lines up to the next BOOT line or heading. */
interface Block {
  readonly boot: string;
  readonly lines: string[];
}

/** Lines replayed, by kind. */
interface Tally {
  states: number;
  allocs: number;
  frees: number;
  listed: number;
  exhaustions: number;
}

const BOOT = /^BOOT base=0 n=(\d+) resv=0 mob_off=1 batch=1 high=0$/;
const STATE = /^(.*\S) +buddyinfo: ((?:\d+ ){11}) nr_free=(\d+)$/;
const ALLOC = /^alloc\((\d+)\) -> (\d+)$/;
const FREE = /^free\((\d+),(\d+)\)$/;
const LISTED = /^ {4}order (\d+) type 0: ([\d ]+)$/;
const EXHAUSTION = /^got (\d+) then NULL$/;

/** Blocks of a file, and the lines that belong to none. */
function parse(text: string): { blocks: Block[]; outside: string[] } {
  const blocks: Block[] = [];
  const outside: string[] = [];
  let lines = outside;
  for (const line of text.split("\n").filter((line) => line !== "")) {
    if (line.startsWith("BOOT ")) {
      lines = [];
      blocks.push({ boot: line, lines });
    } else {
      if (line.startsWith("--- ")) lines = outside;
      lines.push(line);
    }
  }
  return { blocks, outside };
}

function assertLists(zone: Zone, listed: ReadonlyMap<number, number[]>, after: string): void {
  for (let order = 0; order < MAX_ORDER; order++) {
    const expected = listed.get(order) ?? [];
    assertEquals(zone.freeBlocks(order), expected, `free blocks of order ${order} after ${after}`);
  }
}

/** Does as the block says and compares all it shows. Any line it does not know fails the test. */
function replay({ boot, lines }: Block): Tally {
  const frames = Number(BOOT.exec(boot)?.[1] ?? fail(`a block that cannot be replayed: ${boot}`));
  const { pages } = new Machine({ nodes: [frames], backing: "plain" });
  const [zone] = pages.zones;
  const tally = { states: 0, allocs: 0, frees: 0, listed: 0, exhaustions: 0 };
  let listed: Map<number, number[]> | null = null;
  let last = boot;
  for (const line of lines) {
    const [, listedOrder, pfns] = LISTED.exec(line) ?? [];
    if (listedOrder !== undefined) {
      listed ??= new Map();
      listed.set(Number(listedOrder), pfns.split(" ").map(Number));
      tally.listed++;
      continue;
    }
    if (listed !== null) assertLists(zone, listed, last);
    listed = null;
    last = line;
    const [, count] = EXHAUSTION.exec(line) ?? [];
    if (count !== undefined) {
      for (let i = 0; i < Number(count); i++) pages.allocPagesNode(0, GFP_KERNEL, 0);
      assertThrows(() => pages.allocPagesNode(0, GFP_KERNEL, 0), KernelError, "no free block");
      tally.exhaustions++;
      continue;
    }
    const [, what, counts, nrFree] = STATE.exec(line) ?? fail(`a line nobody reads: ${line}`);
    const [, order, pfn] = ALLOC.exec(what) ?? [];
    const [, freed, freedOrder] = FREE.exec(what) ?? [];
    if (pfn !== undefined) {
      const page = pages.allocPagesNode(0, GFP_KERNEL, Number(order));
      assertStrictEquals(page.pfn, Number(pfn), `frame of ${what}`);
      tally.allocs++;
    } else if (freed !== undefined) {
      pages.freePages(zone.page(Number(freed)), Number(freedOrder));
      tally.frees++;
    } else {
      assert(what === "after boot" || what === "empty", `a step nobody knows: ${what}`);
    }
    assertEquals(zone.freeCounts().join(" "), counts.trim(), `free blocks by order after ${what}`);
    assertStrictEquals(zone.nrFreePages, Number(nrFree), `free frames after ${what}`);
    tally.states++;
  }
  if (listed !== null) assertLists(zone, listed, last);
  return tally;
}

const files = { "buddy_pcp_1.txt": parse(first), "buddy_pcp_2.txt": parse(second) };

const replayed: { block: number; name: string; expected: Tally }[] = [
  {
    block: 0,
    name: "64 frames, taken and given back out of order",
    expected: { states: 13, allocs: 6, frees: 6, listed: 6, exhaustions: 0 },
  },
  {
    block: 1,
    name: "4096 frames, the highest block split first",
    expected: { states: 7, allocs: 3, frees: 3, listed: 12, exhaustions: 0 },
  },
  {
    block: 3,
    name: "1000 frames, no power of two",
    expected: { states: 5, allocs: 2, frees: 2, listed: 13, exhaustions: 0 },
  },
  {
    block: 8,
    name: "64 frames, to the last one",
    expected: { states: 1, allocs: 0, frees: 0, listed: 0, exhaustions: 1 },
  },
];

for (const { block, name, expected } of replayed) {
  Deno.test(`Zone does as recorded, block ${block} of buddy_pcp_1.txt: ${name}`, () => {
    const tally = replay(files["buddy_pcp_1.txt"].blocks[block]);
    assertEquals(tally, expected, "lines replayed, by kind");
  });
}

/** Places of a file's blocks, by what was on in the kernel that made them. */
function places(blocks: readonly Block[]): Record<"plain" | "pcp" | "mobility", number[]> {
  const found = { plain: [], pcp: [], mobility: [] } as Record<string, number[]>;
  for (const [place, { boot }] of blocks.entries()) {
    const why = boot.includes("mob_off=0") ? "mobility" : BOOT.test(boot) ? "plain" : "pcp";
    found[why].push(place);
  }
  return found;
}

Deno.test("buddy_pcp_1.txt leaves out 6 of 10 blocks: per-CPU lists, mobility, the watermark line", () => {
  const { blocks, outside } = files["buddy_pcp_1.txt"];
  assertEquals(
    places(blocks),
    { plain: [0, 1, 3, 8, 9], pcp: [2, 4, 7], mobility: [5, 6] },
    "places of the blocks, by what is on",
  );
  assertEquals(replayed.map(({ block }) => block), [0, 1, 3, 8], "places of the blocks replayed");
  assertEquals(
    blocks[9].lines,
    ["free=64 wm(0,min16)=1 wm(0,63)=1 wm(0,64)=0"],
    "the block without anything to replay",
  );
  const sizes = outside.filter((line) => /^present=\d+ batchsize=/.test(line));
  assertStrictEquals(sizes.length, 13, "rows of the table of batch and high sizes");
  const headings = outside.filter((line) => line.startsWith("--- "));
  assertStrictEquals(sizes.length + headings.length, outside.length, "lines outside of blocks");
});

Deno.test("buddy_pcp_2.txt leaves out all 6 blocks: per-CPU lists, mobility, the final BUG", () => {
  const { blocks, outside } = files["buddy_pcp_2.txt"];
  assertEquals(
    places(blocks),
    { plain: [5], pcp: [0, 1, 2, 4], mobility: [3] },
    "places of the blocks, by what is on",
  );
  assertStrictEquals(blocks[5].lines.at(-1), "BUG_ON page_count(buddy) != 0", "how it ends");
  assertEquals(outside.filter((line) => !line.startsWith("--- ")), [], "lines outside of blocks");
});
