import { TraceSession } from "@ltt/relay/session";
import { array, f64, string, u16, u32, u64 } from "@ltt/relay/trace";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  assertAgrees,
  ignore,
  numbered,
  range,
  readTrace,
  startSession,
  TempDirectory,
  TestWorker,
  until,
} from "./support.ts";

Deno.test("a session writes what is recorded, by the names and fields declared", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  const request = session.tracepoint("http:request", u16("status"), u32("bytes"), string("path"));
  const odd = session.tracepoint("odd", u64("big"), f64("float"), array(u16("pair"), 2));
  request(200, 512, "/index.html");
  odd(2n ** 63n, 0.5, [1, 2]);
  request(404, 0, "/ünknown");
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals<unknown>(trace.events.map(({ name, fields }) => [name, fields]), [
    ["http:request", { status: 200, bytes: 512, path: "/index.html" }],
    ["odd", { big: 2n ** 63n, float: 0.5, pair: [1, 2] }],
    ["http:request", { status: 404, bytes: 0, path: "/ünknown" }],
  ]);
  assertEquals(trace.discarded, []);
});

Deno.test("statistics() agrees with the trace: events, bytes, losses, by CPU and tracepoint", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096, nSubbufs: 4 });
  const number = numbered(session);
  const text = session.tracepoint("t:text", u32("n"), string("text"));
  for (let n = 0; n < 1000; n++) number(n);
  await session.flush();
  for (let n = 0; n < 100; n++) text(n, "x".repeat(n));
  text(0, "x".repeat(5000));
  await session.close();
  const statistics = session.statistics();
  const trace = await readTrace(`${directory.path}/trace`);
  assertAgrees(session, trace);
  assertEquals(statistics.lost.big, 1);
  const count = (name: string): number => trace.events.filter((e) => e.name === name).length;
  const { tracepoints } = statistics;
  assertEquals(tracepoints.map(({ name, events }) => [name, events]), [
    ["t:n", count("t:n")],
    ["t:text", count("t:text")],
  ]);
  assertEquals(tracepoints.map(({ lost }) => lost), [0, 1]);
  let bytes = 0;
  for await (const packet of packets(`${directory.path}/trace/channel0_0`)) bytes += packet;
  assertEquals(statistics.bytes, bytes, "bytes in the packets");
  assertEquals(tracepoints.reduce((sum, { bytes }) => sum + bytes, 0), bytes);
  assertEquals(statistics.cpus.reduce((sum, { bytes }) => sum + bytes, 0), bytes);
});

/** Bytes of events of each packet in a file. */
async function* packets(path: string): AsyncGenerator<number, void, void> {
  const view = new DataView((await Deno.readFile(path)).buffer);
  for (let at = 0; at < view.byteLength;) {
    yield Number(view.getBigUint64(at + 48, true)) / 8 - 84;
    at += Number(view.getBigUint64(at + 56, true)) / 8;
  }
}

Deno.test("stop() and start() leave out what is recorded in between", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  const event = numbered(session);
  event(0);
  await session.stop();
  assertEquals(session.active, false);
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), [0], "after stop()");
  event(1);
  session.start();
  assertEquals(session.active, true);
  event(2);
  await session.stop();
  event(3);
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.numbers.get(0), [0, 2]);
  assertAgrees(session, trace);
});

Deno.test("flush() writes what was recorded; what comes then is not there twice", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096 });
  const event = numbered(session);
  let n = 0;
  for (const count of [1, 1, 300, 0, 500, 1]) {
    for (const end = n + count; n < end; n++) event(n);
    await session.flush();
    const { numbers } = await readTrace(`${directory.path}/trace`);
    assertEquals(numbers.get(0), range(0, n), `${n} events flushed`);
  }
  event(n++);
  await session.close();
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), range(0, n));
});

Deno.test(
  "enable() and disable() work by glob, while running, for later tracepoints and on all threads",
  {
    ignore,
  },
  async () => {
    using directory = new TempDirectory();
    const session = await startSession(directory, { events: ["a:*", "w*"] });
    using worker = new TestWorker();
    await worker.attach(session);
    const [a, b] = ["a:one", "b:one"].map((name) => numbered(session, name));
    a(0);
    b(1); // not asked for
    session.enable("b:*");
    b(2);
    session.disable("a:*");
    a(3); // disabled
    const later = session.tracepoint("a:later", u32("n"));
    assertEquals(later.enabled, false);
    later(4); // disabled before it was declared
    await worker.tell({ type: "record", name: "a:one", from: 5, count: 1 }); // disabled
    await worker.tell({ type: "record", name: "w:one", from: 6, count: 1 });
    await worker.tell({ type: "disable", pattern: "*" });
    b(7); // disabled
    await worker.tell({ type: "record", name: "w:one", from: 8, count: 1 }); // disabled
    session.enable("a:l*");
    later(9);
    a(10); // disabled
    await session.close();
    const { events } = await readTrace(`${directory.path}/trace`);
    const recorded = events.map(({ name, fields }) => `${name} ${fields.n}`);
    assertEquals(recorded, ["a:one 0", "b:one 2", "w:one 6", "a:later 9"]);
  },
);

