import { type SessionOptions, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Daemon, freePorts, RELAYD_MISSING } from "../consume/relayd/daemon.ts";
import { eachEvent } from "../ctf/babeltrace.ts";
import { Viewer } from "../consume/relayd/viewer.ts";
import {
  assertAgrees,
  ignore as cannotRead,
  numbered,
  range,
  readTrace,
  runChild,
  TestWorker,
  until,
  WorkersInTurn,
} from "./support.ts";

const ignore = cannotRead || RELAYD_MISSING;

/** Where a daemon takes sessions. */
function urlOf({ address }: Daemon): string {
  return `net://${address.hostname}:${address.controlPort}:${address.dataPort}`;
}

function startSession(daemon: Daemon, options: SessionOptions = {}): Promise<TraceSession> {
  return TraceSession.start({ output: urlOf(daemon), hostname: "here", name: "s", ...options });
}

/** Numbers that a viewer has shown, in its order. */
function shown(viewer: Viewer): number[] {
  return viewer.events.map(({ fields }) => fields.n as number);
}

/** Fails unless a viewer has shown events in the order of time. */
function assertInOrder({ events }: Viewer): void {
  const late = events.findIndex(({ timestampNs }, i) => timestampNs < events[i - 1]?.timestampNs);
  assertEquals(late, -1, "an event that is older than the one before");
}

Deno.test("a session sends the events of all its threads to a relay daemon", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const session = await startSession(daemon, { subbufSize: 4096, nSubbufs: 16 });
  using worker = new TestWorker();
  const cpu = await worker.attach(session);
  const event = numbered(session);
  for (let round = 0; round < 50; round++) {
    for (const n of range(100 * round, 100)) event(n);
    await worker.tell({ type: "record", from: 100 * round, count: 100 });
    await session.flush();
  }
  await session.close();
  const { output } = session.statistics();
  assert(output.startsWith(`${urlOf(daemon)}/here/s-`), output);
  const trace = await readTrace(`${daemon.output}/${output.split("/").slice(3).join("/")}`);
  assertAgrees(session, trace);
  assertEquals(trace.numbers.get(cpu), range(0, 5000));
  assertEquals(new Set(trace.events.map(({ host }) => host)), new Set(["here"]));
});

Deno.test("flush() resolves when the daemon has written also what busy threads have recorded", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const session = await startSession(daemon, { switchTimerMs: 0 });
  using worker = new TestWorker();
  await worker.attach(session);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const spinning = worker.tell({ type: "spin", words: words.buffer, paceMs: 0.05 });
  await spinning;
  for (let i = 0; i < 5; i++) {
    await until("the worker goes on", () => Atomics.load(words, 1) > 20 * i);
    const recorded = Atomics.load(words, 1);
    await session.flush();
    const { events } = await readTrace(daemon.output);
    assert(events.length >= recorded, `${events.length} events written of ${recorded}`);
    assertEquals(events.map(({ fields }) => fields.n), range(0, events.length));
  }
  Atomics.store(words, 0, 1);
  await session.close();
});

Deno.test("threads come and go 50 times, and every event is at the daemon, in order", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const session = await startSession(daemon, { maxCpus: 4 });
  using workers = new WorkersInTurn(50);
  for (let cycle = 0; cycle < 50; cycle++) {
    using worker = workers.next();
    await worker.attach(session);
    await worker.tell({ type: "record", from: 10 * cycle, count: 10 });
    await worker.tell({ type: "close" });
  }
  await session.close();
  const trace = await readTrace(daemon.output);
  assertAgrees(session, trace);
  assertEquals(trace.events.map(({ fields }) => fields.n), range(0, 500));
});

Deno.test("a live viewer sees threads come and go, 50 times, and every event in order", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const session = await startSession(daemon, { live: true, livePeriodMs: 2, maxCpus: 4 });
  const event = numbered(session);
  event(0);
  await session.flush();
  const viewer = new Viewer(daemon.livePort, "here/s");
  // A viewer begins with the newest packet there is when it comes.
  let n = 1;
  await until("the viewer has come", () => {
    event(n++);
    return viewer.events.length > 0;
  });
  const first = n;
  using workers = new WorkersInTurn(50);
  for (let cycle = 0; cycle < 50; cycle++) {
    using worker = workers.next();
    await worker.attach(session);
    await worker.tell({ type: "record", from: n, count: 10 });
    n += 10;
    await worker.tell({ type: "close" });
  }
  await session.close();
  const { exitCode, stderr, discarded } = await viewer.ended;
  assertEquals(exitCode, 0, stderr);
  assertEquals(discarded, []);
  assertEquals(shown(viewer).filter((one) => one >= first), range(first, 500));
  assertInOrder(viewer);
  const trace = await readTrace(daemon.output);
  assertAgrees(session, trace);
  assertEquals(trace.events.map(({ fields }) => fields.n), range(0, n));
});

Deno.test("a live viewer sees what a busy thread records, and is not held up by one that waits", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const session = await startSession(daemon, { live: true, livePeriodMs: 2, switchTimerMs: 0 });
  using busy = new TestWorker();
  using idle = new TestWorker();
  await busy.attach(session);
  await idle.attach(session);
  const words = new Int32Array(new SharedArrayBuffer(8));
  await busy.tell({ type: "spin", words: words.buffer, paceMs: 0.1 });
  await session.flush();
  const viewer = new Viewer(daemon.livePort, "here/s");
  await until("the viewer shows something", () => viewer.events.length > 0);
  const recorded = Atomics.load(words, 1);
  await until("it shows what came later", () => shown(viewer).at(-1)! > recorded);
  Atomics.store(words, 0, 1);
  await session.close();
  assertEquals(await viewer.ended.then(({ exitCode, stderr }) => [exitCode, stderr]), [0, ""]);
  const numbers = shown(viewer);
  assertEquals(numbers, range(numbers[0], numbers.length));
  assertEquals(numbers.at(-1), session.statistics().events - 1);
});

