import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { babeltrace, BABELTRACE_MISSING } from "../ctf/babeltrace.ts";
import { CANNOT_RECORD, record, test } from "./recording.ts";
import { lastLine, MAIN, PROGRAMS } from "./support.ts";

test("records a program that has what it was given, and no more", async (directory) => {
  const trace = `${directory}/trace`;
  const args = ["--json", "--out", "trace", "--allow-net", "--no-prompt"];
  const { code, out, err } = await record(directory, [
    ...args,
    `${PROGRAMS}hello_server.ts`,
    trace,
    "7",
  ]);
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
  const { out, err } = await record(directory, [
    ...args,
    "--no-prompt",
    `${PROGRAMS}hello_server.ts`,
    `${directory}/trace`,
    "0",
  ]);
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

test("keeps a permission that covers what the tracer needs", async (directory) => {
  await Deno.writeTextFile(
    `${directory}/here.ts`,
    `console.log(Deno.permissions.querySync({ name: "write", path: "." }).state)`,
  );
  const { out, err } = await record(directory, ["-R=.", "-W=.", "here.ts"]);
  assertEquals(out, "granted\n", err);
});

test("says on standard error what was recorded, and what to type next", async (directory) => {
  const { code, out, err } = await record(directory, [
    "--allow-net",
    `${PROGRAMS}hello_server.ts`,
    directory,
    "0",
  ]);
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
  const { code, err } = await record(directory, args);
  assertEquals(code, 0, err);
  assertStringIncludes(err, "none lost");
  if (BABELTRACE_MISSING) return;
  const { events } = await babeltrace(`${directory}/t`);
  const mark = events.find(({ name }) => name === "performance:mark")!;
  assertEquals(mark.fields.name, "hooked");
});

const hasScript = !CANNOT_RECORD &&
  new Deno.Command("sh", { args: ["-c", "command -v script"], stdout: "null" }).outputSync()
    .success;
test("asks for no permission, on a terminal", async (directory) => {
  await Deno.writeTextFile(`${directory}/plain.ts`, `console.log("done")`);
  const command = `${Deno.execPath()} run --quiet -A ${MAIN} record --cwd ${directory} plain.ts`;
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

test("without a script records the example: two workers, one from half-time on", async (directory) => {
  const { code, out, err } = await record(directory, [
    "--json",
    "--seconds",
    "2",
    "--out",
    "t",
    "--probes",
    "-timer,-loop",
  ]);
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
