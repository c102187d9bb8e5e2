import { assert, assertEquals } from "@std/assert";
import { cannotRead, inDirectory, type ReadEvent, readTrace, ROOT, runTraced } from "./support.ts";

const PROGRAM = `
import { currentSession } from ${JSON.stringify(`${ROOT}relay/probes/current.ts`)};
import { u32 } from ${JSON.stringify(`${ROOT}relay/trace/mod.ts`)};
import dc from "node:diagnostics_channel";
currentSession().tracepoint("own:order", u32("items"))(3);

const server = Deno.serve({ port: 0, onListen() {}, handler: (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/throws") throw new TypeError("in the handler");
  return pathname === "/sync" ? new Response("a", { status: 201 }) : Promise.resolve(new Response("b"));
}, onError: () => new Response("c", { status: 500 }) });
const base = \`http://127.0.0.1:\${server.addr.port}\`;
for (const path of ["/sync?token=secret#s", "/async", "/throws"]) await (await fetch(base + path)).text();
await (await fetch(base + "/post", { method: "POST", body: "x" })).text();
await fetch("http://user:secret@127.0.0.1:1/?token=secret").catch(() => {});
await server.shutdown();

await Deno.writeTextFile("a.txt", "hello");
Deno.readTextFileSync("a.txt");
await Deno.rename("a.txt", "b.txt");
await Deno.readFile("missing").catch(() => {});
try { Deno.statSync("missing") } catch {}
(await Deno.open("b.txt")).close();
for await (const _ of Deno.readDir(".")) ;
Deno.removeSync("b.txt");

await new Deno.Command(Deno.execPath(), { args: ["eval", "Deno.exit(7)", "secret"] }).output();
new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).outputSync();
const child = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
await child.status;
try { await new Deno.Command("./missing").output() } catch {}

await new Promise((resolve) => setTimeout(resolve, 5));
clearTimeout(setTimeout(() => {}, 1e6));
let n = 0;
await new Promise((resolve) => { const t = setInterval(() => { if (++n === 2) { clearInterval(t); resolve() } }, 1) });

console.log("text", 1, { a: [1, "x"] }, new Error("e"));
console.warn("w".repeat(5000));
performance.mark("m");
performance.measure("mm", { start: 1, duration: 2 });
dc.channel("early").publish({});
const late = dc.channel("late");
late.subscribe(() => {});
late.publish({});
dc.channel("unasked").hasSubscribers && dc.channel("unasked").publish({});

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "one" });
worker.postMessage(1);
worker.postMessage(2);
await new Promise((resolve) => worker.onmessage = ({ data }) => data === 2 && resolve());
worker.terminate();
addEventListener("unhandledrejection", (event) => event.preventDefault());
Promise.reject(new RangeError("nobody"));
const end = performance.now() + 250;
await new Promise((resolve) => setTimeout(resolve, 120));
while (performance.now() < end);
await new Promise((resolve) => setTimeout(resolve, 120));
Deno.exit(5);
`;

const WORKER = `
import { currentSession } from ${JSON.stringify(`${ROOT}relay/probes/current.ts`)};
import { u32 } from ${JSON.stringify(`${ROOT}relay/trace/mod.ts`)};
currentSession().tracepoint("own:order", u32("items"))(4);
const inner = new Worker("data:text/javascript,self.postMessage(0);self.close()", { type: "module", name: "in" });
const closed = new Promise((resolve) => inner.onmessage = () => setTimeout(resolve, 10));
self.onmessage = async ({ data }) => { console.log("got", data); await closed; self.postMessage(data) };
`;

Deno.test("the preloaded probes record every group, also of workers", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({ "main.js": PROGRAM, "worker.js": WORKER }, async (cwd) => {
    const { code, stderr } = await runTraced("main.js", { cwd });
    assertEquals({ code, stderr: stderr.replaceAll("w", "").trim() }, { code: 5, stderr: "" });
    const events = await readTrace(`${cwd}/trace`);
    assertHttp(events);
    assertFiles(events);
    assertProcesses(events);
    assertTimers(events);
    assertOthers(events);
    assertWorkers(events);
    assert(!JSON.stringify(events).includes("secret"), "a secret in the trace");
  });
});

