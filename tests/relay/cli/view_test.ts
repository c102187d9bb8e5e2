import { i32, string, u32 } from "@ltt/relay/trace";
import type { FieldLike } from "@ltt/relay/ctf";
import type { TracepointOf } from "@ltt/relay/trace";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { BABELTRACE_MISSING } from "../ctf/babeltrace.ts";
import { smallFile, smallMetadata } from "../ctf/small_trace.ts";
import { startSession, TempDirectory } from "../session/support.ts";
import { randomEvents, randomTrace } from "../trace/random_trace.ts";
import { TestTrace } from "../trace/support.ts";
import { type HandMade, number, text, writeHandMade } from "../view/hand_made_trace.ts";

const main = new URL("../../../relay/cli/mod.ts", import.meta.url).pathname;
const needed = ["read", "write", "run"] as const;
const ignore = needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", "--allow-read", main, "view", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...env },
  }).spawn();
}

/** Runs `deno task view`, which may read and nothing else. */
async function view(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const { code, stdout, stderr } = await start(args, env).output();
  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: textOf(stdout), err: textOf(stderr) };
}

async function babeltraceText(
  directory: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await new Deno.Command("babeltrace2", {
    args: ["--color=never", directory],
    env,
  })
    .output();
  return new TextDecoder().decode(stdout);
}

/** A trace of requests on CPU 0: the k-th takes k microseconds, and has status 200 + k. */
async function requests(directory: TempDirectory, count: number): Promise<string> {
  const session = await startSession(directory, { name: "requests" });
  const begin = session.tracepoint("http:server_request", u32("request"), string("url"));
  const end = session.tracepoint("http:server_response", u32("request"), u32("status"));
  for (let i = 1; i <= count; i++) {
    begin(i, `/page/${i}`);
    end(i, 200 + i);
  }
  await session.close();
  return `${directory.path}/trace`;
}

const UINT8 = "integer { size = 8; align = 8; base = 8; }";
const handMade: Readonly<Record<string, HandMade>> = {
  "integers of any size and base": {
    fields: [2, 8, 10, 16].flatMap((base) =>
      ["true", "false"].map((signed) =>
        [3, 5, 8, 33, 60, 64].map((size) =>
          `integer { size = ${size}; align = 1; signed = ${signed}; base = ${base}; } ` +
          `f${base}_${size}_${signed};`
        ).join(" ")
      )
    ).join(" "),
    payloads: [0x00, 0xff, 0x81, 0x5a].map((byte) => Array<number>(173).fill(byte)),
  },
  "floating-point numbers": {
    fields: "floating_point { exp_dig = 11; mant_dig = 53; align = 8; } f;",
    payloads: [0, -0, 1.5, 0.1, 1e300, 123456.5, 1e-5, 1e-320, 999999.5, NaN, -Infinity].map((
      one,
    ) => [...new Uint8Array(new Float64Array([one]).buffer)]),
  },
  "texts with every character that is escaped": {
    fields: "string a; integer { size = 8; encoding = UTF8; } b[4]; string c;",
    payloads: [
      [...Array.from({ length: 127 }, (_, i) => i + 1), 0, ...text("abc"), ...text("äß€😀\u0085")],
      [...text("?'\"\\"), 0x61, 0x62, 0x63, 0x64, ...text("x")],
    ],
  },
  "values of enumerations": {
    fields:
      'enum : integer { size = 8; signed = true; base = 16; } { "A" = 1, B = 2 ... 5, "C" = 4, ' +
      '"q\\"uo\\nte\\001" = -3 } e;',
    payloads: [[1], [4], [99], [0xfd]],
  },
  "structures, arrays and sequences": {
    fields: `struct { uint8_t a; struct { uint8_t x; } b; struct { } e; } s; uint8_t z[0]; ` +
      `uint8_t n; ${UINT8} q[n]; struct { uint8_t v; } l[2]; uint8_t m[2][2]; uint8_t _a; uint8_t __b;`,
    payloads: [[1, 2, 2, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8]],
  },
  "variants": {
    fields: "enum : uint8_t { a, b, c } tag; " +
      "variant <tag> { uint8_t a; struct { uint8_t q; string w; } b; string c; } v;",
    payloads: [[0, 7], [1, 5, ...text("hi")], [2, ...text("yo")]],
  },
  "several contexts": {
    fields: "uint8_t a;",
    payloads: [[1], [2]],
    env: 'hostname = "host"; procname = "program"; vpid = 5; domain = "ust";',
    packetContext: `uint32_t cpu_id; ${UINT8} mode;`,
    packetContextBytes: [...number(3n, 4), 0o17],
    stream: `event.context := struct { ${UINT8} _vtid; };`,
    event: `context := struct { ${UINT8} _level; };`,
    contextBytes: [9, 10],
  },
  "events without fields": { fields: "", payloads: [[], []], env: "vpid = 7;" },
  "times before and behind a whole second": {
    fields: "uint8_t a;",
    payloads: [[1], [2]],
    beginNs: 1_700_000_000_999_999_500n,
  },
};
for (const [what, trace] of Object.entries(handMade)) {
  Deno.test(
    `view() shows ${what} as Babeltrace does`,
    { ignore: ignore || BABELTRACE_MISSING },
    async () => {
      using directory = new TempDirectory();
      writeHandMade(`${directory.path}/t`, trace);
      const expected = await babeltraceText(`${directory.path}/t`);
      const { code, out, err } = await view(["--format", "babeltrace", `${directory.path}/t`]);
      assertEquals([out, err, code], [expected, "", 0]);
      assertEquals(out.split("\n").length, trace.payloads.length + 1);
    },
  );
}