Deno.test("enable() by log level records what is as important or more", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { events: [] });
  const levels = ["emerg", "warning", "info", "debug"] as const;
  const events = levels.map((loglevel) => session.tracepoint({ name: loglevel, loglevel }));
  for (const event of events) event(); // none is enabled
  session.enable("*", { loglevel: "warning" });
  for (const event of events) event();
  // deno-lint-ignore no-explicit-any
  assertThrows(() => session.enable("*", { loglevel: "loud" as any }), TypeError, '"loud"');
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.events.map(({ name }) => name), ["emerg", "warning"]);
});

Deno.test("session.clock says which clock is read and what that costs", { ignore }, async () => {
  using directory = new TempDirectory();
  await using session = await startSession(directory);
  assert(["clock_gettime", "performance.now"].includes(session.clock.name), session.clock.name);
  const { costNs } = session.clock;
  assert(costNs > 1 && costNs < 100_000, `${costNs} ns`);
  assertEquals(session.clock.costNs, costNs, "measured once");
});

Deno.test("the clock given tells the time; one that goes back does not", { ignore }, async () => {
  using directory = new TempDirectory();
  let time = 0;
  const clock = { name: "mine", now: () => time };
  const session = await startSession(directory, { clock });
  assertEquals(session.clock.name, "mine");
  const event = numbered(session);
  const times = [5, 5, 4_294_967_295, 4_294_967_296, 7, 2 ** 33, 2 ** 52];
  for (time of times) event(0);
  await session.close();
  const { events } = await readTrace(`${directory.path}/trace`);
  const [{ timestampNs: first }] = events;
  const seen = events.map(({ timestampNs }) => Number(timestampNs - first) + 5);
  assertEquals(seen, [5, 5, 4_294_967_295, 4_294_967_296, 4_294_967_296, 2 ** 33, 2 ** 52]);
});

Deno.test("times are those of the system's clock", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  const event = numbered(session);
  const before = Date.now();
  event(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  event(1);
  const after = Date.now();
  await session.close();
  const { events } = await readTrace(`${directory.path}/trace`);
  const [first, second] = events.map(({ timestampNs }) => Number(timestampNs) / 1e6);
  const what = `${before} ${first} ${second} ${after}`;
  // performance.timeOrigin and Date are some milliseconds apart when the system's clock was set.
  assert(first > before - 1000 && second < after + 1000, what);
  assert(second - first >= 19 && second - first < after - before + 2, what);
});

Deno.test("contexts come before an event's own fields, on each thread its own", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { contexts: ["worker", "cpu"] });
  using worker = new TestWorker("helper");
  const cpu = await worker.attach(session);
  numbered(session)(0);
  await worker.tell({ type: "record", from: 1, count: 1 });
  await session.close();
  const { events } = await readTrace(`${directory.path}/trace`);
  assertEquals(events.map(({ eventContext }) => eventContext), [
    { worker_name: "main", cpu_id: session.statistics().cpus[0].cpu },
    { worker_name: "helper", cpu_id: cpu },
  ]);
});

Deno.test("a second session can follow on the first, in the same directory", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  for (const numbers of [[0, 1], [2]]) {
    const session = await startSession(directory);
    const event = numbered(session);
    for (const n of numbers) event(n);
    await session.close();
    assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), numbers);
  }
});

Deno.test("two sessions at a time record each its own events", { ignore }, async () => {
  using directory = new TempDirectory();
  const [a, b] = await Promise.all(
    ["a", "b"].map((name) => startSession(directory, { output: `${directory.path}/${name}` })),
  );
  numbered(a)(1);
  numbered(b)(2);
  await a.close();
  numbered(b)(3);
  await b.close();
  assertEquals((await readTrace(`${directory.path}/a`)).numbers.get(0), [1]);
  assertEquals((await readTrace(`${directory.path}/b`)).numbers.get(0), [2, 3]);
});

