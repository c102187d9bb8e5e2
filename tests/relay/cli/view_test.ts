import { TraceSession } from "@ltt/relay/session";
import { i32, string } from "@ltt/relay/trace";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EXPRESSION_HELP } from "../../../relay/view/expression_help.ts";
import { startSession, TempDirectory } from "../session/support.ts";
import { writeHandMade } from "../view/hand_made_trace.ts";
import { MAIN, run } from "./support.ts";
import { ignore, requests, start, view } from "./view_support.ts";

Deno.test("view() shows a table, without colours and titles in a pipe", { ignore }, async () => {
  using directory = new TempDirectory();
  const { code, out, err } = await view([await requests(directory, 3)]);
  assertEquals([code, err], [0, ""]);
  const rows = out.split("\n");
  assertEquals(rows.length, 7);
  assertMatch(rows[0], /^ +\d\.\d{9} {12}0 http:server_request {2}request=1 url="\/page\/1"$/);
  assertMatch(rows[5], /^ +\d\.\d{9} +\S+[nµm]s {3}0 http:server_response request=3 status=203$/);
});

Deno.test("view() shows lines of JSON", { ignore }, async () => {
  using directory = new TempDirectory();
  const { out } = await view(["--format", "json", await requests(directory, 3)]);
  const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ fields }) => fields.request), [1, 1, 2, 2, 3, 3]);
  assert(Number(lines[0].time) > 1e18);
});

const chosen: [readonly string[], unknown[], missing?: string][] = [
  [["--event", "*request"], [1, 2, 3, 4]],
  [
    ["--event", "http:server_response,gc*", "--event", "*request"],
    [1, 1, 2, 2, 3, 3, 4, 4],
    'named "gc*"',
  ],
  [["--where", "status > 202"], [3, 4]],
  [["--where", 'url =~ "*3" || status == 201'], [1, 3]],
  [["--where", '"PAGE/2" || "204"'], [2, 4]],
  [["--where", "duration >= 0 && status != 203", "--event", "*response"], [1, 2, 4]],
  [["--cpu", "1-3"], [], "of CPU 1-3; there is 0"],
  [["--from", "1h"], []],
  [["--to", "0"], []],
  [["--from", "0", "--to", "1h", "--event", "*response"], [1, 2, 3, 4]],
  [["--from", "2000-01-01", "--to", "2001-01-01"], []],
  [["--from", "-1h", "--where", "request == 2 && status > 0"], [2]],
];
for (const [options, expected, missing] of chosen) {
  Deno.test(`view() chooses by ${options.join(" ")}`, { ignore }, async () => {
    using directory = new TempDirectory();
    const args = ["--format=json", ...options, await requests(directory, 4)];
    const { code, out, err } = await view(args);
    const lines = out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    const warning = missing === undefined ? "" : `warning: no event is ${missing}\n`;
    assertEquals([lines.map(({ fields }) => fields.request), err, code], [expected, warning, 0]);
  });
}

Deno.test("view() knows how long what has ended behind --from lasted, though it began before", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const trace = await requests(directory, 4);
  const { out } = await view(["--format=json", "--event", "*response", trace]);
  const [, second] = out.split("\n").map((line) => /"s":([\d.]+)/.exec(line)?.[1]);
  const args = ["--format=json", "--from", `${second}s`, "--where", "duration >= 0", trace];
  const lines = (await view(args)).out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ fields }) => fields.request), [2, 3, 4]);
});

Deno.test("view() merges several traces by time", { ignore }, async () => {
  using directory = new TempDirectory();
  const [first, second] = ["a/b", "c"].map((name) => `${directory.path}/${name}`);
  const base = 1_700_000_000_000_000_000n;
  writeHandMade(first, { fields: "uint8_t a;", payloads: [[1], [3]], beginNs: base });
  writeHandMade(second, { fields: "uint8_t c;", payloads: [[2], [4]], beginNs: base + 500n });
  const named = (text: string): string[] => [...text.matchAll(/[ac]=\d/g)].map(([one]) => one);
  const expected = ["a=1", "c=2", "a=3", "c=4"];
  // Of one number they would be parts of one trace.
  const metadata = Deno.readTextFileSync(`${second}/metadata`);
  Deno.writeTextFileSync(`${second}/metadata`, metadata.replace("12345678-", "22345678-"));
  const bytes = Deno.readFileSync(`${second}/stream_0`);
  bytes[4] = 0x22;
  Deno.writeFileSync(`${second}/stream_0`, bytes);
  assertEquals(named((await view([directory.path])).out), expected, "one directory with both");
  assertEquals(named((await view([second, first])).out), expected, "both directories");
});

