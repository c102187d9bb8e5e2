/*
 * How a recording ends, and what is said of one that told nothing.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { record, startRecord, test } from "./recording.ts";
import { finish, FOR_EVER, hasPrinted, lastLine, MAIN, PROGRAMS, run } from "./support.ts";

test("--seconds ends a program that does not end", async (directory) => {
  const { code, out, err } = await record(directory, [
    "--json",
    "--seconds",
    "1",
    "--out",
    "t",
    FOR_EVER,
  ]);
  assertEquals(code, 0, err);
  assert(JSON.parse(lastLine(out)).events > 50, out);
});

test("--seconds counts from when the session begins, not from its first figures", async (directory) => {
  // Also where figures of an earlier run are.
  for (const _ of ["first", "again"]) {
    const { code, err } = await record(directory, ["--seconds", "0.2", "--out", "t", FOR_EVER]);
    assertEquals(code, 0, err);
    const figures = await run([
      "--allow-all",
      MAIN,
      "view",
      "--stats",
      "--format",
      "json",
      `${directory}/t`,
    ]);
    const { events, span_ns: span } = JSON.parse(figures.out);
    assert(events > 0 && span < 1e9, figures.out);
  }
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`ends with a summary on ${signal}`, async (directory) => {
    const child = startRecord(directory, ["--json", "--out", "t", FOR_EVER]);
    await hasPrinted(child);
    child.kill(signal);
    const { code, out, err } = await finish(child);
    assertEquals(code, signal === "SIGINT" ? 130 : 143, err);
    assertEquals(JSON.parse(lastLine(out)).lost.full, 0);
  });
}

test("says which patterns fit no event, and ends as the program does", async (directory) => {
  const args = ["--out", "t", "--events", "htp:*,counts:n", `${PROGRAMS}counts.ts`, "5"];
  for (const format of [[], ["--json"]]) {
    const { code, err } = await record(directory, [...format, ...args]);
    assertEquals(code, 0, err);
    const warnings = err.split("\n").filter((line) => line.startsWith("warning: "));
    assertEquals(warnings.length, 1, err);
    assertStringIncludes(warnings[0], 'no event is named "htp:*"; there is http:');
  }
});

test("does not take the figures of an earlier run for this one's", async (directory) => {
  const program = [`${PROGRAMS}counts.ts`, "5"];
  const { code } = await record(directory, ["--out", "t", ...program]);
  assertEquals(code, 0);
  Deno.writeTextFileSync(`${directory}/wrong.ts`, "throw new Error('no hook');");
  const args = ["--out", "t", "--redact", "wrong.ts", ...program];
  const { err } = await record(directory, args);
  assertStringIncludes(err, "the program runs untraced");
  assertStringIncludes(err, "the program told nothing");
});

test("says so when the program cannot be traced, which --seconds ends all the same", async (directory) => {
  const root = new URL("../../../", import.meta.url).pathname;
  // The time counts of a program that has told nothing for ten seconds: of a clock that is fast.
  const flags = ["--allow-all", `--preload=${PROGRAMS}fast_clock.ts`];
  const args = [`--deny-read=${root}relay`, "--out", "t", "--seconds", "1", FOR_EVER];
  const { out, err } = await run([...flags, MAIN, "record", "--cwd", directory, ...args]);
  assertStringIncludes(out, "begun");
  assertStringIncludes(err, "the program runs untraced");
  assertStringIncludes(err, "the program told nothing");
});
