import {
  __GFP_NOFAIL,
  FaultInjection,
  GFP_ATOMIC,
  GFP_KERNEL,
  KERN_NOTICE,
  KernelError,
  KernelLog,
  type LogEntry,
  Machine,
} from "@ltt/relay/hw";
import { random32 } from "../../hw/fault_inject.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { assertSpyCalls, spy } from "@std/testing/mock";

const open = { ignoreGfpWait: false, minOrder: 0 };
const message: LogEntry = {
  type: "printk",
  level: KERN_NOTICE,
  text: "FAULT_INJECTION: forcing a failure\n",
};

function boot(seed = 0): Machine {
  return new Machine({ nodes: [4096], backing: "plain", seed });
}

/** Fault injection whose random number is always `random`, with its gates open. */
function injection(random = 0): FaultInjection {
  const faults = new FaultInjection(() => random, new KernelLog());
  faults.configure(open);
  return faults;
}

/** Makes calls and writes down how they went: `.` for served, `F` for failed. */
function outcomes(calls: number, call: () => unknown): string {
  let written = "";
  for (let i = 0; i < calls; i++) {
    try {
      call();
      written += ".";
    } catch (error) {
      assert(error instanceof KernelError && error.code === "ENOMEM", `unexpected: ${error}`);
      written += "F";
    }
  }
  return written;
}

/** Asks `faults` about objects of `size` bytes, as `outcomes`. */
function answers(faults: FaultInjection, calls: number, size = 32, gfp = GFP_KERNEL): string {
  return Array.from({ length: calls }, () => faults.failSlab(size, gfp) ? "F" : ".").join("");
}

const vectors: [string, Parameters<FaultInjection["configure"]>[0], string][] = [
  ["F1, once", { probability: 100, times: 1 }, "F.."],
  ["F2, every third", { probability: 100, times: -1, interval: 3 }, "..F..F."],
  ["F3, twice after 100 bytes", { probability: 100, times: 2, space: 100 }, "...FF."],
  ["F4, space of just the size", { probability: 100, times: -1, space: 32 }, "F"],
  ["F5, never", { probability: 0, times: -1 }, "........"],
  ["interval 0, as 1", { probability: 100, times: -1, interval: 0 }, "FFF"],
  ["no times left", { probability: 100, times: 0 }, "..."],
];

for (const [name, attributes, expected] of vectors) {
  Deno.test(`Slab.kmalloc() fails as configured, case ${name}`, () => {
    const { failslab, slab } = boot();
    failslab.configure({ ...open, ...attributes });
    const seen = outcomes(expected.length, () => slab.kmalloc(32, GFP_KERNEL));
    assertStrictEquals(seen, expected, `outcomes with ${JSON.stringify(attributes)}`);
  });

  Deno.test(`PageAllocator.allocPages() fails as configured, case ${name}`, () => {
    const { failPageAlloc, pages } = boot();
    failPageAlloc.configure({ ...open, ...attributes });
    const seen = outcomes(expected.length, () => pages.allocPages(GFP_KERNEL, 5));
    assertStrictEquals(seen, expected, `outcomes with ${JSON.stringify(attributes)}, 32 pages`);
  });
}

Deno.test("FaultInjection spares odd calls and half of the even ones, case F6", () => {
  const { failslab } = boot();
  failslab.configure({ ...open, interval: 2, probability: 50, times: -1 });
  const seen = answers(failslab, 2000);
  const failed = [0, 1].map((odd) =>
    [...seen].filter((each, i) => i % 2 === odd && each === "F").length
  );
  assertStrictEquals(failed[0], 0, "failures among calls 1, 3, 5, …");
  assert(Math.abs(failed[1] - 500) < 75, `failures among 1000 even calls: ${failed[1]}, not 500`);
});

Deno.test("FaultInjection spares __GFP_NOFAIL with nothing used up, case F7", () => {
  const { failslab, failPageAlloc } = boot();
  for (const faults of [failslab, failPageAlloc]) {
    faults.configure({ ...open, probability: 100, space: 10, interval: 1 });
    const before = faults.attributes;
    assertStrictEquals(faults.failSlab(8, GFP_KERNEL | __GFP_NOFAIL), false, "slab object");
    assertStrictEquals(faults.failPageAlloc(GFP_KERNEL | __GFP_NOFAIL, 3), false, "pages");
    assertEquals(faults.attributes, before, "attributes after calls that were spared");
  }
});