Deno.test("close() ends the session for good: other methods refuse, tracepoints record nothing", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  using worker = new TestWorker();
  await worker.attach(session);
  const event = numbered(session);
  const [first, second] = [session.close(), session.close()];
  event(0);
  await Promise.all([first, second]);
  event(1);
  assertEquals(session.cpu, null);
  assertEquals(session.active, false);
  assertThrows(() => session.start(), TypeError, "closed");
  await assertRejects(() => session.stop(), TypeError, "closed");
  await assertRejects(() => session.flush(), TypeError, "closed");
  await assertRejects(() => session.snapshot(), TypeError, "closed");
  await session.close();
  assertEquals(await worker.tell({ type: "flush" }), -1, "a worker's flush() is refused");
  const late = TraceSession.attach(session.handle);
  assertThrows(() => late.start(), TypeError, "closed");
  numbered(late)(2);
  await late.close();
  assertEquals((await readTrace(`${directory.path}/trace`)).events, []);
});

Deno.test("1,000 tracepoints declared while running are in the trace", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096, nSubbufs: 64 });
  for (let n = 0; n < 1000; n++) numbered(session, `t:${n}`)(n);
  await session.close();
  const { events } = await readTrace(`${directory.path}/trace`);
  assertEquals(events.map(({ name }) => name), range(0, 1000).map((n) => `t:${n}`));
});

Deno.test("a thread that waits has its events written after switchTimerMs", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { switchTimerMs: 20 });
  numbered(session)(7);
  const path = `${directory.path}/trace/channel0_0`;
  const size = (): number => {
    try {
      return Deno.statSync(path).size;
    } catch {
      return 0;
    }
  };
  await until("a packet is written behind the empty one", () => size() > 4096);
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), [7]);
  await session.close();
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), [7]);
});

Deno.test("handle can be sent, and attach() on the same thread gets a CPU of its own", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  const other = TraceSession.attach(structuredClone(session.handle), { name: "other" });
  assert(other.cpu !== null && other.cpu !== session.cpu);
  numbered(session)(1);
  numbered(other)(2);
  await other.close();
  numbered(session)(3);
  await session.close();
  const { numbers } = await readTrace(`${directory.path}/trace`);
  assertEquals([...numbers.values()].sort(), [[1, 3], [2]]);
});

Deno.test("a thread that has left stores nothing to the CPU that another thread has then", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { maxCpus: 2 });
  let time = 1;
  const clock = { name: "ahead", now: () => time };
  const left = TraceSession.attach(session.handle, { clock });
  const late = numbered(left);
  await left.close();
  time = 1e15;
  late(1);
  const event = numbered(session);
  event(2);
  late(3);
  const next = TraceSession.attach(session.handle);
  late(4);
  numbered(next)(5);
  late(6);
  await next.close();
  await session.close();
  const { events, exitCode } = await readTrace(directory.path);
  assertEquals([exitCode, events.map(({ fields }) => fields.n).sort()], [0, [2, 5]]);
  assert(events.every(({ timestampNs }) => timestampNs < BigInt(Date.now() + 1e6) * 1_000_000n));
});

Deno.test("enable() and disable() refuse what is no text, and rules stay as they are", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  await using session = await startSession(directory);
  for (const wrong of [5, null, undefined, /http/] as unknown as string[]) {
    assertThrows(() => session.disable(wrong), TypeError, "is no pattern");
    assertThrows(() => session.enable(wrong), TypeError, "is no pattern");
  }
  assertEquals(session.tracepoint("still:here").enabled, true);
});

Deno.test("a session writes to where it began, whatever directory the program goes to", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const before = Deno.cwd();
  try {
    Deno.chdir(directory.path);
    const session = await TraceSession.start({ output: "here" });
    Deno.chdir("/");
    const other = TraceSession.attach(session.handle);
    numbered(other)(1);
    await other.close();
    await session.close();
  } finally {
    Deno.chdir(before);
  }
  assertEquals((await readTrace(`${directory.path}/here`)).events.length, 1);
});

Deno.test("1,000 flush() at once resolve, each when all that was recorded before is written", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 2 ** 20 });
  const event = numbered(session);
  const path = `${directory.path}/trace/channel0_0`;
  const sizes: number[] = [];
  const flushes = range(0, 1000).map(async (n) => {
    event(n);
    await session.flush();
    sizes.push(Deno.statSync(path).size);
  });
  await Promise.all(flushes);
  await session.flush();
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), range(0, 1000));
  assertEquals(sizes.length, 1000);
  const late = [session.flush(), session.flush(), session.close()];
  await Promise.all(late);
});

Deno.test("100 snapshot() at once resolve, each to its own trace", { ignore }, async () => {
  using directory = new TempDirectory();
  await using session = await startSession(directory, { mode: "flight-recorder" });
  numbered(session)(7);
  const paths = await Promise.all(range(0, 100).map((i) => session.snapshot(`${i}`)));
  const expected = range(0, 100).map((i) => `${directory.path}/trace/snapshot-${i}-${i}`);
  assertEquals(paths, expected);
  assertEquals((await readTrace(paths[99])).numbers.get(0), [7]);
});
