import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Daemon, freePorts, RELAYD_MISSING } from "../consume/relayd/daemon.ts";
import { babeltrace, BABELTRACE_MISSING } from "../ctf/babeltrace.ts";
import {
  finish,
  type Finished,
  FOR_EVER,
  hasPrinted,
  lastLine,
  MAIN,
  PROGRAMS,
  start,
} from "./support.ts";

const ignore = BABELTRACE_MISSING || RELAYD_MISSING;

function startRecord(args: readonly string[]): Deno.ChildProcess {
  return start(["--allow-all", MAIN, "record", ...args]);
}

function record(args: readonly string[]): Promise<Finished> {
  return finish(startRecord(args));
}

function urlOf({ address }: Daemon): string {
  return `net://127.0.0.1:${address.controlPort}:${address.dataPort}`;
}

/** The trace below the daemon's output that a URL names. */
function pathOf(daemon: Daemon, trace: string): string {
  assert(trace.startsWith(`${urlOf(daemon)}/${Deno.hostname()}/`), trace);
  return `${daemon.output}/${trace.split("/").slice(3).join("/")}`;
}

Deno.test("deno task record --relayd sends everything to the daemon, and says so", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const args = ["--relayd", urlOf(daemon), "--name", "count", "--json", "--allow-read"];
  const { code, out, err } = await record([...args, `${PROGRAMS}counts.ts`, "1000"]);
  assertEquals(code, 0, err);
  const summary = JSON.parse(lastLine(out));
  const { events, exitCode } = await babeltrace(pathOf(daemon, summary.trace));
  assertEquals(exitCode, 0);
  assertEquals(events.length, summary.events);
  const counts = events.filter(({ name }) => name === "counts:n").map(({ fields }) => fields.n);
  assertEquals(counts, Array.from({ length: 1000 }, (_, n) => n));
});

Deno.test("deno task record --relayd counts --seconds from when the session begins", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const args = ["--relayd", urlOf(daemon), "--json", "--seconds", "0.2", FOR_EVER];
  const { code, out, err } = await record(args);
  assertEquals(code, 0, err);
  const trace = pathOf(daemon, JSON.parse(lastLine(out)).trace);
  const view = ["--allow-read", MAIN, "view", "--stats", "--format=json", trace];
  const { events, span_ns: span } = JSON.parse((await finish(start(view))).out);
  assert(events > 0 && span < 1e9, `${events} events in ${span} ns`);
});

Deno.test("deno task record --relayd names the trace at the daemon for people", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const args = ["--relayd", urlOf(daemon), "--live-period", "50", "--name", "count"];
  const { code, err } = await record([...args, `${PROGRAMS}counts.ts`, "10"]);
  assertEquals(code, 0, err);
  const [, trace] = /sent to (net:[^\s;]+)/.exec(err)!;
  assertStringIncludes(trace.split("/").at(-1)!, "count-");
  assertStringIncludes(err, `babeltrace2 OUTPUT/${trace.split("/").slice(3).join("/")}`);
  const { hostname } = daemon.address;
  const viewer = `babeltrace2 --input-format=lttng-live net://${hostname}:5344/host/`;
  assertStringIncludes(err, `${viewer}${Deno.hostname()}/count`);
  assert((await babeltrace(pathOf(daemon, trace))).events.length > 10);
});

Deno.test("a program that is recorded to a daemon may connect to that alone", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const { address: { controlPort, dataPort } } = daemon;
  const others = freePorts(1);
  const args = ["--relayd", urlOf(daemon), "--no-prompt", `${PROGRAMS}may_connect.ts`];
  const { out, err } = await record([...args, ...[controlPort, dataPort, ...others].map(String)]);
  assertEquals(out.trim(), "granted granted prompt", err);
});

Deno.test("deno task record --relayd runs the program untraced where no daemon is, and says so", {
  ignore,
}, async () => {
  const [control, data] = freePorts(2);
  const url = `net://127.0.0.1:${control}:${data}`;
  const { err } = await record(["--relayd", url, `${PROGRAMS}counts.ts`, "10"]);
  assertStringIncludes(err, `Cannot send a trace to ${url}: `);
  assertStringIncludes(err, "the program runs untraced");
});

Deno.test("deno task record --relayd says what the daemon has not got, and where the rest is", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const directory = await Deno.makeTempDir({ prefix: "ltt-record-" });
  try {
    const args = ["--relayd", urlOf(daemon), "--json", FOR_EVER];
    const spill = `${directory}/missed`;
    const both = [startRecord(args), startRecord(["--spill", spill, ...args])];
    await Promise.all(both.map(hasPrinted));
    await daemon.kill();
    // There is something that the daemon has not got.
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const child of both) child.kill("SIGTERM");
    const [recorded, spilled] = await Promise.all(both.map(finish));
    const { unwrittenBytes } = JSON.parse(lastLine(recorded.out));
    assert(unwrittenBytes > 0, recorded.err);
    assertStringIncludes(recorded.err, "the relay daemon has not got everything: ");
    const { events, ...summary } = JSON.parse(lastLine(spilled.out));
    assertEquals(summary.unwrittenBytes, undefined, spilled.err);
    assert(events > 0);
    assert((await babeltrace(spill)).events.length > 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

for (
  const [args, message] of [
    [["--relayd", "net://h", "--out", "d"], "Cannot record both to --out and --relayd"],
    [["--relayd", "http://h"], "Cannot send a trace to http://h: it is no net://HOST:CONTROL:DATA"],
    [["--live"], "live is for net://…"],
    [["--relayd", "net://h", "--flight-recorder"], "a flight recorder cannot write to net://h"],
  ] as const
) {
  Deno.test(`deno task record ${args.join(" ")} is refused before the program runs`, {
    ignore,
  }, async () => {
    const { code, out, err } = await record([...args, `${PROGRAMS}counts.ts`, "1"]);
    assertEquals(code, 1);
    assertEquals(out, "");
    assertStringIncludes(err, message);
  });
}