Deno.test("FaultInjection has the kernel's attributes, until configured", () => {
  const numbers = { probability: 0, interval: 1, times: 1, space: 0 };
  const expected = { ...numbers, ignoreGfpWait: true, minOrder: 1 };
  const { failslab, failPageAlloc } = boot();
  assertEquals(failslab.attributes, expected, "attributes of failslab");
  assertEquals(failPageAlloc.attributes, expected, "attributes of failPageAlloc");
});

Deno.test("FaultInjection never fails GFP_KERNEL, until its gates are opened", () => {
  const { failslab, failPageAlloc, slab, pages } = boot();
  failslab.configure({ probability: 100, times: -1 });
  failPageAlloc.configure({ probability: 100, times: -1 });
  assertStrictEquals(outcomes(9, () => slab.kmalloc(8, GFP_KERNEL)), ".........", "objects");
  assertStrictEquals(outcomes(9, () => pages.allocPages(GFP_KERNEL, 3)), ".........", "blocks");
  assertStrictEquals(outcomes(1, () => slab.kmalloc(8, GFP_ATOMIC)), "F", "object, GFP_ATOMIC");
  assertStrictEquals(outcomes(1, () => pages.allocPages(GFP_ATOMIC, 0)), ".", "page, GFP_ATOMIC");
  assertStrictEquals(outcomes(1, () => pages.allocPages(GFP_ATOMIC, 1)), "F", "two, GFP_ATOMIC");
});

Deno.test("FaultInjection.failPageAlloc() spares orders below minOrder, with nothing used up", () => {
  const faults = injection();
  faults.configure({ probability: 100, times: -1, minOrder: 2, space: 5 });
  const seen = [0, 1, 2, 2, 1, 3].map((order) => faults.failPageAlloc(GFP_KERNEL, order));
  assertEquals(seen, [false, false, false, true, false, true], "orders 0, 1, 2, 2, 1, 3");
  assertStrictEquals(faults.attributes.space, 1, "space left of 5 pages after one block of 4");
});

Deno.test("Slab.kmalloc() takes the object's class off space, not the size asked for", () => {
  const { failslab, slab } = boot();
  failslab.configure({ ...open, probability: 100, space: 100 });
  slab.kmalloc(17, GFP_KERNEL);
  assertStrictEquals(failslab.attributes.space, 68, "space left of 100 after 17 bytes in 32");
});

Deno.test("FaultInjection.shouldFail() looks at times before space", () => {
  const faults = injection();
  faults.configure({ probability: 100, times: 0, space: 100 });
  faults.shouldFail(32);
  assertStrictEquals(faults.attributes.space, 100, "space after a call with no times left");
});

Deno.test("FaultInjection.shouldFail() looks at space before interval", () => {
  const faults = injection();
  faults.configure({ probability: 100, times: -1, space: 40, interval: 2 });
  // The first call is paid from space and not counted; were it counted, the second would fail.
  assertStrictEquals(answers(faults, 5), "..F.F", "outcomes with space 40, interval 2, 32 bytes");
  assertStrictEquals(faults.attributes.space, 8, "space left when it is too small");
});

Deno.test("FaultInjection.shouldFail() looks at interval before probability", () => {
  const random = spy(() => 99);
  const faults = new FaultInjection(random, new KernelLog());
  faults.configure({ ...open, probability: 50, times: -1, interval: 3 });
  answers(faults, 7);
  assertSpyCalls(random, 2);
});

Deno.test("FaultInjection.shouldFail() looks at probability before times are used up", () => {
  const log = new KernelLog();
  const faults = new FaultInjection(() => 99, log);
  faults.configure({ ...open, probability: 99, times: 1 });
  assertStrictEquals(answers(faults, 3), "...", "outcomes of 99 per cent against a random 99");
  assertStrictEquals(faults.attributes.times, 1, "times left");
  assertEquals(log.entries, [], "log when nothing failed");
});

for (const [random, expected] of [[49, "F"], [50, "."], [149, "F"], [150, "."]] as const) {
  Deno.test(`FaultInjection.shouldFail() answers "${expected}" at 50 per cent, random ${random}`, () => {
    const faults = injection(random);
    faults.configure({ probability: 50 });
    assertStrictEquals(answers(faults, 1), expected, `outcome of random number ${random}`);
  });
}

Deno.test("FaultInjection.shouldFail() counts on, when interval is changed", () => {
  const faults = injection();
  faults.configure({ probability: 100, times: -1, interval: 3 });
  assertStrictEquals(answers(faults, 2), "..", "calls 1 and 2 of interval 3");
  faults.configure({ interval: 1 });
  assertStrictEquals(answers(faults, 1), "F", "a call that interval 1 does not count");
  faults.configure({ interval: 4 });
  assertStrictEquals(answers(faults, 2), ".F", "calls 3 and 4 of interval 4");
});

