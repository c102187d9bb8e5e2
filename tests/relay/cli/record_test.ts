import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { babeltrace, BABELTRACE_MISSING } from "../ctf/babeltrace.ts";

const main = new URL("../../../relay/cli/mod.ts", import.meta.url).pathname;
const programs = new URL("./programs/", import.meta.url).pathname;

const forEver = `${programs}for_ever.ts`;

const needed = ["run", "read", "write", "net", "env", "ffi"] as const;
const isForbidden = needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function start(directory: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", main, "record", "--cwd", directory, ...args],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

async function finish(child: Deno.ChildProcess): Promise<Finished> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** A test in a folder of its own, which is gone afterwards. */
function test(name: string, body: (directory: string) => Promise<void>, ignore = false): void {
  Deno.test({
    name: `deno task record ${name}`,
    ignore: isForbidden || ignore,
    async fn() {
      const directory = await Deno.realPath(await Deno.makeTempDir());
      try {
        await body(directory);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)!;
}

test("records a program that has what it was given, and no more", async (directory) => {
  const trace = `${directory}/trace`;
  const args = ["--json", "--out", "trace", "--allow-net", "--no-prompt"];
  const { code, out, err } = await finish(
    start(directory, [...args, `${programs}hello_server.ts`, trace, "7"]),
  );
  assertEquals(code, 7, err);
  const [answer, permissions] = out.split("\n");
  assertEquals(answer, "you asked for ?token=secret");
  assertEquals(JSON.parse(permissions), ["granted", ...new Array(5).fill("prompt")]);
  const summary = JSON.parse(lastLine(out));
  assertEquals(Object.keys(summary), ["trace", "events", "lost", "bytes", "clock", "cpus"]);
  assertEquals([summary.trace, summary.clock], [trace, "clock_gettime"]);
  const { cpu, events, lost, bytes } = summary.cpus[0];
  assertEquals([summary.cpus.length, cpu, lost], [1, 0, 0]);
  assertEquals([events, bytes], [summary.events, summary.bytes]);

  const entries = [...Deno.readDirSync(trace)].map(({ name }) => name).sort();
  assertEquals(entries, [".statistics.json", "channel0_0", "metadata"]);
  for (const name of entries) {
    assertEquals(Deno.statSync(`${trace}/${name}`).mode! & 0o777, 0o600, name);
  }
  if (BABELTRACE_MISSING) return;
  const { events: read, exitCode } = await babeltrace(trace);
  assertEquals([exitCode, read.length], [0, summary.events]);
  const request = read.find(({ name }) => name === "http:server_request")!;
  assertStringIncludes(String(request.fields.url), "/page");
  assert(
    !JSON.stringify(read, (_, value) => typeof value === "bigint" ? `${value}` : value)
      .includes("pass@"),
    "credentials are in the trace",
  );
  assert(!String(request.fields.url).includes("token"), "the query is in the trace");
});

test("keeps what the user gave, also if the tracer needs the same", async (directory) => {
  const args = [
    "--json",
    "--out",
    "trace",
    "-RW",
    "--allow-ffi=/nowhere",
    "-N",
    "-E=HOME,LTT_RELAY_OUT",
  ];
  const { out, err } = await finish(
    start(directory, [
      ...args,
      "--no-prompt",
      `${programs}hello_server.ts`,
      `${directory}/trace`,
      "0",
    ]),
  );
  assertEquals(JSON.parse(out.split("\n")[1] || "[]"), [
    "granted",
    "granted",
    "granted",
    "prompt",
    "granted",
    "granted",
  ], err);
  // The library alone can be opened then, and the cheap clock read.
  assertEquals(JSON.parse(lastLine(out)).clock, "clock_gettime");
});

test("says on standard error what was recorded, and what to type next", async (directory) => {
  const { code, out, err } = await finish(
    start(directory, ["--allow-net", `${programs}hello_server.ts`, directory, "0"]),
  );
  assertEquals([code, out.split("\n").length], [0, 3], err);
  assertMatch(err, /^ {2}http:server_request +1 +\d+ +0$/m);
  assertStringIncludes(err, "none lost; clock: clock_gettime");
  const [, path] = /^ {2}babeltrace2 (.*)$/m.exec(err)!;
  assert(path.startsWith(`${directory}/trace-`), path);
  assert(Deno.statSync(`${path}/metadata`).isFile);
});

test("--redact takes a module that imports others, and asks for nothing", async (directory) => {
  const files = {
    "hook.js": `export { default } from "./helper.js";`,
    "helper.js": `export default (kind, value) => kind === "name" ? "hooked" : undefined;`,
    "main.js": `performance.mark("secret");`,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${directory}/${name}`, text);
  }
  const args = ["--redact", "hook.js", "--no-prompt", "--out", "t", "main.js"];
  const { code, err } = await finish(start(directory, args));
  assertEquals(code, 0, err);
  assertStringIncludes(err, "none lost");
  if (BABELTRACE_MISSING) return;
  const { events } = await babeltrace(`${directory}/t`);
  const mark = events.find(({ name }) => name === "performance:mark")!;
  assertEquals(mark.fields.name, "hooked");
});

test("--seconds ends a program that does not end", async (directory) => {
  const { code, out, err } = await finish(
    start(directory, ["--json", "--seconds", "1", "--out", "t", forEver]),
  );
  assertEquals(code, 0, err);
  assert(JSON.parse(lastLine(out)).events > 50, out);
});

test("keeps a permission that covers what the tracer needs", async (directory) => {
  await Deno.writeTextFile(
    `${directory}/here.ts`,
    `console.log(Deno.permissions.querySync({ name: "write", path: "." }).state)`,
  );
  const { out, err } = await finish(start(directory, ["-R=.", "-W=.", "here.ts"]));
  assertEquals(out, "granted\n", err);
});

test("does not take the figures of an earlier run for this one's", async (directory) => {
  await finish(start(directory, ["--seconds", "1", "--out", "t", forEver]));
  const { err } = await finish(
    start(directory, ["--seconds", "1", "--out", "t", "--redact", "no_such.ts", forEver]),
  );
  assertStringIncludes(err, "the program runs untraced");
  assertStringIncludes(err, "the program told nothing");
});

const hasScript = !isForbidden &&
  new Deno.Command("sh", { args: ["-c", "command -v script"], stdout: "null" }).outputSync()
    .success;
test("asks for no permission, on a terminal", async (directory) => {
  await Deno.writeTextFile(`${directory}/plain.ts`, `console.log("done")`);
  const command = `${Deno.execPath()} run --quiet -A ${main} record --cwd ${directory} plain.ts`;
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  const out = new TextDecoder().decode((await child.output()).stdout);
  assertStringIncludes(out, "none lost");
  assert(!out.includes("requests"), out);
}, !hasScript);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`ends with a summary on ${signal}`, async (directory) => {
    const child = start(directory, ["--json", "--out", "t", forEver]);
    const [watched, kept] = child.stdout.tee();
    const reader = watched.getReader();
    await reader.read();
    reader.releaseLock();
    child.kill(signal);
    const out = await new Response(kept).text();
    const { code } = await child.status;
    await Promise.all([watched.cancel(), child.stderr.cancel()]);
    assertEquals(code, signal === "SIGINT" ? 130 : 143);
    assertEquals(JSON.parse(lastLine(out)).lost.full, 0);
  });
}

test("without a script records the example: two workers, one from half-time on", async (directory) => {
  const { code, out, err } = await finish(
    start(directory, ["--json", "--seconds", "2", "--out", "t", "--probes", "-timer,-loop"]),
  );
  assertEquals(code, 0, err);
  const summary = JSON.parse(lastLine(out));
  assertEquals(summary.cpus.map(({ cpu }: { cpu: number }) => cpu), [0, 1, 2]);
  if (BABELTRACE_MISSING) return;
  const { events, exitCode } = await babeltrace(`${directory}/t`);
  assertEquals([exitCode, events.length], [0, summary.events]);
  assert(events.some(({ name }) => name === "shop:visit"), "its own tracepoint");
  assert(!events.some(({ name }) => /^(timer|loop):/.test(name)), "groups that were switched off");
  const begin = (cpu: number): number =>
    Number(events.find(({ packetContext }) => packetContext!.cpu_id === cpu)!.timestampNs / 1000n);
  assert(begin(2) - begin(1) > 500_000, "the second worker comes later");
});

test("--flight-recorder writes a snapshot at the end", async (directory) => {
  const args = ["--flight-recorder", "--allow-net", "--out", "t", `${programs}hello_server.ts`];
  // A second run replaces what the first has written.
  for (let run = 0; run < 2; run++) {
    const { code, err } = await finish(start(directory, [...args, directory, "0"]));
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
  const endings = [["", ["snapshot-0-unload"]], [`Deno.kill(Deno.pid, "SIGKILL")`, []]] as const;
  for (const [ending, names] of endings) {
    const program = `setTimeout(() => { ${ending} }, 1500);`;
    await Deno.writeTextFile(`${directory}/main.ts`, program);
    const args = ["--flight-recorder", "--allow-run", "--json", "--out", "t", "main.ts"];
    const { out, err } = await finish(start(directory, args));
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
  const record = `${Deno.execPath()} run --quiet -A ${main} record --cwd ${directory}`;
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
    const args = [...mode, "--out", "t", "--seconds", "3", forEver];
    const first = start(directory, args);
    const reader = first.stdout.getReader();
    await reader.read();
    reader.releaseLock();
    const second = await finish(start(directory, args));
    assertEquals([second.code, second.out], [1, ""]);
    assertStringIncludes(second.err, "another session does");
    const { code, err } = await finish(first);
    assertEquals(code, 0);
    assertStringIncludes(err, "none lost");
  }
});

test("refuses a directory that holds something else, and leaves it alone", async (directory) => {
  await Deno.writeTextFile(`${directory}/thesis.txt`, "years of work");
  const { code, err } = await finish(
    start(directory, ["--out", ".", forEver]),
  );
  assertEquals(code, 1);
  assertStringIncludes(err, `it holds "thesis.txt"`);
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["thesis.txt"]);
});

test("says so when the program cannot be traced or does not exist", async (directory) => {
  const { code, err } = await finish(start(directory, ["--out", "t", "no_such_script.ts"]));
  assertEquals(code, 1);
  assertStringIncludes(err, "no_such_script.ts");
  const root = new URL("../../../", import.meta.url).pathname;
  const denied = await finish(
    start(directory, [`--deny-read=${root}relay`, "--out", "t", "--seconds", "1", forEver]),
  );
  assertStringIncludes(denied.out, "begun");
  assertStringIncludes(denied.err, "the program runs untraced");
  assertStringIncludes(denied.err, "the program told nothing");
});

for (
  const [option, value, message] of [
    ["--subbufs", "3", "nSubbufs is 3, not a power of two from 2 on"],
    ["--probes", "nope", `Cannot install probes "nope"`],
    ["--context", "host", `no context "host"`],
    ["--cpus", "0", "maxCpus is 0"],
    ["--max-files", "2", "maxFiles is 2, but no maxFileSize says when a file is full"],
  ]
) {
  test(`refuses ${option} ${value} before the program runs`, async (directory) => {
    const { code, out, err } = await finish(start(directory, [option, value, forEver]));
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, message);
  });
}

test("ends with one line for arguments it does not understand", async (directory) => {
  const { code, out, err } = await finish(start(directory, ["--seconds", "never", "s.ts"]));
  assertEquals([code, out], [1, ""]);
  assertEquals(err, "error: Cannot use --seconds never: not a number above 0\n");
});

test("gives each trace a directory of its own, however soon they follow", async (directory) => {
  const run = (): Promise<Finished> => finish(start(directory, [`${programs}counts.ts`, "5"]));
  for (const { code, err } of [await run(), await run(), ...await Promise.all([run(), run()])]) {
    if (code !== 0) assertStringIncludes(err, "another session does");
  }
  const traces = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assert(traces.length >= 3 && traces.every((name) => name.startsWith("trace-")), `${traces}`);
});

test("records one of two programs to a directory, and tells no figures of the other", async (directory) => {
  for (let tries = 0; tries < 3; tries++) {
    const args = ["--out", "one", "--json", `${programs}counts.ts`];
    const both = await Promise.all(
      [10, 20].map((count) => finish(start(directory, [...args, `${count}`]))),
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

test("refuses a directory to start from that is not there, and makes none", async (directory) => {
  const { code, err } = await finish(start(`${directory}/none`, [forEver]));
  assertEquals([code, err], [1, `error: Cannot record in ${directory}/none: it is not there\n`]);
  assertEquals([...Deno.readDirSync(directory)], []);
});