type Fields = ReadEvent["fields"];

/** The fields of all events of a name. */
function of(events: readonly ReadEvent[], name: string): Fields[] {
  return events.filter((event) => event.name === name).map(({ fields }) => fields);
}

function pick(all: readonly Fields[], ...keys: string[]): unknown[][] {
  return all.map((fields) => keys.map((key) => fields[key]));
}

/** What lasted is between its two events: recording them is no part of it. */
function assertDurations(
  events: readonly ReadEvent[],
  [begin, end]: readonly [string, string],
  link: string,
): void {
  const begins = new Map(
    events.filter(({ name }) => name === begin).map((one) => [one.fields[link], one.timeNs]),
  );
  const ends = events.filter(({ name }) => name === end);
  assert(ends.length > 0, `no ${end}`);
  for (const { fields, timeNs } of ends) {
    const between = timeNs - begins.get(fields[link])!;
    const duration = Number(fields.duration_ns);
    assert(duration > 0 && duration <= between, `${end}: ${duration} ns of ${between}`);
  }
}

function assertHttp(events: readonly ReadEvent[]): void {
  const requests = of(events, "http:server_request");
  const paths = requests.map(({ url }) => String(url).replace(/^http:\/\/127.0.0.1:\d+/, ""));
  assertEquals(paths, ["/sync", "/async", "/throws", "/post"]);
  const methods = [[1, "GET"], [2, "GET"], [3, "GET"], [4, "POST"]];
  assertEquals(pick(requests, "request", "method"), methods);
  const responses = of(events, "http:server_response");
  assertEquals(pick(responses, "request", "status"), [[1, 201], [2, 200], [4, 200]]);
  assertDurations(events, ["http:server_request", "http:server_response"], "request");
  assertDurations(events, ["http:fetch_begin", "http:fetch_response"], "fetch");
  const failures = of(events, "http:server_failure");
  assertEquals(pick(failures, "request", "error", "message"), [
    [3, "TypeError", "TypeError: in the handler"],
  ]);
  const begins = of(events, "http:fetch_begin");
  assertEquals(pick(begins, "fetch", "method").map(String), [
    "1,GET",
    "2,GET",
    "3,GET",
    "4,POST",
    "5,GET",
  ]);
  assertEquals(begins[4].url, "http://127.0.0.1:1/");
  const fetched = pick(of(events, "http:fetch_response"), "fetch", "status");
  assertEquals(fetched, [[1, 201], [2, 200], [3, 500], [4, 200]]);
  assertEquals(pick(of(events, "http:fetch_failure"), "fetch", "error"), [[5, "TypeError"]]);
}

function assertFiles(events: readonly ReadEvent[]): void {
  const files = events.filter(({ name }) => name.startsWith("file:"));
  const told = files.map(({ name, fields }) =>
    [name.slice(5), fields.path, fields.error, fields.sync].join(" ")
  );
  assertEquals(told, [
    "write_text_file a.txt none false",
    "read_text_file a.txt none true",
    "rename a.txt none false",
    "read_file missing NotFound false",
    "stat missing NotFound true",
    "open b.txt none false",
    "read_dir . none false",
    "remove b.txt none true",
  ]);
  assertEquals(of(events, "file:write_text_file")[0].length, 5);
  assertEquals(of(events, "file:rename")[0].to, "b.txt");
}

function assertProcesses(events: readonly ReadEvent[]): void {
  const spawns = of(events, "process:spawn");
  assertEquals(pick(spawns, "process", "[0]", "[1]", "[2]", "[3]"), [
    [1, "[redacted]", "[redacted]", "[redacted]", undefined],
    [2, "[redacted]", undefined, undefined, undefined],
    [3, "[redacted]", undefined, undefined, undefined],
    [4, undefined, undefined, undefined, undefined],
  ]);
  assertEquals(pick(spawns.slice(2), "program"), [[Deno.execPath()], ["./missing"]]);
  assertEquals(pick(of(events, "process:end"), "process", "code", "signal", "success"), [
    [1, 7, "none", "false"],
    [2, 0, "none", "true"],
    [3, 0, "none", "true"],
  ]);
  assertEquals(pick(of(events, "process:failure"), "process", "error"), [[4, "NotFound"]]);
  assertEquals(pick(of(events, "process:exit"), "code"), [[5]]);
}

