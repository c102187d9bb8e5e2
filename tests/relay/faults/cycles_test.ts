import { assert, assertEquals } from "@std/assert";
import { runChild } from "../session/support.ts";

const PROGRAM = new URL("./cycles_program.ts", import.meta.url).pathname;

/** Programs run, with a flag for the collector, and look at their own files. */
const ignore = Deno.build.os !== "linux" ||
  Deno.permissions.querySync({ name: "run" }).state !== "granted";

/** Files and threads that the runtime has more at times; one a round would be 200 at least. */
const FEW = 10;

/** What a program does in a round. */
const ROUNDS = [
  // What V8 keeps for itself varies by some 10 KB; an object a round would be 320 KB at least.
  { what: "comes and goes", how: "up and down", rounds: 20_000, bytes: 150_000 },
  // A page a round would be 800 KB.
  { what: "is claimed and released", how: "claim and release", rounds: 200, bytes: 200_000 },
] as const;

/** What a program has after some rounds. */
interface Measured {
  readonly heap: number;
  readonly external: number;
  readonly files: number;
  readonly threads: number;
  readonly logged: number;
  readonly snapshot: unknown;
}

/** Has the program go round, and returns what it had after a few rounds and after many. */
async function measure(how: string, mode: string): Promise<Record<"before" | "after", Measured>> {
  const flags = ["--allow-all", "--v8-flags=--expose-gc"];
  const { code, stdout, stderr } = await runChild(PROGRAM, [how, mode], { flags });
  assertEquals([code, stderr], [0, ""], "the program reads all that each round has written");
  return JSON.parse(stdout);
}

/** Fails if there is so much more of something than before. */
function assertGrowth(what: string, before: number, after: number, limit: number): void {
  assert(after - before < limit, `${what}: ${before}, then ${after}, which is ${limit} more`);
}

for (const mode of ["discard", "overwrite"] as const) {
  for (const { what, how, rounds, bytes } of ROUNDS) {
    Deno.test(`a CPU that ${what} ${rounds} times leaves nothing behind, in ${mode} mode`, {
      ignore,
    }, async () => {
      const { before, after } = await measure(how, mode);
      assertEquals(after.snapshot, before.snapshot, "the machine is as it was");
      assertEquals(after.logged, before.logged, "nothing is logged");
      assertGrowth("open files", before.files, after.files, FEW);
      assertGrowth("threads", before.threads, after.threads, FEW);
      assertGrowth("bytes of the heap", before.heap, after.heap, bytes);
      assertGrowth("bytes outside the heap", before.external, after.external, bytes);
    });
  }
}
