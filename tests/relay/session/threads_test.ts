import type { TraceSession } from "@ltt/relay/session";
import { assert, assertEquals } from "@std/assert";
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
  WorkersInTurn,
} from "./support.ts";

/** Has a worker record until it is told otherwise. */
async function spin(worker: TestWorker, paceMs?: number): Promise<Int32Array<SharedArrayBuffer>> {
  const words = new Int32Array(new SharedArrayBuffer(8));
  await worker.tell({ type: "spin", words: words.buffer, ...(paceMs && { paceMs }) });
  return words;
}

/** Events a session has lost. */
function lostOf(session: TraceSession): number {
  return Object.values(session.statistics().lost).reduce((sum, n) => sum + n, 0);
}

Deno.test("workers record at the same time, each in a stream of its own", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  using a = new TestWorker();
  using b = new TestWorker();
  using c = new TestWorker();
  const cpus = await Promise.all([a, b, c].map((worker) => worker.attach(session)));
  assertEquals(new Set([...cpus, session.cpu]).size, 4);
  const event = numbered(session);
  const done = Promise.all(
    [a, b, c].map((worker, i) => worker.tell({ type: "record", from: i * 100_000, count: 20_000 })),
  );
  for (let n = 0; n < 20_000; n++) event(n);
  await done;
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.numbers.get(0), range(0, 20_000));
  for (const [i, cpu] of cpus.entries()) {
    assertEquals(trace.numbers.get(cpu), range(i * 100_000, 20_000), `worker ${i}`);
  }
  assertAgrees(session, trace);
});

Deno.test("events of more workers than CPUs are lost, and counted in statistics and trace", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { maxCpus: 2 });
  using a = new TestWorker();
  using b = new TestWorker();
  assertEquals(await a.attach(session), 1);
  assertEquals(await b.attach(session), -1);
  await a.tell({ type: "record", from: 0, count: 10 });
  await b.tell({ type: "record", from: 0, count: 7 });
  await session.flush();
  assertEquals((await readTrace(`${directory.path}/trace`)).lost, 7, "after flush()");
  await b.tell({ type: "record", from: 0, count: 5 });
  assertEquals(session.statistics().lost.unattached, 12);
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.lost, 12);
  assertEquals([...trace.numbers], [[1, range(0, 10)]]);
});

Deno.test("what a worker has recorded is written when it is terminated in the middle", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 65_536 });
  using worker = new TestWorker();
  const cpu = await worker.attach(session);
  const words = await spin(worker);
  await until("it records", () => Atomics.load(words, 1) > 1000);
  worker[Symbol.dispose]();
  const said = Atomics.load(words, 1);
  // The runtime ends a busy worker when it likes.
  Atomics.store(words, 0, 1);
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  const numbers = trace.numbers.get(cpu)!;
  assert(numbers.length >= said || trace.lost > 0, `${numbers.length} of ${said}`);
  const { events, lost } = session.statistics();
  assertEquals(trace.lost, lost.full);
  assert(events - numbers.length <= 1, `${events} counted, ${numbers.length} in the trace`);
  if (lost.full === 0) assertEquals(numbers, range(0, numbers.length));
});

Deno.test("what a worker has recorded is written when it throws or ends, whatever comes then", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  using a = new TestWorker();
  const cpu = await a.attach(session);
  await a.tell({ type: "record", from: 0, count: 10 });
  try {
    await a.tell({ type: "throw" });
  } catch {
    // As told.
  }
  using b = new TestWorker();
  const other = await b.attach(session);
  await b.tell({ type: "record", from: 100, count: 10 });
  await b.tell({ type: "close" });
  await b.tell({ type: "record", from: 200, count: 3 });
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  const all = [...new Set([cpu, other])].flatMap((cpu) => [...trace.numbers.get(cpu)!]);
  assertEquals(all, [...range(0, 10), ...range(100, 10)]);
  assertEquals(session.statistics().lost.unattached, 3);
  assertEquals(trace.lost, 3);
});

