import { assert, assertEquals, assertRejects } from "@std/assert";
import type { SessionOptions, TraceSession } from "@ltt/relay/session";
import {
  beside,
  ignore,
  numbered,
  range,
  readTrace,
  runChild,
  startSession,
  TempDirectory,
  TestWorker,
  until,
} from "./support.ts";
import { babeltraceMetadata } from "../ctf/babeltrace.ts";

/** Starts a flight recorder that keeps a few pages a thread. */
function startRecorder(
  directory: TempDirectory,
  options: SessionOptions = {},
): Promise<TraceSession> {
  return startSession(directory, {
    mode: "flight-recorder",
    subbufSize: 4096,
    nSubbufs: 4,
    ...options,
  });
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

/** Fails unless the numbers are a suffix of those from 0 to `count`, of at least three sub-buffers. */
function assertNewest(numbers: readonly number[] | undefined, count: number): void {
  assert(numbers !== undefined && numbers.length >= 1000, `${numbers?.length} of ${count}`);
  assertEquals(numbers, range(count - numbers.length, numbers.length));
}

Deno.test("snapshot() writes all there is while nothing is overwritten", { ignore }, async () => {
  using directory = new TempDirectory();
  await using session = await startRecorder(directory);
  const event = numbered(session);
  assertEquals((await readTrace(await session.snapshot())).events, []);
  for (let n = 0; n < 5; n++) event(n);
  const path = await session.snapshot();
  const trace = await readTrace(path);
  assertEquals(trace.numbers.get(0), range(0, 5));
  assertEquals(trace.discarded, []);
});

Deno.test("snapshot() writes the newest events of all threads, a suffix of each without gaps", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  await using session = await startRecorder(directory);
  const event = numbered(session);
  using a = new TestWorker();
  using b = new TestWorker();
  const cpus = await Promise.all([a.attach(session), b.attach(session)]);
  let n = 0;
  for (const more of [10_000, 1, 399, 0, 5000]) {
    for (const end = n + more; n < end; n++) event(n);
    for (const worker of [a, b]) await worker.tell({ type: "record", from: n - more, count: more });
    const trace = await readTrace(await session.snapshot(`after ${n}`));
    for (const cpu of [session.cpu!, ...cpus]) assertNewest(trace.numbers.get(cpu), n);
    assertEquals(trace.lostPackets, 0);
  }
});

Deno.test("snapshot() has the events of threads that are gone", { ignore }, async () => {
  using directory = new TempDirectory();
  await using session = await startRecorder(directory);
  {
    using worker = new TestWorker();
    await worker.attach(session);
    await worker.tell({ type: "record", from: 0, count: 20 });
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { events } = await readTrace(await session.snapshot());
  assertEquals(events.map(({ fields }) => fields.n), range(0, 20));
});

Deno.test("snapshot() while a worker is busy: what it misses is reported, the rest in order", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  await using session = await startRecorder(directory, { subbufSize: 16_384, nSubbufs: 8 });
  using worker = new TestWorker();
  const cpu = await worker.attach(session);
  const words = new Int32Array(new SharedArrayBuffer(8));
  await worker.tell({ type: "spin", words: words.buffer });
  await until("the buffers are full", () => Atomics.load(words, 1) > 50_000);
  for (let i = 0; i < 10; i++) {
    const before = Atomics.load(words, 1);
    const trace = await readTrace(await session.snapshot());
    const numbers = trace.numbers.get(cpu)!;
    const gaps = numbers.filter((n, i) => i > 0 && n !== numbers[i - 1] + 1).length;
    assert(numbers.every((n, i) => i === 0 || n > numbers[i - 1]), "in order");
    const reported = trace.discarded.filter(({ what }) => what === "packets").length;
    assertEquals(gaps, reported, "gaps are those babeltrace2 reports");
    assert(numbers.at(-1)! >= before - 1, `${numbers.at(-1)} is newer than ${before}`);
  }
  Atomics.store(words, 0, 1);
});

Deno.test("snapshot() can be asked for by a worker; each has a path and says why", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  await using session = await startRecorder(directory);
  using worker = new TestWorker();
  await worker.attach(session);
  numbered(session)(0);
  const paths = [
    await session.snapshot(),
    await session.snapshot("Slow request: /a?b=c"),
    await session.snapshot(`${"x".repeat(60)}"\n`),
  ];
  await worker.tell({ type: "snapshot" });
  paths.push(`${directory.path}/trace/snapshot-3-from-a-worker`);
  assertEquals(paths, [
    `${directory.path}/trace/snapshot-0`,
    `${directory.path}/trace/snapshot-1-Slow-request-a-b-c`,
    `${directory.path}/trace/snapshot-2-${"x".repeat(50)}`,
    `${directory.path}/trace/snapshot-3-from-a-worker`,
  ]);
  const reasons = ["", "Slow request: /a?b=c", `${"x".repeat(60)}\\"\\n`, "from a worker"];
  for (const [i, path] of paths.entries()) {
    const metadata = babeltraceMetadata(path);
    assert(metadata.includes(`snapshot = ${i};`), metadata);
    assert(metadata.includes(`snapshot_reason = "${reasons[i]}";`), metadata);
    assertEquals((await readTrace(path)).numbers.get(0), [0]);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o700);
  }
});