Deno.test(
  "view() shows random events as Babeltrace does",
  { ignore: ignore || BABELTRACE_MISSING },
  async () => {
    for (let seed = 1; seed <= 3; seed++) {
      using directory = new TempDirectory();
      const path = `${directory.path}/t`;
      const [random] = fc.sample(randomTrace(1000), { seed: seed + Date.now() % 1e6, numRuns: 1 });
      using trace = new TestTrace({ ...random, offsetNs: 1_700_000_000_123_456_789n });
      const consumed = trace.consume(path);
      const tracepoints = random.tracepoints.map(({ name, fields }) =>
        trace.tracepoint(name, ...fields) as TracepointOf<FieldLike[]>
      );
      for (const { tracepoint, step, values } of randomEvents(random)) {
        trace.time += step;
        tracepoints[tracepoint](...values.map(withoutEmpty) as never[]);
        consumed.drain();
      }
      consumed.close();
      const expected = await babeltraceText(path);
      const { out } = await view(["--format", "babeltrace", path]);
      const [shown, right] = [out, expected.replaceAll("-nan", "nan")]
        .map((all) => all.split("\n"));
      const first = shown.findIndex((line, i) => line !== right[i]);
      assertEquals([shown.length, shown[first]], [right.length, right[first]]);
    }
  },
);

/** Of an empty text babeltrace2 2.0.4 may show an earlier event's, and a NaN has a sign for it. */
function withoutEmpty(value: unknown): unknown {
  if (value === "") return "empty";
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutEmpty(one)]));
}

for (const zone of ["UTC", "America/New_York", "Asia/Kolkata"]) {
  Deno.test(`view() shows times of day in ${zone} as Babeltrace does`, {
    ignore: ignore || BABELTRACE_MISSING,
  }, async () => {
    using directory = new TempDirectory();
    writeHandMade(directory.path, { fields: "uint8_t a;", payloads: [[1]] });
    const env = { TZ: zone };
    const { out } = await view(["--format", "babeltrace", directory.path], env);
    assertEquals(out, await babeltraceText(directory.path, env));
  });
}

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

