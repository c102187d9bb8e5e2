/*
 * What is in the directory that a program is recorded to, and what was there before.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { babeltrace, BABELTRACE_MISSING } from "../ctf/babeltrace.ts";
import { record, startRecord, test } from "./recording.ts";
import {
  finish,
  type Finished,
  FOR_EVER,
  hasPrinted,
  lastLine,
  MAIN,
  PROGRAMS,
} from "./support.ts";

test("--flight-recorder writes a snapshot at the end", async (directory) => {
  const args = ["--flight-recorder", "--allow-net", "--out", "t", `${PROGRAMS}hello_server.ts`];
  // A second run replaces what the first has written.
  for (let run = 0; run < 2; run++) {
    const { code, err } = await record(directory, [...args, directory, "0"]);
    assertEquals(code, 0, err);
    const entries = [...Deno.readDirSync(`${directory}/t`)].map(({ name }) => name).sort();
    assertEquals(entries, [".statistics.json", "snapshot-0-unload"]);
    const path = `${directory}/t/snapshot-0-unload`;
    assertStringIncludes(err, `\n  written: 1 snapshot: ${path}\n`);
    assertStringIncludes(err, `\n  babeltrace2 ${path}\n`);
  }
  if (BABELTRACE_MISSING) return;
  const { events } = await babeltrace(`${directory}/t/snapshot-0-unload`);
  assert(events.some(({ name }) => name === "http:server_response"));
});

test("--flight-recorder --json tells the snapshots, also that there are none", async (directory) => {
  const killed = `
    // Killed when it has told figures.
    while (Deno.statSync("t/.statistics.json").size === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    Deno.kill(Deno.pid, "SIGKILL");
  `;
  for (const [program, names] of [["", ["snapshot-0-unload"]], [killed, []]] as const) {
    await Deno.writeTextFile(`${directory}/main.ts`, program);
    const permissions = ["--allow-run", "--allow-read"];
    const args = ["--flight-recorder", ...permissions, "--json", "--out", "t", "main.ts"];
    const { out, err } = await record(directory, args);
    const { snapshots } = JSON.parse(lastLine(out) || JSON.stringify(err));
    assertEquals(snapshots, names.map((name) => `${directory}/t/${name}`));
    assertEquals([...Deno.readDirSync(`${directory}/t`)].map(({ name }) => name).sort(), [
      ".statistics.json",
      ...names,
    ]);
  }
});

test("--max-files keeps the newest, says so, and has few files open", async (directory) => {
  await Deno.writeTextFile(
    `${directory}/main.ts`,
    `for (let n = 0; n < 40; n++) {
      for (let i = 0; i < 100; i++) performance.mark("x".repeat(50));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log(Deno.permissions.querySync({ name: "read" }).state);`,
  );
  const record = `${Deno.execPath()} run --quiet -A ${MAIN} record --cwd ${directory}`;
  const options = "--subbuf-size 4096 --max-file-size 8192 --max-files 20 --no-prompt --out t";
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n 200; exec ${record} ${options} main.ts`],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const { code, out, err } = await finish(child);
  assertEquals([code, out], [0, "prompt\n"], err);
  const [, size, files, path] =
    /^ {2}written: the newest ([\d.]+) KB, in (\d+) files\n\n(?: {2}deno .*\n)+ {2}babeltrace2 (.*)$/m
      .exec(err)!;
  const streams = [...Deno.readDirSync(`${directory}/t`)].map(({ name }) => name)
    .filter((name) => name.startsWith("channel0_"));
  assertEquals([streams.length, path], [Number(files), `${directory}/t`]);
  assert(Number(size) > 100 && Number(size) <= 20 * 8.2, size);
  if (BABELTRACE_MISSING) return;
  const { events, exitCode } = await babeltrace(path);
  assert(exitCode === 0 && events.length > 500, `${events.length} events`);
});

test("refuses a directory that a session writes to, and that goes on", async (directory) => {
  for (const mode of [[], ["--flight-recorder"]]) {
    const args = [...mode, "--out", "t", FOR_EVER];
    const first = startRecord(directory, args);
    await hasPrinted(first);
    const second = await record(directory, args);
    assertEquals([second.code, second.out], [1, ""]);
    assertStringIncludes(second.err, "another session does");
    first.kill("SIGTERM");
    const { code, err } = await finish(first);
    assertEquals(code, 143, err);
    assertStringIncludes(err, "none lost");
  }
});

test("refuses a directory that holds something else, and leaves it alone", async (directory) => {
  await Deno.writeTextFile(`${directory}/thesis.txt`, "years of work");
  const { code, err } = await record(directory, ["--out", ".", FOR_EVER]);
  assertEquals(code, 1);
  assertStringIncludes(err, `it holds "thesis.txt"`);
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["thesis.txt"]);
});

test("gives each trace a directory of its own, however soon they follow", async (directory) => {
  const run = (): Promise<Finished> => record(directory, [`${PROGRAMS}counts.ts`, "5"]);
  for (const { code, err } of [await run(), await run(), ...await Promise.all([run(), run()])]) {
    if (code !== 0) assertStringIncludes(err, "another session does");
  }
  const traces = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assert(traces.length >= 3 && traces.every((name) => name.startsWith("trace-")), `${traces}`);
});

test("records one of two programs to a directory, and tells no figures of the other", async (directory) => {
  for (let tries = 0; tries < 3; tries++) {
    const args = ["--out", "one", "--json", `${PROGRAMS}counts.ts`];
    const both = await Promise.all(
      [10, 20].map((count) => record(directory, [...args, `${count}`])),
    );
    const told = both.filter(({ code }) => code === 0).map(({ out }) => JSON.parse(lastLine(out)));
    assert(told.length > 0, both.map(({ err }) => err).join());
    for (const { err } of both.filter(({ code }) => code !== 0)) {
      assertStringIncludes(err, "Cannot");
    }
    if (BABELTRACE_MISSING || told.length > 1) continue;
    assertEquals((await babeltrace(`${directory}/one`)).events.length, told[0].events);
  }
});
