import { PAGE_SIZE } from "@ltt/relay/hw";
import { RingMemory } from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BOUNCE,
  CPU,
  HEADER_SIZE,
  MAGIC,
  MORE_RUNS,
  N_SUBBUFS_ORDER,
  NEXT,
  OVERWRITE,
  PAGES,
  SUBBUF_ORDER,
  VERSION,
} from "../../../relay/ring/control.ts";
import { ringOf } from "./stored_support.ts";
import { copyRing, MODES, SEVERAL_RUNS, type TestRing } from "./support.ts";

const contradictions: [string, number, number, string][] = [
  ["no magic", MAGIC, 0, "none"],
  ["another version", VERSION, 2, "none"],
  [
    "sub-buffers below a page",
    SUBBUF_ORDER,
    11,
    "the order of its sub-buffers is 11, not 12 to 29",
  ],
  ["sub-buffers of 1 GiB", SUBBUF_ORDER, 30, "the order of its sub-buffers is 30, not 12 to 29"],
  ["one sub-buffer", N_SUBBUFS_ORDER, 0, "the order of their number is 0, not 1 to 18"],
  ["sub-buffers beyond 1 GiB", N_SUBBUFS_ORDER, 19, "the order of their number is 19, not 1 to 18"],
  ["less than no header", HEADER_SIZE, -1, "its header's size is -1, not 0 to 4095"],
  ["a header of a sub-buffer", HEADER_SIZE, PAGE_SIZE, "its header's size is 4096, not 0 to 4095"],
  ["another mode", OVERWRITE, 2, "its mode is 2, not 0 to 1"],
  ["less than CPU 0", CPU, -1, "its CPU is -1, not 0 to"],
  ["a CPU there cannot be", CPU, 1 << 20, "its CPU is 1048576, not 0 to"],
  ["more sub-buffers than records", N_SUBBUFS_ORDER, 6, "its records are cut off"],
];
for (const [what, word, value, message] of contradictions) {
  Deno.test(`RingMemory() refuses a ring with ${what}`, () => {
    using test = ringOf();
    const { byteOffset, buffer } = copyRing(test).control;
    new Int32Array(buffer, byteOffset)[word] = value;
    const error = assertThrows(() => new RingMemory(buffer, byteOffset), TypeError);
    const all = message === "none"
      ? `Cannot look at a ring at ${byteOffset}: there is none of this version`
      : `Cannot look at the ring at ${byteOffset}: ${message}`;
    assertEquals(error.message.slice(0, all.length), all);
  });
}

for (const address of [-PAGE_SIZE, 100, 2 ** 40, NaN]) {
  Deno.test(`RingMemory() refuses address ${address}`, () => {
    using test = ringOf();
    const { buffer } = copyRing(test).control;
    const error = assertThrows(() => new RingMemory(buffer, address), TypeError);
    assertEquals(error.message, `Cannot look at a ring at ${address}: no page of RAM`);
  });
}

for (
  const [pages, what] of [[0, "no pages"], [-1, "less than none"], [2, "more than it has"]] as const
) {
  Deno.test(`RingMemory() refuses a run of ${what}`, () => {
    using test = ringOf();
    const { control: { buffer, byteOffset }, words, records } = copyRing(test);
    words[records[2] + PAGES] = pages;
    const error = assertThrows(() => new RingMemory(buffer, byteOffset), TypeError);
    const why = `sub-buffer 2 has a run of ${pages} pages`;
    assertEquals(error.message, `Cannot look at the ring at ${byteOffset}: ${why}`);
  });
}

Deno.test("RingMemory() refuses a sub-buffer whose other runs have no record", () => {
  using test = ringOf({
    nSubbufs: 2,
    subbufSize: 2 * PAGE_SIZE,
    freeRuns: SEVERAL_RUNS,
  });
  const { control: { buffer, byteOffset }, words, records, runs } = copyRing(test);
  const divided = runs.findIndex((one) => one.length > 1);
  words[records[divided] + MORE_RUNS] = 777;
  const error = assertThrows(() => new RingMemory(buffer, byteOffset), TypeError);
  const why = `sub-buffer ${divided} has no record 777`;
  assertEquals(error.message, `Cannot look at the ring at ${byteOffset}: ${why}`);
});

/** Refuses frames that there are not, or that were claimed already. */
function claimOnce(
  { machine }: TestRing,
): { claimed: string[]; claim: (pfn: number, count: number, use: string) => void } {
  const frames = machine.ram.bytes.length / PAGE_SIZE;
  const used = new Set<number>();
  const claimed: string[] = [];
  return {
    claimed,
    claim(pfn, count, use): void {
      claimed.push(use);
      for (let frame = pfn; frame < pfn + count; frame++) {
        if (!(frame >= 0 && frame < frames) || used.has(frame)) {
          throw new TypeError(`page ${frame}, a ${use}`);
        }
        used.add(frame);
      }
    },
  };
}

Deno.test("RingMemory() tells of each of its frames once", () => {
  for (const mode of MODES) {
    using test = ringOf({ mode, nSubbufs: 64 });
    const { claimed, claim } = claimOnce(test);
    new RingMemory(test.machine.ram.buffer, test.control.byteOffset, claim);
    const counts = (use: string): number => claimed.filter((one) => one === use).length;
    assertEquals(
      [counts("control page"), counts("sub-buffer")],
      mode === "discard" ? [2, 64] : [2, 65],
    );
  }
});

Deno.test("RingMemory() tells of the area in which slots are assembled", () => {
  using test = ringOf({
    nSubbufs: 2,
    subbufSize: 2 * PAGE_SIZE,
    freeRuns: SEVERAL_RUNS,
  });
  assert(test.control[BOUNCE] >= 0, "there is one");
  const { claimed, claim } = claimOnce(test);
  new RingMemory(test.machine.ram.buffer, test.control.byteOffset, claim);
  assertEquals(claimed.at(-1), "bounce area");
});

for (
  const [what, next] of [
    ["go round in a circle", (control: Int32Array) => control.byteOffset / PAGE_SIZE],
    [
      "go on where there is no page",
      (control: Int32Array) => control.buffer.byteLength / PAGE_SIZE,
    ],
    ["go on before the first page", () => -2],
  ] as const
) {
  Deno.test(`RingMemory() lets a claim refuse control pages that ${what}`, () => {
    using test = ringOf();
    const { control } = copyRing(test);
    const pfn = control[NEXT] = next(control);
    const { claim } = claimOnce(test);
    assertThrows(
      () => new RingMemory(control.buffer, control.byteOffset, claim),
      TypeError,
      `page ${pfn}, a control page`,
    );
  });
}