Deno.test(
  "view() tells of several traces which one each line and CPU is of",
  { ignore },
  async () => {
    using directory = new TempDirectory();
    const paths: string[] = [];
    for (const name of ["x/one", "y/one"]) {
      Deno.mkdirSync(`${directory.path}/${name}`, { recursive: true });
      const output = `${directory.path}/${name}`;
      const session = await TraceSession.start({ output, subbufSize: 4096, handlesExit: false });
      session.tracepoint("n", i32("n"))(paths.length);
      session.tracepoint("big", string("text"))("x".repeat(5000));
      await session.close();
      paths.push(output);
    }
    const { out } = await view(paths);
    const rows = out.split("\n").filter((row) => row.includes("n=")).map((row) => row.trim());
    assertMatch(rows[0], /^0\.\d{9} +x\/one {3}0 n +n=0$/);
    assertMatch(rows[1], /^\d\.\d{9} +\S+ y\/one {3}0 n +n=1$/);
    assertMatch(out, / x\/one +\*\*\* 1 event lost on CPU 0 /);
    const json = (await view(["--format", "json", ...paths])).out.trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    const told = json.map(({ trace, lost, fields }) => [trace, lost ?? fields.n]);
    assertEquals(told.sort(), [["x/one", 0], ["x/one", 1], ["y/one", 1], ["y/one", 1]]);
    const figures = (await view(["--stats", ...paths])).out;
    assertStringIncludes(figures, " on 2 CPUs");
    assertMatch(figures, /^ {2}trace +CPU +events +lost /m);
    for (const name of ["x/one", "y/one"]) {
      assertMatch(figures, new RegExp(`^ {2}${name} +0 +1 +1 `, "m"));
    }
    const { cpus } = JSON.parse((await view(["--stats", "--format=json", ...paths])).out);
    assertEquals(cpus.map(({ trace, cpu }: Record<string, unknown>) => [trace, cpu]), [
      ["x/one", 0],
      ["y/one", 0],
    ]);
    const followed = await view(["--follow", "--format", "json", ...paths]);
    const names = followed.out.trimEnd().split("\n").map((line) => JSON.parse(line).trace);
    assertEquals(names.sort(), ["x/one", "x/one", "y/one", "y/one"]);
    const alone = JSON.parse((await view(["--format=json", paths[0]])).out.split("\n")[0]);
    assertEquals("trace" in alone, false);
  },
);

Deno.test("view() shows figures, and the slowest of what lasts", { ignore }, async () => {
  using directory = new TempDirectory();
  const trace = await requests(directory, 20);
  const { code, out } = await view(["--stats", trace]);
  assertEquals(code, 0);
  assertStringIncludes(out, "40 events in ");
  assertMatch(out, /http:server_request +20 +50\.0 %/);
  assertMatch(out, /http:server +20 /);
  assertStringIncludes(out, "slowest http:server\n");
  const json = await view(["--stats", "--format", "json", trace]);
  assertEquals(JSON.parse(json.out).durations[0].count, 20);
});

Deno.test("view() measures between two events", { ignore }, async () => {
  using directory = new TempDirectory();
  const trace = await requests(directory, 20);
  const args = ["--between", "*request", "*response", "--by", "request", trace];
  const { out } = await view(args);
  assertMatch(out, /\*request to \*response +20 /);
  assertStringIncludes(out, "█");
  const json = await view([...args, "--format=json", "--where", "request < 10"]);
  assertEquals(JSON.parse(json.out).count, 9);
});