function assertTimers(events: readonly ReadEvent[]): void {
  const ours = events.filter(({ cpu }) => cpu === 0);
  assertEquals(pick(of(ours, "timer:set").slice(0, 3), "timer", "delay_ms", "repeats"), [
    [1, 5, "false"],
    [2, 1e6, "false"],
    [3, 1, "true"],
  ]);
  assertEquals(pick(of(ours, "timer:clear"), "timer"), [[2], [3]]);
  const fired = [[1], [3], [3], [4], [5]];
  assertEquals(pick(of(ours, "timer:fire_begin"), "timer"), fired);
  assertEquals(pick(of(ours, "timer:fire_end"), "timer"), fired);
}

function assertOthers(events: readonly ReadEvent[]): void {
  const [log] = of(events, "console:log");
  assertEquals(log.text, 'text 1 {a: [1, "x"]} Error: e');
  assertEquals(of(events, "console:warn")[0].text, `${"w".repeat(4096)}…`);
  assertEquals(pick(of(events, "performance:mark"), "name"), [["m"]]);
  assertEquals(pick(of(events, "performance:measure"), "name", "duration_ns"), [["mm", 2e6]]);
  assertEquals(pick(of(events, "diagnostics:message"), "channel", "subscribed"), [
    ["early", "false"],
    ["late", "true"],
  ]);
  assertEquals(pick(of(events, "error:unhandled_rejection"), "error", "message"), [
    ["RangeError", "nobody"],
  ]);
  const delays = of(events, "loop:delay").map(({ delay_ns }) => Number(delay_ns));
  assert(Math.max(...delays) > 20e6, `a busy loop was not seen: ${delays}`);
}

function assertWorkers(events: readonly ReadEvent[]): void {
  const [own, inWorker] = events.filter(({ name }) => name === "own:order");
  assertEquals([own.fields.items, inWorker.fields.items, own.cpu], [3, 4, 0]);
  assert(inWorker.cpu !== own.cpu, "a worker has a stream of its own");
  const begins = events.filter(({ name }) => name === "worker:begin");
  assertEquals(begins[0].cpu, inWorker.cpu);
  assertEquals(pick(of(events, "worker:start"), "worker", "name"), [[1, "one"], [2, "in"]]);
  assertEquals(pick(of(events, "worker:begin"), "worker", "name"), [[1, "one"], [2, "in"]]);
  const ends = pick(of(events, "worker:end"), "worker", "reason").map(String).sort();
  assertEquals(ends, ["1,terminate", "2,close"]);
  const texts = events.filter(({ name, cpu }) => name === "console:log" && cpu === inWorker.cpu);
  assertEquals(texts.map(({ fields }) => fields.text), ["got 1", "got 2"]);
}

Deno.test("no file of a test run replaces the trace of another, nor its snapshots", {
  ignore: cannotRead,
}, async () => {
  const one = `Deno.test("t", () => console.log("tested " + import.meta.url.slice(-4)));`;
  await inDirectory({ "a_test.js": one, "b_test.js": one }, async (cwd) => {
    for (const mode of ["continuous", "flight-recorder"]) {
      const env = { LTT_RELAY_MODE: mode, LTT_RELAY_OUT: mode };
      const { code, stderr } = await runTraced("a_test.js", {
        cwd,
        env,
        command: "test",
        flags: ["--allow-all", "--no-check"],
        args: ["b_test.js"],
      });
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      const directories = [...Deno.readDirSync(cwd)].map(({ name }) => name)
        .filter((name) => name.startsWith(mode)).sort();
      assertEquals(directories, [mode, `${mode}-2`]);
    }
  });
});
