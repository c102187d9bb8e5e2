import { assert, assertThrows } from "@std/assert";
import { changedWriter, diesAnywhere, shippedWriter } from "./crash.ts";
import { type Program, programs } from "./crash_programs.ts";
import { type Patch, stepCode } from "./step_code.ts";

for (const [what, program] of Object.entries(programs)) {
  for (const mode of ["discard", "overwrite"] as const) {
    for (const headerSize of [0, 8]) {
      const name = `${what}, ${mode} mode, headers of ${headerSize} bytes`;
      Deno.test(`takeOver() repairs the ring, whatever step its thread died at: ${name}`, () => {
        const shape = { nSubbufs: 2, mode, headerSize };
        const steps = diesAnywhere({ shape, program, heir: shippedWriter });
        assert(steps > 60, `only ${steps} steps`);
      });
    }
  }
}

/** What was done to the repair, and the error that shows it. */
interface Breakage {
  readonly what: string;
  readonly patch: Patch;
  readonly program: Program;
  readonly error: string;
}

const repairs = (from: string, to: string): Patch => ({ file: "repair.ts", from, to });
const breakages: readonly Breakage[] = [
  {
    what: "a sub-buffer that was being opened is not begun anew",
    patch: repairs("subbufs.begin(opened);", ""),
    program: programs["events one after the other"],
    error: "number of the sub-buffer",
  },
  {
    what: "a sub-buffer that was being closed is not",
    patch: repairs("(switching === CLOSING && !isDelivered(opened))", "false"),
    program: programs["events one after the other"],
    error: "event 0 of sub-buffer 0 is not there",
  },
  {
    what: "a sub-buffer all of which is committed is not delivered",
    patch: repairs("        subbufs.deliver(trunc, count);\n", ""),
    program: programs["nested events across sub-buffers"],
    error: "event 0 of sub-buffer 0 is not there",
  },
  {
    what: "events committed behind an open slot are not counted",
    patch: repairs("lost += readOnce(words, record + HELD);", ""),
    program: programs["a nested event in the same sub-buffer"],
    error: "1 events are counted as torn, 2 are",
  },
  {
    what: "a sub-buffer that was cut off keeps its commit count",
    patch: repairs("writeOnce(words, record + COMMIT_COUNT, geometry.lap(trunc) + dataSize);", ""),
    program: programs["a nested event in the same sub-buffer"],
    error: "is refused: -2",
  },
];

for (const { what, patch, program, error } of breakages) {
  Deno.test(`takeOver() is found to leave a ring broken, when ${what}`, () => {
    const shape = { nSubbufs: 2, mode: "overwrite", headerSize: 8 } as const;
    const heir = changedWriter(stepCode(patch));
    assertThrows(() => diesAnywhere({ shape, program, heir }, 40), Error, error);
  });
}