Deno.test("snapshot() from an error handler is written though nobody awaits it", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const { code, stderr } = await runChild(beside("flight_program.ts"), [directory.path]);
  assertEquals(code, 1);
  assert(stderr.includes("thrown on purpose"), stderr);
  const trace = await readTrace(`${directory.path}/snapshot-0-Error-thrown-on-purpose`);
  assertNewest(trace.numbers.get(0), 10_000);
});

Deno.test("a flight recorder writes nothing but snapshots, and tells what was lost", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startRecorder(directory, { maxCpus: 1 });
  numbered(session)(0);
  using worker = new TestWorker();
  assertEquals(await worker.attach(session), -1);
  await worker.tell({ type: "record", from: 0, count: 4 });
  await session.flush();
  assertEquals(namesIn(`${directory.path}/trace`), [".ltt-relay.lock"]);
  assertEquals((await readTrace(await session.snapshot())).lost, 4);
  await worker.tell({ type: "record", from: 0, count: 5 });
  assertEquals((await readTrace(await session.snapshot())).lost, 9);
  await session.close();
  assertEquals(namesIn(`${directory.path}/trace`), ["snapshot-0", "snapshot-1"]);
  await assertRejects(() => session.snapshot(), TypeError, "closed");
});

Deno.test("snapshot() is refused by a session that writes everything", { ignore }, async () => {
  using directory = new TempDirectory();
  await using session = await startSession(directory);
  await assertRejects(() => session.snapshot(), Error, "the session writes everything already");
});

Deno.test("snapshot() throws why it could not be written, and the next one can be", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  await using session = await startRecorder(directory);
  numbered(session)(0);
  Deno.writeTextFileSync(`${directory.path}/trace/snapshot-0`, "in the way");
  await assertRejects(() => session.snapshot(), Error, "snapshot-0");
  const trace = await readTrace(await session.snapshot());
  assertEquals(trace.numbers.get(0), [0]);
});

Deno.test("snapshotsAtExit takes a snapshot at an uncaught error and at the end, and no more", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const args = [directory.path, "snapshots at exit"];
  const { code } = await runChild(beside("flight_program.ts"), args);
  assertEquals(code, 1);
  const names = namesIn(directory.path).filter((name) => !name.startsWith("."));
  assertEquals(names[0], "snapshot-0-error");
  assert(names.length <= 2, `${names}`);
  for (const name of names) {
    assertNewest((await readTrace(`${directory.path}/${name}`)).numbers.get(0), 10_000);
  }
});

Deno.test("snapshotsAtExit: a recorder that is closed takes its last snapshot then", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const mode = "flight-recorder";
  const session = await startSession(directory, { mode, snapshotsAtExit: true });
  numbered(session)(1);
  await session.close();
  const { events } = await readTrace(`${directory.path}/trace/snapshot-0-close`);
  assertEquals(events.length, 1);
});

Deno.test(
  "a flight recorder replaces what an earlier session has written, and no snapshot is mixed",
  {
    ignore,
  },
  async () => {
    using directory = new TempDirectory();
    const path = `${directory.path}/trace`;
    const first = await startRecorder(directory, { statisticsDirectory: path });
    for (let n = 0; n < 5; n++) numbered(first)(n);
    for (const why of ["a", "b", "c"]) await first.snapshot(why);
    await first.close();
    const second = await startRecorder(directory);
    assertEquals(namesIn(path), [".ltt-relay.lock"]);
    numbered(second)(7);
    assertEquals((await readTrace(await second.snapshot("a"))).numbers.get(0), [7]);
    await second.close();
    assertEquals(namesIn(path), ["snapshot-0-a"]);
    const continuous = await startSession(directory);
    await continuous.close();
    assertEquals(namesIn(path), ["channel0_0", "metadata"]);
    await (await startRecorder(directory)).close();
    assertEquals(namesIn(path), []);
  },
);

Deno.test("a flight recorder refuses a directory with something else, and leaves it as it is", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const path = `${directory.path}/trace`;
  Deno.mkdirSync(`${path}/snapshot-0`, { recursive: true });
  Deno.writeTextFileSync(`${path}/snapshot-0/metadata`, "m");
  Deno.writeTextFileSync(`${path}/snapshot-0/thesis.txt`, "mine");
  const error = await assertRejects(() => startRecorder(directory), TypeError);
  const message = `Cannot write a trace to ${path}: it holds "snapshot-0/thesis.txt"`;
  assertEquals(error.message, message);
  assertEquals(namesIn(`${path}/snapshot-0`), ["metadata", "thesis.txt"]);
});

Deno.test("a directory that a flight recorder uses is refused, and that goes on", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const first = await startRecorder(directory);
  numbered(first)(1);
  for (const start of [startRecorder, startSession]) {
    await assertRejects(() => start(directory), TypeError, "another session does");
  }
  assertEquals((await readTrace(await first.snapshot())).numbers.get(0), [1]);
  await first.close();
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
