import { TraceSession } from "@ltt/relay/session";
import { array, f64, string, u16, u32, u64 } from "@ltt/relay/trace";
import { PACKET_HEADER_SIZE } from "@ltt/relay/ctf";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { packetsIn } from "../packets.ts";
import {
  assertAgrees,
  ignore,
  numbered,
  range,
  readTrace,
  startSession,
  TempDirectory,
  TestWorker,
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
  const bytes = packetsIn(`${directory.path}/trace`, 0)
    .reduce((sum, { contentSize }) => sum + contentSize - PACKET_HEADER_SIZE, 0);
  assertEquals(statistics.bytes, bytes, "bytes in the packets");
  assertEquals(tracepoints.reduce((sum, { bytes }) => sum + bytes, 0), bytes);
  assertEquals(statistics.cpus.reduce((sum, { bytes }) => sum + bytes, 0), bytes);
});

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
