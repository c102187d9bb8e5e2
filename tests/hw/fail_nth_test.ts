import { __GFP_NOFAIL, type FaultInjection, GFP_KERNEL, KernelError, Machine } from "@ltt/relay/hw";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

function boot(): Machine {
  return new Machine({ nodes: [64], backing: "plain" });
}

/** Asks about `calls` objects and writes down the answers: `.` for served, `F` for refused. */
function answers(faults: FaultInjection, calls: number, gfp = GFP_KERNEL): string {
  return Array.from({ length: calls }, () => faults.failSlab(32, gfp) ? "F" : ".").join("");
}

for (const k of [1, 2, 5]) {
  Deno.test(`failNth() fails object ${k} from now, once`, () => {
    const { failslab } = boot();
    answers(failslab, 3);
    failslab.failNth(k);
    const expected = ".".repeat(k - 1) + "F" + ".".repeat(9 - k);
    assertStrictEquals(answers(failslab, 9), expected, `outcomes after failNth(${k})`);
  });
}

Deno.test("failNth() fails a block of pages with ENOMEM, whatever its order", () => {
  const { failPageAlloc, pages } = boot();
  failPageAlloc.failNth(2);
  pages.allocPages(GFP_KERNEL, 0);
  const call = () => pages.allocPages(GFP_KERNEL, 0);
  const error = assertThrows(call, KernelError, "failed by fault injection");
  assertStrictEquals(error.code, "ENOMEM", "code of the second allocation");
  assertStrictEquals(pages.zones[0].nrFreePages, 63, "free frames after one that succeeded");
  assertStrictEquals(pages.zones[0].counters.numaHit, 1, "hits counted");
  assertStrictEquals(call().order, 0, "order of the third allocation, which is served");
});

Deno.test("failNth() fails even what __GFP_NOFAIL marks", () => {
  const { failslab, failPageAlloc } = boot();
  failslab.failNth(1);
  assertStrictEquals(answers(failslab, 2, GFP_KERNEL | __GFP_NOFAIL), "F.", "objects");
  failPageAlloc.failNth(1);
  const refused = failPageAlloc.failPageAlloc(GFP_KERNEL | __GFP_NOFAIL, 0);
  assertStrictEquals(refused, true, "whether the page was refused");
});

Deno.test("failNth() counts each allocator apart", () => {
  const { failslab, failPageAlloc } = boot();
  failslab.failNth(2);
  failPageAlloc.failPageAlloc(GFP_KERNEL, 0);
  assertStrictEquals(answers(failslab, 3), ".F.", "objects, with a page allocated before");
});

Deno.test("failNth() calls off what was said before, when given 0", () => {
  const { failslab } = boot();
  failslab.failNth(2);
  answers(failslab, 1);
  failslab.failNth(0);
  assertStrictEquals(answers(failslab, 5), ".....", "outcomes after failNth(0)");
});

Deno.test("failNth() counts anew, when called again before its time", () => {
  const { failslab } = boot();
  failslab.failNth(2);
  answers(failslab, 1);
  failslab.failNth(3);
  assertStrictEquals(answers(failslab, 5), "..F..", "outcomes after failNth(3)");
});

Deno.test("failNth() uses up no attribute and logs nothing", () => {
  const { failslab, log } = boot();
  failslab.configure({ probability: 100, times: 2, space: 50, ignoreGfpWait: false });
  const before = failslab.attributes;
  failslab.failNth(1);
  assertStrictEquals(answers(failslab, 1), "F", "outcome of the allocation named");
  assertEquals(failslab.attributes, before, "attributes after it");
  assertEquals(log.entries, [], "log after it");
});

Deno.test("failNth() leaves the attributes in force for the other allocations", () => {
  const { failslab } = boot();
  failslab.configure({ probability: 100, times: 2, ignoreGfpWait: false });
  failslab.failNth(2);
  assertStrictEquals(answers(failslab, 4), "FFF.", "one by failNth() between two by attributes");
});

for (const k of [-1, 0.5, NaN, Infinity]) {
  Deno.test(`failNth() refuses ${k} and keeps what was said before`, () => {
    const { failslab } = boot();
    failslab.failNth(1);
    assertThrows(() => failslab.failNth(k), RangeError, `${k}`);
    assertStrictEquals(answers(failslab, 2), "F.", "outcomes after the refusal");
  });
}
