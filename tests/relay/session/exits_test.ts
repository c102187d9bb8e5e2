import { assert, assertEquals } from "@std/assert";
import { beside, ignore, range, readTrace, runChild, TempDirectory } from "./support.ts";

const PROGRAM = beside("exit_program.ts");

/** How the program ends, and the numbers it records until then. */
const ENDS: Readonly<Record<string, readonly number[]>> = {
  "end": [...range(0, 100), 101, 100],
  "Deno.exit": range(0, 100),
  "process.exit": range(0, 101),
  "uncaught": range(0, 100),
  "top-level throw": range(0, 100),
  "unhandled rejection": range(0, 100),
  "prevented": range(0, 200),
  "SIGINT": range(0, 100),
  "SIGTERM": range(0, 100),
  "own listener": range(0, 102),
  "own listener, added first": range(0, 102),
  "own listener that ends at once": range(0, 101),
  "listener taken away": range(0, 100),
  "process listener": range(0, 101),
};

for (const [how, numbers] of Object.entries(ENDS)) {
  Deno.test(`a program that ends by "${how}" has all written, and ends as without a session`, {
    ignore,
  }, async () => {
    using directory = new TempDirectory();
    const output = `${directory.path}/trace`;
    const [plain, traced] = await Promise.all([
      runChild(PROGRAM, [how]),
      runChild(PROGRAM, [how, output]),
    ]);
    assertEquals(traced, plain);
    const trace = await readTrace(output);
    assertEquals(trace.numbers.get(0), numbers);
    assertEquals(trace.discarded, []);
  });
}

Deno.test("Deno.exit() behind a close() that is not awaited waits for it", { ignore }, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const begin = performance.now();
  const { code, stderr } = await runChild(PROGRAM, ["close, not awaited", output]);
  assert(performance.now() - begin < 5000, "at once");
  assertEquals({ code, stderr }, { code: 7, stderr: "" });
  assertEquals((await readTrace(output)).events, []);
});

Deno.test("Deno.exit() while a worker is busy: all it had recorded is written", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const { code, stdout, stderr } = await runChild(PROGRAM, ["worker", output]);
  assertEquals({ code, stderr }, { code: 3, stderr: "" });
  const said = Number(stdout);
  const numbers = (await readTrace(output)).numbers.get(1)!;
  assert(said >= 1000 && numbers.length >= said, `${numbers.length} of ${said}`);
  assertEquals(numbers, range(0, numbers.length));
});
