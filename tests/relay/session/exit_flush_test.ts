import { assertEquals, assertMatch } from "@std/assert";
import { beside, ignore, runChild, TempDirectory } from "./support.ts";

const PROGRAM = beside("stuck_program.ts");

Deno.test("a process that ends does not wait for ever for a thread that is stuck, and says so", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const { code, stdout, stderr } = await runChild(PROGRAM, ["exit", `${directory.path}/trace`]);
  assertEquals([code, stdout], [0, "false false\n"]);
  // What was said is not said again.
  assertMatch(
    stderr,
    /^ltt-relay: Cannot write the trace within 0\.05 s: the last of 40 events .*\nltt-relay: 7 events lost \(.*\)\n$/,
  );
});

Deno.test("a signal ends a process whose session's thread is stuck", { ignore }, async () => {
  using directory = new TempDirectory();
  const { code, stdout, stderr } = await runChild(PROGRAM, ["signal", `${directory.path}/trace`]);
  assertEquals([code, stdout], [130, "waits 10 s\n"]);
  assertMatch(stderr, /^ltt-relay: Cannot write the trace within 10 s: .*\n/);
});