Deno.test(
  "view() tells what is lost: in lines of JSON, in the table, to Babeltrace's friends as a warning",
  {
    ignore,
  },
  async () => {
    using directory = new TempDirectory();
    const session = await startSession(directory, { subbufSize: 4096, nSubbufs: 2 });
    const record = session.tracepoint("t", i32("n"));
    const long = session.tracepoint("long", string("text"));
    record(0);
    // Lost however fast the disk is: they fit into no sub-buffer.
    for (let i = 0; i < 7; i++) long("x".repeat(5000));
    await session.flush();
    record(1);
    await session.close();
    const trace = `${directory.path}/trace`;
    const json = (await view(["--format", "json", trace])).out.trimEnd().split("\n");
    const losses = json.map((line) => JSON.parse(line)).filter(({ lost }) => lost !== undefined);
    assertEquals(losses.map(({ lost }) => lost), [7]);
    assertMatch((await view([trace])).out, /\*\*\* 7 events lost on CPU 0 since \d+\.\d+ \*\*\*/);
    const { err, code } = await view(["--format", "babeltrace", trace]);
    assertMatch(
      err,
      /^WARNING: Tracer discarded 7 events between \[.*\] and \[.*\] on CPU 0\.$/m,
    );
    assertEquals(code, 0);
  },
);

Deno.test("view() ends without a word when nobody reads on", { ignore }, async () => {
  using directory = new TempDirectory();
  const child = start([await requests(directory, 50_000)]);
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const { code } = await child.status;
  assertEquals([code, await stderr], [0, ""]);
});

Deno.test(
  "view() shows what is before a fault and in other streams, then the fault",
  { ignore },
  async () => {
    using directory = new TempDirectory();
    const payloads = Array.from({ length: 10 }, (_, i) => [i]);
    writeHandMade(directory.path, { fields: "uint8_t a;", payloads });
    const path = `${directory.path}/stream_0`;
    const bytes = Deno.readFileSync(path);
    // The number of the sixth event, of 10 bytes each behind 56 of header and context.
    bytes[56 + 5 * 10] = 77;
    Deno.writeFileSync(path, bytes);
    const { code, out, err } = await view([directory.path]);
    assertEquals([code, out.trimEnd().split("\n").length], [1, 5]);
    assertEquals(err, `error: Cannot read an event: number 77 is unknown (${path}, byte 106)\n`);
  },
);

Deno.test("view() says in a line why it cannot", { ignore }, async () => {
  using directory = new TempDirectory();
  const { path } = directory;
  const cases: [readonly string[], string][] = [
    [
      [path],
      `error: Cannot read trace ${path}: it holds no file "metadata"\n`,
    ],
    [[`${path}/none`], `error: Cannot read trace ${path}/none: no such file or directory\n`],
    [[], "error: Cannot view: no trace is named\n"],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await view(args);
    assertEquals([code, out, err], [1, "", message]);
  }
});

Deno.test(
  "view() and convert() show no control characters of metadata in errors",
  { ignore },
  async () => {
    using directory = new TempDirectory();
    const path = `${directory.path}/t`;
    writeHandMade(path, {
      fields: 'integer { size = 8; encoding = "\\e[31mRED\\a"; } n;',
      payloads: [[1]],
    });
    const { code, err } = await view([path]);
    assertEquals([code, err.includes("?[31mRED?")], [1, true], err);
    const out = ["convert", "--to", "chrome-json", "--out", `${directory.path}/out`, path];
    assertEquals((await run(["--allow-read", "--allow-write", MAIN, ...out])).err, err);
  },
);

Deno.test("view() says that the output cannot be written when the disk is full", {
  ignore: ignore || Deno.build.os !== "linux",
}, async () => {
  using directory = new TempDirectory();
  writeHandMade(`${directory.path}/t`, { fields: "uint8_t n;", payloads: [[1]] });
  const shell = '"$0" run --quiet --no-check --allow-read "$@" > /dev/full';
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", shell, Deno.execPath(), MAIN, "view", `${directory.path}/t`],
    env: { NO_COLOR: "1" },
  }).output();
  const message = "error: Cannot write to standard output: no space left on device\n";
  assertEquals([code, new TextDecoder().decode(stderr)], [1, message]);
});

Deno.test("view() helps, and says what was typed", { ignore }, async () => {
  const { code, out } = await view(["--help"]);
  assertEquals([code, out.startsWith(`Usage: deno run -A ${MAIN} view [OPTIONS] `)], [0, true]);
  assertStringIncludes(out, EXPRESSION_HELP.join("\n\n"));
  const task = await view(["--cwd", ".", "--help"]);
  assertEquals(task.out.startsWith("Usage: deno task view [OPTIONS] "), true);
});