Deno.test(
  "a main thread that is busy for 2 s, and records more than the buffers hold, loses nothing",
  {
    ignore,
  },
  async () => {
    using directory = new TempDirectory();
    // 512 KiB, of which 3 MB are recorded.
    const session = await startSession(directory, { subbufSize: 65_536, nSubbufs: 8 });
    const event = numbered(session);
    const begin = performance.now();
    let n = 0;
    for (let ms = 0; ms < 2000; ms++) {
      for (let i = 0; i < 150; i++) event(n++);
      while (performance.now() - begin < ms);
    }
    await session.close();
    assertEquals(lostOf(session), 0);
    assertEquals(session.statistics().events, 300_000);
    const trace = await readTrace(`${directory.path}/trace`);
    assertEquals(trace.discarded, []);
    assert(trace.numbers.get(0)!.every((number, i) => number === i), "in order");
    assertEquals(trace.events.length, 300_000);
  },
);

Deno.test("50 workers one after the other use CPUs again, and lose nothing", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { maxCpus: 4 });
  const event = numbered(session);
  const expected: number[] = [];
  const cpus = new Set<number>();
  using workers = new WorkersInTurn(50);
  for (let i = 0; i < 50; i++) {
    using worker = workers.next();
    const cpu = await worker.attach(session);
    assert(cpu > 0, `worker ${i} has a CPU`);
    cpus.add(cpu);
    await worker.tell({ type: "record", from: 10 * i, count: 10 });
    expected.push(...range(10 * i, 10));
    event(i);
  }
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertAgrees(session, trace);
  assertEquals(trace.numbers.get(0), range(0, 50));
  const others = [...cpus].flatMap((cpu) => [...trace.numbers.get(cpu)!]);
  assertEquals(others.sort((a, b) => a - b), expected);
  assertEquals(trace.lostPackets, 0);
});

Deno.test("flush() writes what a busy worker has recorded up to then", { ignore }, async () => {
  using directory = new TempDirectory();
  // No sub-buffer is filled: the files change at each flush() only.
  const session = await startSession(directory, { subbufSize: 2 ** 20 });
  using worker = new TestWorker();
  const cpu = await worker.attach(session);
  const words = await spin(worker, 0.02);
  for (let i = 0; i < 5; i++) {
    const before = Atomics.load(words, 1);
    await session.flush();
    const recorded = (await readTrace(`${directory.path}/trace`)).numbers.get(cpu) ?? [];
    assert(recorded.length >= before, `${recorded.length} of ${before}`);
    assertEquals(recorded, range(0, recorded.length));
  }
  Atomics.store(words, 0, 1);
  await session.close();
});

Deno.test("close() while workers record waits for none of them, and the trace has all they say", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096, nSubbufs: 64 });
  using a = new TestWorker();
  using b = new TestWorker();
  await Promise.all([a.attach(session), b.attach(session)]);
  const words = await Promise.all([spin(a), spin(b)]);
  await until("they record", () => words.every((word) => Atomics.load(word, 1) > 5000));
  await session.close();
  const said = session.statistics();
  assert(words.every((word) => Atomics.load(word, 0) === 0), "they go on");
  for (const word of words) Atomics.store(word, 0, 1);
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.lostPackets, 0);
  // An event may be under way on each thread when the session is closed.
  const missing = said.events - trace.events.length;
  assert(missing >= 0 && missing <= 2, `${missing} events are counted and not written`);
  assert(Math.abs(lostOf(session) - trace.lost) <= 2, `${lostOf(session)} and ${trace.lost} lost`);
});

Deno.test("recorded and lost are all that was attempted, at full speed into tiny buffers", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096, nSubbufs: 2 });
  using a = new TestWorker();
  using b = new TestWorker();
  const workers = [a, b];
  const cpus = await Promise.all(workers.map((worker) => worker.attach(session)));
  await Promise.all(
    workers.map((worker) => worker.tell({ type: "record", from: 0, count: 300_000 })),
  );
  await session.close();
  const { events, lost } = session.statistics();
  assertEquals(events + lost.full, 600_000);
  const trace = await readTrace(`${directory.path}/trace`);
  assertAgrees(session, trace);
  assert(lost.full > 0, "the buffers were full");
  for (const cpu of cpus) {
    const numbers = trace.numbers.get(cpu)!;
    assert(numbers.every((n, i) => i === 0 || n > numbers[i - 1]), `CPU ${cpu} in order`);
  }
});
