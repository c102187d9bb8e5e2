import { assertEquals, assertStringIncludes } from "@std/assert";
import { BoxFile } from "../../../relay/blackbox/mod.ts";
import { recoveredText } from "../../../relay/cli/recovered.ts";
import { killedNow, ManualCpu, recoverTo } from "../blackbox/boxes.ts";
import { BoxDirectory, ignore } from "../blackbox/support.ts";
import { numbered } from "../session/support.ts";

Deno.test("recoveredText() prints names that would move a cursor harmlessly", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session);
  using manual = new ManualCpu(session, "\x1b]0;owned\x07\x9b2J\r\nmain");
  manual.event(1);
  const file = killedNow(directory);
  manual[Symbol.dispose]();
  await session.close();
  const found = recoverTo(file, directory.trace);
  const { facts } = new BoxFile(file, false).info;
  const hostile = { ...facts, startedAt: "\x1b[2Jnow", output: "/tmp/\x1b[2J" };
  const faults = ["CPU 3: \x1b[31mred\x9b"];
  const text = recoveredText("trace", hostile, { ...found, faults, faultCount: 1 }, null);
  // deno-lint-ignore no-control-regex
  const controls = text.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g);
  assertEquals(controls, null, JSON.stringify(text));
  assertStringIncludes(text, "?]0;owned??2J??main");
  assertStringIncludes(text, "damaged, left out: CPU 3: ?[31mred?");
});

for (
  const [mode, output, isCompleted] of [
    ["continuous", "/traces/t", true],
    ["continuous", "net://host", false],
    ["continuous", null, false],
    // What is there are snapshots, each a trace of its own.
    ["flight-recorder", "/traces/t", false],
  ] as const
) {
  const what = `${mode} to ${output}`;
  Deno.test(`recoveredText() names a trace only where --out completes one: ${what}`, () => {
    const facts = { pid: 7, startedAt: "now", mode, output, nodes: [16] };
    const found = { streams: [], faults: [], faultCount: 0, isAll: true };
    const text = recoveredText("t", facts, found, null);
    assertEquals(text.includes("--out there completes that"), isCompleted, text);
  });
}

Deno.test("recoveredText() tells the first faults, and how many more there are", () => {
  const facts = { pid: 7, startedAt: "now", mode: "continuous", output: null, nodes: [16] };
  const faults = ["CPU 0: this", "CPU 1: that"];
  const found = { streams: [], faults, faultCount: 5, isAll: true };
  const text = recoveredText("my trace", facts, found, null);
  const told =
    "\n  damaged, left out: CPU 0: this\n  damaged, left out: CPU 1: that\n  and 3 more\n";
  assertStringIncludes(text, told);
  assertStringIncludes(text, "\n  babeltrace2 'my trace'\n");
});