const chosen: [readonly string[], unknown[]][] = [
  [["--event", "*request"], [1, 2, 3, 4]],
  [["--event", "http:server_response,x"], [1, 2, 3, 4]],
  [["--where", "status > 202"], [3, 4]],
  [["--where", 'url =~ "*3" || status == 201'], [1, 3]],
  [["--cpu", "1-3"], []],
  [["--from", "1h"], []],
  [["--to", "0"], []],
  [["--from", "0", "--to", "1h", "--event", "*response"], [1, 2, 3, 4]],
  [["--from", "2000-01-01", "--to", "2001-01-01"], []],
  [["--from", "-1h", "--where", "request == 2 && status > 0"], [2]],
];
for (const [options, expected] of chosen) {
  Deno.test(`view() chooses by ${options.join(" ")}`, { ignore }, async () => {
    using directory = new TempDirectory();
    const { out, err } = await view(["--format=json", ...options, await requests(directory, 4)]);
    const lines = out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    assertEquals([lines.map(({ fields }) => fields.request), err], [expected, ""]);
  });
}

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

Deno.test("view --follow shows what is recorded until the session ends", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { switchTimerMs: 20 });
  const record = session.tracepoint("t", i32("n"));
  record(1);
  await session.flush();
  const child = start(["--follow", "--format", "json", `${directory.path}/trace`]);
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  let out = "";
  let next = 2;
  for await (const part of lines) {
    out += part;
    const last = out.trimEnd().split("\n").at(-1)!;
    if (JSON.parse(last).fields.n !== next - 1) continue;
    if (next > 3) await session.close();
    else record(next++);
  }
  const numbers = out.trimEnd().split("\n").map((line) => JSON.parse(line).fields.n);
  assertEquals([numbers, (await child.status).code], [[1, 2, 3], 0]);
  await child.stderr.cancel();
});

Deno.test("view --follow ends with the first event behind --to, and tells the first losses", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const { path } = directory;
  const metadata = Deno.openSync(`${path}/metadata`, { create: true, write: true });
  try {
    // As of a session that goes on.
    metadata.lockSync(true);
    metadata.writeSync(smallMetadata());
    const file = smallFile({ seq: 0, times: [0, 1e9, 2e9], lost: 7 }, { seq: 1, times: [3e9] });
    Deno.writeFileSync(`${path}/f0`, file);
    const { code, out, err } = await view(["--follow", "--to", "1.5", "--format", "json", path]);
    const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ lost, s }) => lost ?? s), [7, 0, 1]);
    assertEquals([code, err], [0, ""]);
  } finally {
    metadata.close();
  }
});

Deno.test("view --follow ends with SIGINT", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  session.tracepoint("t", i32("n"))(1);
  await session.flush();
  const child = start(["--follow", `${directory.path}/trace`]);
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGINT");
  await reader.cancel();
  assertEquals((await child.status).code, 0);
  await child.stderr.cancel();
  await session.close();
});

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
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-read", "--allow-write", main, ...out],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(new TextDecoder().decode(stderr), err);
  },
);

Deno.test("view() says that the output cannot be written when the disk is full", {
  ignore: ignore || Deno.build.os !== "linux",
}, async () => {
  using directory = new TempDirectory();
  writeHandMade(`${directory.path}/t`, { fields: "uint8_t n;", payloads: [[1]] });
  const shell = '"$0" run --quiet --no-check --allow-read "$@" > /dev/full';
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", shell, Deno.execPath(), main, "view", `${directory.path}/t`],
    env: { NO_COLOR: "1" },
  }).output();
  const message = "error: Cannot write to standard output: no space left on device\n";
  assertEquals([code, new TextDecoder().decode(stderr)], [1, message]);
});

Deno.test("view() shows a trace without a clock as Babeltrace does, without times", {
  ignore: ignore || BABELTRACE_MISSING,
}, async () => {
  using directory = new TempDirectory();
  const { path } = directory;
  Deno.writeTextFileSync(
    `${path}/metadata`,
    `/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
trace { major = 1; minor = 8; byte_order = le; };
event { name = "e"; fields := struct { uint8_t n; }; };
`,
  );
  Deno.writeFileSync(`${path}/s`, new Uint8Array([1, 2]));
  const { code, out, err } = await view(["--format", "babeltrace", path]);
  assertEquals([code, out, err], [0, "e: { n = 1 }\ne: { n = 2 }\n", ""]);
  assertEquals(out, await babeltraceText(path));
});

Deno.test("view() helps", { ignore }, async () => {
  const { code, out } = await view(["--help"]);
  assertEquals([code, out.startsWith("Usage: deno task view ")], [0, true]);
});
