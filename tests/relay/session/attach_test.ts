/*
 * Threads, and parts of one, that come to a session: which CPU they get, and when none.
 */
import { TraceSession } from "@ltt/relay/session";
import { assert, assertEquals } from "@std/assert";
import { ignore, numbered, readTrace, startSession, TempDirectory, TestWorker } from "./support.ts";

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

Deno.test("a thread for which no CPU is left is refused once, however long it has tried", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  await using session = await startSession(directory, { maxCpus: 1 });
  await using late = TraceSession.attach(session.handle);
  assertEquals([session.cpu, late.cpu], [0, null]);
  const [, refused] = new Int32Array(session.handle.pool.table);
  assertEquals(refused, 1);
});

Deno.test("attach() to a session that is closed does not wait, and gets no CPU", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  for (const maxCpus of [1, 8]) {
    const session = await startSession(directory, { maxCpus });
    await session.close();
    const { unattached } = session.statistics().lost;
    const { wait } = Atomics;
    let waits = 0;
    Object.assign(Atomics, {
      wait: (...args: Parameters<typeof wait>) => {
        waits++;
        return wait(...args);
      },
    });
    await using late = TraceSession.attach(session.handle);
    Object.assign(Atomics, { wait });
    assertEquals([waits, late.cpu], [0, null], "waits, and the CPU");
    numbered(late)(0);
    assertEquals(session.statistics().lost.unattached, unattached, "nothing is recorded any more");
  }
});

Deno.test("attach() that waits for a CPU ends when the session is closed", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  // In a table of its own no CPU comes up for the worker.
  const { pool } = session.handle;
  const table = new SharedArrayBuffer(pool.table.byteLength);
  using late = new TestWorker();
  const begin = performance.now();
  const handle = { ...session.handle, pool: { ...pool, table } };
  const cpu = late.tell({ type: "attach", handle });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await session.close();
  assertEquals(await cpu, -1);
  const ms = performance.now() - begin;
  assert(ms < 900, `${ms} ms`);
});
