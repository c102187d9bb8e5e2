import {
  getPage,
  GFP_KERNEL,
  KernelError,
  type LogEntry,
  Machine,
  type Page,
  setPagePrivate,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

function boot(frames: number): Machine {
  return new Machine({ nodes: [frames], backing: "plain" });
}

/** Takes single frames until there is none left; their numbers, ascending. */
function drain(machine: Machine): number[] {
  const pfns: number[] = [];
  try {
    while (pfns.length < 100) pfns.push(machine.pages.allocPages(GFP_KERNEL, 0).pfn);
  } catch (error) {
    assert(error instanceof KernelError && error.code === "ENOMEM", `unexpected: ${error}`);
  }
  return pfns.sort((a, b) => a - b);
}

/** Numbers of `count` frames, without those of `missing`. */
function frames(count: number, missing: number[] = []): number[] {
  return Array.from({ length: count }, (_, pfn) => pfn).filter((pfn) => !missing.includes(pfn));
}

const misuses: { name: string; order: number; free: (machine: Machine, page: Page) => void }[] = [
  {
    name: "was freed before",
    order: 0,
    free: ({ pages }, page) => [1, 2].forEach(() => pages.freePage(page)),
  },
  {
    name: "was freed before as a block",
    order: 2,
    free: ({ pages }, page) => [1, 2].forEach(() => pages.freePages(page, 2)),
  },
  { name: "is of a lower order", order: 1, free: ({ pages }, page) => pages.freePages(page, 2) },
  { name: "is of a higher order", order: 2, free: ({ pages }, page) => pages.freePages(page, 1) },
  {
    name: "is inside of a block",
    order: 1,
    free: ({ pages }, page) => pages.freePage(pages.zones[0].page(page.pfn + 1)),
  },
  {
    name: "was never handed out",
    order: 0,
    free: ({ pages }) => pages.freePage(pages.zones[0].page(0)),
  },
];

function isBadPage(entry: LogEntry): boolean {
  return entry.type === "printk" && entry.level === 1 &&
    entry.text.startsWith("BUG: Bad page state in process deno  pfn:0000");
}

for (const { name, order, free } of misuses) {
  Deno.test(`freePages() reports a bad page and corrupts nothing, when the page ${name}`, () => {
    const machine = boot(13);
    const [page, other] = [order, 0].map((each) => machine.pages.allocPages(GFP_KERNEL, each));
    free(machine, page);
    assertStrictEquals(machine.log.entries.filter(isBadPage).length, 1, "reports in the log");
    if (page.count > 0) machine.pages.freePages(page, order);
    machine.pages.freePage(other);
    assertStrictEquals(machine.pages.buddyinfo(), boot(13).pages.buddyinfo(), "all blocks free");
    assertEquals(drain(machine), frames(13), "frames that can be had, each once");
  });
}

Deno.test("freePages() prints the kernel's two lines for a bad page", () => {
  const machine = boot(64);
  const page = frames(13).map(() => machine.pages.allocPages(GFP_KERNEL, 0))[12];
  page.flags = 1 << 11 | 1 << 4;
  machine.pages.freePage(page);
  const zeros = "0000000000000000";
  assertEquals(machine.log.entries, [
    { type: "printk", level: 1, text: "BUG: Bad page state in process deno  pfn:0000c\n" },
    {
      type: "printk",
      level: 1,
      text: `page:000000000000c000 flags:0000000000000810 count:0 mapcount:0 mapping:${zeros} ` +
        "index:0\n",
    },
  ], "report of frame 12, flags private and dirty");
});

Deno.test("freePages() shows how many references there would be, when the page was freed", () => {
  const machine = boot(1);
  const page = machine.pages.allocPages(GFP_KERNEL, 0);
  for (const _ of [1, 2]) machine.pages.freePage(page);
  const [, details] = machine.log.entries;
  assert(details.type === "printk" && details.text.includes(" count:-1 "), "count of -1 expected");
  assertStrictEquals(page.count, 0, "count of the page itself");
});

/** Flags lru, active, … of 2.6.29 with which no page may be given back. */
const forbidden = new Set([0, 5, 6, 7, 10, 11, 12, 15, 18, 20, 21]);
const PG_BUDDY = 18;

for (const bit of frames(22)) {
  const leaks = forbidden.has(bit);
  const what = leaks ? "reports and leaks" : "frees";
  Deno.test(`freePage() ${what} a page, when it has flag ${bit}`, () => {
    const machine = boot(4);
    const page = machine.pages.allocPages(GFP_KERNEL, 0);
    page.flags |= 1 << bit;
    machine.pages.freePage(page);
    assertStrictEquals(machine.log.entries.filter(isBadPage).length, leaks ? 1 : 0, "reports");
    assertEquals(drain(machine), frames(4, leaks ? [page.pfn] : []), "frames that can be had");
  });
}

for (const bit of forbidden) {
  const name =
    `freePage() keeps a leaked page apart, when it had flag ${bit} and its buddy is freed`;
  Deno.test(name, () => {
    const machine = boot(4);
    const pages = frames(4).map(() => machine.pages.allocPages(GFP_KERNEL, 0));
    pages[0].flags |= 1 << bit;
    for (const page of pages) machine.pages.freePage(page);
    const [zone] = machine.pages.zones;
    assertEquals(zone.freeCounts().slice(0, 3), [1, 1, 0], "blocks of frame 1, and of 2 and 3");
    machine.pages.freePage(pages[0]);
    assertStrictEquals(machine.log.entries.filter(isBadPage).length, 2, "reports of two attempts");
    assertEquals(drain(machine), [1, 2, 3], "frames that can be had, the leaked one never");
  });
}

Deno.test(
  "freePage() merges no page that is held, when its owner set the buddy flag",
  () => {
    const machine = boot(2);
    const [held, other] = frames(2).map(() => machine.pages.allocPages(GFP_KERNEL, 0));
    held.flags |= 1 << PG_BUDDY;
    machine.pages.freePage(other);
    assertEquals(drain(machine), [other.pfn], "frames that can be had while frame 0 is held");
  },
);

Deno.test("freePage() frees nothing, when the page is another machine's", () => {
  const [machine, another] = [boot(4), boot(4)];
  const foreign = another.pages.allocPages(GFP_KERNEL, 0);
  const held = machine.pages.allocPages(GFP_KERNEL, 0);
  assertThrows(() => machine.pages.freePage(foreign), TypeError, "it is of another machine");
  assertEquals(drain(machine), frames(4, [held.pfn]), "frames that can be had while one is held");
});

Deno.test("freePage() frees with the last reference only, case D5", () => {
  const machine = boot(1);
  const page = machine.pages.allocPages(GFP_KERNEL, 0);
  getPage(page);
  setPagePrivate(page, "kept");
  machine.pages.freePage(page);
  assertEquals([page.count, page.private], [1, "kept"], "count and private of a page still held");
  assertEquals(drain(machine), [], "frames that can be had while the page is held");
  machine.pages.freePage(page);
  assertEquals(drain(machine), [0], "frames that can be had after the second put");
  assertEquals(machine.log.entries, [], "log of an ordinary life");
});

Deno.test("getPage() refuses a page that nobody holds", () => {
  const machine = boot(2);
  const block = machine.pages.allocPages(GFP_KERNEL, 1);
  const tail = machine.pages.zones[0].page(1);
  assertThrows(() => getPage(tail), TypeError, "page 1: nobody holds it", "page inside of a block");
  machine.pages.freePages(block, 1);
  assertThrows(() => getPage(block), TypeError, "page 0: nobody holds it", "page that is free");
  assertStrictEquals(block.count, 0, "count after the refusal");
});
