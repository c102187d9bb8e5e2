/*
 * What was recorded with `record --black-box`, and is recovered as that says.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ignoreReading } from "../blackbox/support.ts";
import { filesIn } from "../files.ts";
import { range } from "../session/support.ts";
import { numbersOf, recover, stateOf, test } from "./recovering.ts";
import { MAIN, PROGRAMS, run } from "./support.ts";

test(
  "completes what record has written of a program that was killed, as record says",
  async (directory) => {
    const record = [MAIN, "record", "--black-box", "box", "--out", "trace", "--allow-run"];
    const args = ["--allow-all", ...record, `${PROGRAMS}killed.ts`, "5000"];
    const recorded = await run(args, directory);
    assertEquals([recorded.code, recorded.out], [137, "counted\n"], recorded.err);
    const hint =
      `  The program ended before all was written. What it had recorded is in the black box:\n\n` +
      `  deno run -A ${MAIN} recover ${directory}/box --out ${directory}/trace\n`;
    assertStringIncludes(recorded.err, hint);
    assertEquals(stateOf(`${directory}/box`), "holds a trace");

    const { code, out, err } = await recover(directory, [
      `${directory}/box`,
      "--out",
      `${directory}/trace`,
    ]);
    assertEquals([code, out], [0, ""], err);
    assertMatch(err, /^ {2}of process \d+, which began at \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
    assertMatch(err, /^ {2}trace got \d+ packets?, and is complete now$/m);
    assertStringIncludes(err, "; no slot reserved and not committed; none lost\n");
    assertStringIncludes(err, "\n  babeltrace2 trace\n");
    assertEquals(await numbersOf(`${directory}/trace`, "counts:n"), range(0, 5000));
    assertEquals(stateOf(`${directory}/box`), "recovered");
    const streams = [...filesIn(`${directory}/trace`)].filter(([name]) =>
      name.startsWith("channel")
    );
    assertEquals(
      streams.filter(([, { length }]) => length === 0),
      [],
      "no files of streams not had",
    );

    const before = filesIn(`${directory}/trace`);
    const again = await recover(directory, ["box", "--out", "trace"]);
    assertEquals(again.code, 0, again.err);
    assertStringIncludes(again.err, "  trace got 0 packets");
    assertEquals(filesIn(`${directory}/trace`), before, "twice is as once");
  },
  ignoreReading,
);

test("makes a trace of a flight recorder that was killed, as record says", async (directory) => {
  const record = [MAIN, "record", "--flight-recorder", "--black-box", "box", "--out", "trace"];
  const args = ["--allow-all", ...record, "--allow-run", `${PROGRAMS}killed.ts`, "5000"];
  const recorded = await run(args, directory);
  assertStringIncludes(recorded.err, `\n\n  deno run -A ${MAIN} recover ${directory}/box\n`);
  const { code, err } = await recover(directory, ["box"]);
  assertEquals(code, 0, err);
  assertStringIncludes(err, "\n  babeltrace2 box-trace\n");
  assertEquals(await numbersOf(`${directory}/box-trace`, "counts:n"), range(0, 5000));
  const snapshots = [...Deno.readDirSync(`${directory}/trace`)].filter((one) => one.isDirectory);
  assertEquals(snapshots, [], "it had no time for one");
  const there = await recover(directory, ["box", "--out", "trace"]);
  assertEquals(there.code, 0, there.err);
  assertEquals(await numbersOf(`${directory}/trace`, "counts:n"), range(0, 5000), "in its place");
}, ignoreReading);

test("makes a trace of its own of streams that were rotated, as record says", async (directory) => {
  const rotated = ["--max-file-size", "65536", "--out", "trace", "--allow-run"];
  const args = ["--allow-all", MAIN, "record", "--black-box", "the box", ...rotated];
  const recorded = await run([...args, `${PROGRAMS}killed.ts`, "100"], directory);
  assertStringIncludes(recorded.err, `\n\n  deno run -A ${MAIN} recover '${directory}/the box'\n`);
  // It may have been killed before it had written to one.
  Deno.openSync(`${directory}/trace/channel0_0_0`, { create: true, write: true }).close();
  const refused = await recover(directory, ["the box", "--out", "trace"]);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.err, "its streams are in several files each");
  const { code, err } = await recover(directory, ["the box"]);
  assertEquals(code, 0, err);
  assertEquals(await numbersOf(`${directory}/the box-trace`, "counts:n"), range(0, 100));
}, ignoreReading);

test("leaves a black box that record uses again", async (directory) => {
  const record = ["--allow-all", MAIN, "record", "--black-box", "box", "--out", "trace"];
  const args = [...record, "--allow-run", `${PROGRAMS}killed.ts`, "10"];
  assertEquals((await run(args, directory)).code, 137);
  const refused = await run(args, directory);
  assertEquals([refused.code, refused.out], [1, ""]);
  const why = "it holds a trace that was not recovered: recover it, or remove it";
  assertStringIncludes(refused.err, `cannot make black box ${directory}/box: ${why}`);
  assertEquals((await recover(directory, ["box", "--out", "trace"])).code, 0);
  assertEquals((await run(args, directory)).code, 137);
});