Deno.test("a viewer gets the metadata of 1,000 tracepoints that are declared while it looks", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const session = await startSession(daemon, { live: true, livePeriodMs: 1 });
  const event = numbered(session, "t:0");
  let n = 0;
  event(n++);
  await session.flush();
  const viewer = new Viewer(daemon.livePort, "here/s");
  await until("the viewer has come", () => {
    event(n++);
    return viewer.events.length > 0;
  });
  const first = n;
  for (let i = 1; i <= 1000; i++) {
    session.tracepoint(`t:${i}`, u32("n"))(n++);
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await session.close();
  assertEquals(await viewer.ended.then(({ exitCode, stderr }) => [exitCode, stderr]), [0, ""]);
  const seen = viewer.events.filter(({ fields }) => fields.n as number >= first);
  assertEquals(
    seen.map(({ name, fields }) => [name, fields.n]),
    range(1, 1000).map((i) => [`t:${i}`, first + i - 1]),
  );
  const { events } = await readTrace(daemon.output);
  assertEquals(events.map(({ fields }) => fields.n), range(0, n));
});

for (const how of ["end", "Deno.exit", "SIGTERM", "uncaught"]) {
  Deno.test(`what was recorded is at the daemon when the program ends: ${how}`, {
    ignore,
  }, async () => {
    await using daemon = await Daemon.start();
    const program = new URL("./exit_program.ts", import.meta.url).pathname;
    await runChild(program, [how, urlOf(daemon)]);
    const numbers = (await readTrace(daemon.output)).events.map(({ fields }) => fields.n as number);
    assertEquals(numbers.slice(0, 100), range(0, 100));
  });
}

Deno.test("two hosts stream to one daemon, and one viewer shows both, in the order of time", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const program = new URL("./host_program.ts", import.meta.url).pathname;
  const hosts = ["alpha", "beta"].map((host) =>
    runChild(program, [urlOf(daemon), host, "1000"], { flags: ["--allow-all"] })
  );
  for (const { code, stderr } of await Promise.all(hosts)) assertEquals(code, 0, stderr);
  const { events } = await readTrace(daemon.output);
  for (const host of ["alpha", "beta"]) {
    const numbers = events.filter((event) => event.host === host).map(({ fields }) => fields.n);
    assertEquals(numbers, range(0, 1000), host);
  }
  const changes = events.filter((event, i) => i > 0 && event.host !== events[i - 1].host);
  assert(changes.length > 10, `events of both between each other: ${changes.length} times`);
});

Deno.test("one viewer shows two hosts live, in the order of time", { ignore }, async () => {
  await using daemon = await Daemon.start();
  const hosts = ["alpha", "beta"];
  const sessions = await Promise.all(
    hosts.map((hostname) => startSession(daemon, { hostname, live: true, livePeriodMs: 2 })),
  );
  const events = sessions.map((session) => numbered(session));
  const both = (n: number): void => {
    for (const event of events) event(n);
  };
  both(0);
  for (const session of sessions) await session.flush();
  const viewer = new Viewer(daemon.livePort, hosts.map((host) => `${host}/s`));
  let first = 1;
  await until("the viewer has come", () => {
    both(first++);
    return hosts.every((one) => viewer.events.some(({ host }) => host === one));
  });
  for (const n of range(first, 100)) {
    both(n);
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  for (const session of sessions) await session.close();
  assertEquals(await viewer.ended.then(({ exitCode, stderr }) => [exitCode, stderr]), [0, ""]);
  for (const one of hosts) {
    const numbers = viewer.events.filter(({ host }) => host === one).map(({ fields }) => fields.n);
    assertEquals(numbers.slice(numbers.indexOf(first)), range(first, 100), one);
  }
  assertInOrder(viewer);
});

Deno.test("sessions of one name that begin at the same moment have a directory each", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const sessions = await Promise.all([0, 1, 2].map(() => startSession(daemon)));
  for (const [i, session] of sessions.entries()) numbered(session)(i);
  for (const session of sessions) await session.close();
  const { events } = await readTrace(daemon.output);
  assertEquals(events.map(({ fields }) => fields.n), [0, 1, 2]);
});

Deno.test("a clock of one's own goes to a daemon, however far behind, but not live", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  let time = 5;
  const clock = { name: "mine", now: () => time++ };
  const session = await startSession(daemon, { clock });
  const event = numbered(session);
  for (const n of range(0, 10)) {
    event(n);
    await session.flush();
  }
  await session.close();
  const { events } = await readTrace(daemon.output);
  const [{ timestampNs: first }] = events;
  assertEquals(events.map(({ fields }) => fields.n), range(0, 10));
  assert(events.at(-1)!.timestampNs - first < 100n);
  await assertRejects(
    () => startSession(daemon, { clock, live: true }),
    TypeError,
    'Cannot use clock "mine": a live session has one clock for all threads',
  );
});

Deno.test("a spill directory that nothing was spilled to is read with the daemon's", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const spill = `${daemon.output}-missed`;
  const session = await startSession(daemon, { spill });
  numbered(session)(7);
  await session.close();
  const { exitCode, stderr } = await eachEvent([daemon.output, spill], () => {});
  assertEquals([exitCode, stderr], [0, ""]);
});

Deno.test("TraceSession.start() refuses where there is no relay daemon", { ignore }, async () => {
  const [control, data] = freePorts(2);
  const output = `net://127.0.0.1:${control}:${data}`;
  await assertRejects(
    () => TraceSession.start({ output }),
    Error,
    `Cannot send a trace to ${output}: `,
  );
});