Deno.test("FaultInjection.shouldFail() uses up times, but never -1", () => {
  const faults = injection();
  faults.configure({ probability: 100, times: 3 });
  assertStrictEquals(answers(faults, 2), "FF", "two of three");
  assertStrictEquals(faults.attributes.times, 1, "times left of three");
  faults.configure({ times: -1 });
  assertStrictEquals(answers(faults, 5), "FFFFF", "without end");
  assertStrictEquals(faults.attributes.times, -1, "times left of no end");
});

Deno.test("FaultInjection logs a notice for each failure it forces", () => {
  const { failslab, failPageAlloc, log, pages, slab } = boot();
  for (const faults of [failslab, failPageAlloc]) faults.configure({ ...open, probability: 100 });
  outcomes(3, () => slab.kmalloc(8, GFP_KERNEL));
  assertEquals(log.entries, [message], "log after one failure of three objects");
  outcomes(3, () => pages.allocPages(GFP_KERNEL, 0));
  assertEquals(log.entries, [message, message], "log after one failure of three pages");
});

Deno.test("FaultInjection fails the same calls, when the seed is the same", () => {
  const [one, same, other] = [7, 7, 8].map((seed) => {
    const { failslab } = boot(seed);
    failslab.configure({ ...open, probability: 50, times: -1 });
    return answers(failslab, 100);
  });
  assertStrictEquals(same, one, "outcomes of seed 7, twice");
  assert(other !== one, `outcomes of seed 8 should not be those of seed 7: ${other}`);
});

Deno.test("random32() gives the unsigned numbers of mulberry32", () => {
  const expected = [[0, 1144304738, 1416247, 958946056], [1, 2693262067, 11749833, 2265367787]];
  for (const [seed, ...numbers] of expected) {
    const random = random32(seed);
    assertEquals(numbers.map(() => random()), numbers, `first three numbers of seed ${seed}`);
  }
});

const lowest = { probability: 0, interval: 0, times: -1, space: 0, minOrder: 0 };

for (const [name, least] of Object.entries(lowest)) {
  Deno.test(`FaultInjection.configure() sets nothing, when ${name} is no integer from ${least} on`, () => {
    const faults = injection();
    const before = faults.attributes;
    for (const value of [least - 1, 0.5, NaN, Infinity]) {
      const attributes = { probability: 5, interval: 5, times: 5, space: 5, [name]: value };
      const expected = `Cannot set ${name} to ${value}`;
      assertThrows(() => faults.configure(attributes), RangeError, expected);
      assertEquals(faults.attributes, before, `attributes after the refusal of ${value}`);
    }
    faults.configure({ [name]: least });
    assertEquals(faults.attributes, { ...before, [name]: least }, "attributes at the lowest");
  });
}

Deno.test("FaultInjection.attributes is a copy", () => {
  const faults = injection();
  faults.attributes.probability = 100;
  assertStrictEquals(faults.attributes.probability, 0, "probability after its copy was changed");
});

Deno.test("FaultInjection.configure() refuses a name that is no attribute", () => {
  const { failslab } = new Machine({ nodes: [1] });
  const wrong = { propability: 100 } as Record<string, number>;
  assertThrows(() => failslab.configure(wrong), RangeError, "Cannot set propability: no attribute");
});

Deno.test("FaultInjection.nthFromNow counts down to the failure, and is 0 after it", () => {
  const { failslab, slab } = new Machine({ nodes: [1] });
  failslab.failNth(2);
  slab.kmalloc(8, GFP_KERNEL);
  assertStrictEquals(failslab.nthFromNow, 1, "allocations until the failure");
  assertThrows(() => slab.kmalloc(8, GFP_KERNEL));
  assertStrictEquals(failslab.nthFromNow, 0, "allocations until a failure, after it");
});

Deno.test("Machine.snapshot() tells two machines apart that will fail at different times", () => {
  const snapshots = [1, 2].map((calls) => {
    const machine = new Machine({ nodes: [1] });
    machine.failslab.configure({ probability: 100, times: -1, interval: 3 });
    for (let i = 0; i < calls; i++) machine.failslab.shouldFail(8);
    return machine.snapshot().faults.failslab.count;
  });
  assertEquals(snapshots, [1, 2], "calls counted towards the interval");
});
