import { TraceSession } from "@ltt/relay/session";
import { assert, assertEquals } from "@std/assert";
import { assertUnchanged } from "../files.ts";
import { assertInOrder, packetsIn } from "../packets.ts";
import { numbered, range, readTrace, TestWorker } from "../session/support.ts";
import { A_PAGE, killedNow, ManualCpu, recording, recoverTo, streamOf } from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

Deno.test("recover() takes what every thread had recorded, delivered or not", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const counts = new Map([[session.cpu!, 1000]]);
  const record = numbered(session);
  for (const n of range(0, 1000)) record(n);
  using worker = new TestWorker("worker");
  using other = new TestWorker("other");
  // One within its first sub-buffer, one in the middle of its third.
  for (const [one, count] of [[worker, 7], [other, 900]] as const) {
    counts.set(await one.attach(session), count);
    await one.tell({ type: "record", from: 0, count });
  }
  const { cpus, events, bytes } = session.statistics();
  const found = recoverTo(killedNow(directory), directory.trace);
  const trace = await readTrace(directory.trace);
  for (const [cpu, count] of counts) {
    assertEquals(trace.numbers.get(cpu), range(0, count), `numbers of CPU ${cpu}`);
  }
  assertEquals([trace.lost, trace.lostPackets], [0, 0], "babeltrace2 warns of losses");
  assertEquals([found.faults, found.faultCount, found.isAll], [[], 0, true]);
  assertEquals(
    found.streams.map(({ cpu, thread, bytes, openSlots, lost }) => ({
      cpu,
      thread,
      bytes,
      openSlots,
      lost,
    })),
    cpus.map(({ cpu, thread, bytes }) => ({ cpu, thread, bytes, openSlots: 0, lost: 0 })),
  );
  assertEquals(found.streams.reduce((sum, stream) => sum + stream.bytes, 0), bytes, `of ${events}`);
  await session.close();
});

Deno.test("recover() counts events, and the sub-buffers that have any", { ignore }, async () => {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 1000);
  const found = recoverTo(killedNow(directory), directory.trace);
  const { events, bytes } = session.statistics();
  const { subbufs, ...counts } = streamOf(found, session.cpu!);
  assertEquals([subbufs, counts.bytes], [3, bytes], "sub-buffers and bytes");
  assertEquals([counts.events, events], [1000, 1000], "events");
  await session.close();
});

Deno.test("recover() tells of an open slot, counts it as lost, and invents nothing behind it", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session);
  using manual = new ManualCpu(session);
  for (const n of range(0, 5)) manual.event(n);
  manual.reserve(5);
  const found = recoverTo(killedNow(directory), directory.trace);
  const { openSlots, lost, thread } = streamOf(found, manual.cpu);
  assertEquals([openSlots, lost, thread, found.faults], [1, 1, "by hand", []]);
  const trace = await readTrace(directory.trace);
  assertEquals(trace.numbers.get(manual.cpu), range(0, 5));
  const [{ eventsDiscarded }] = packetsIn(directory.trace, manual.cpu);
  assertEquals(eventsDiscarded, 1, "events discarded of the packet");
  manual[Symbol.dispose]();
  await session.close();
});

Deno.test("recover() leaves out what follows an open slot in its nest, and counts it", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session);
  using manual = new ManualCpu(session);
  for (const n of range(0, 300)) manual.event(n);
  manual.reserve(300);
  for (const n of range(301, 2)) manual.event(n);
  const found = recoverTo(killedNow(directory), directory.trace);
  const { openSlots, lost } = streamOf(found, manual.cpu);
  assertEquals([openSlots, lost], [1, 3], "open slots, and events lost");
  const trace = await readTrace(directory.trace);
  assertEquals(trace.numbers.get(manual.cpu), range(0, 300));
  assertEquals(trace.lost, 3, "events babeltrace2 warns of");
  manual[Symbol.dispose]();
  await session.close();
});

Deno.test("recover() keeps what follows an open slot in the next sub-buffer", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session);
  using manual = new ManualCpu(session);
  // 222 events of 18 bytes fit in a page behind a packet's header of 84.
  for (const n of range(0, 220)) manual.event(n);
  manual.reserve(220);
  manual.event(221);
  for (const n of range(222, 10)) manual.event(n);
  const found = recoverTo(killedNow(directory), directory.trace);
  const { openSlots, lost } = streamOf(found, manual.cpu);
  assertEquals([openSlots, lost], [1, 2], "open slots, and events lost");
  const trace = await readTrace(directory.trace);
  assertEquals(trace.numbers.get(manual.cpu), [...range(0, 220), ...range(222, 10)]);
  manual[Symbol.dispose]();
  await session.close();
});

Deno.test("recover() takes the newest of a ring that is written over, without a gap", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 10_000, { mode: "flight-recorder", nSubbufs: 4 });
  const found = recoverTo(killedNow(directory), directory.trace);
  const { subbufs, lost } = streamOf(found, session.cpu!);
  const trace = await readTrace(directory.trace);
  const numbers = trace.numbers.get(session.cpu!)!;
  assertEquals(numbers, range(10_000 - numbers.length, numbers.length), "without a gap");
  assert(numbers.length >= 3 * A_PAGE, `${numbers.length} events of four sub-buffers`);
  assertEquals([subbufs, lost, trace.lost], [4, 0, 0]);
  assertInOrder(packetsIn(directory.trace, session.cpu!), "recovered");
  await session.close();
});

Deno.test("recover() tells in trace and report what was lost because buffers were full", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 5000);
  const { lost: { full }, events } = session.statistics();
  assert(full > 1000, `${full} lost`);
  const found = recoverTo(killedNow(directory), directory.trace);
  const trace = await readTrace(directory.trace);
  assertEquals(streamOf(found, session.cpu!).lost, full, "in the report");
  assertEquals(trace.lost, full, "in the trace");
  assertEquals(trace.numbers.get(session.cpu!), range(0, events), "events");
  await session.close();
});

Deno.test("recover() tells in trace and report what threads without a CPU have lost", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, maxCpus: 1 });
  numbered(session)(0);
  const part = TraceSession.attach(session.handle);
  assertEquals(part.cpu, null);
  const record = numbered(part);
  for (const n of range(0, 7)) record(n);
  assertEquals(session.statistics().lost.unattached, 7);
  const found = recoverTo(killedNow(directory), directory.trace);
  // The session's own CPU, the last one, tells of them.
  assertEquals(streamOf(found, 1).lost, 7, "in the report");
  const trace = await readTrace(directory.trace);
  assertEquals(trace.numbers.get(0), [0]);
  assertEquals(trace.lost, 7, `in the trace, babeltrace2 says: ${trace.stderr}`);
  await session.close();
});

Deno.test("recover() says nothing of a CPU that was claimed and has recorded nothing", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  using worker = new TestWorker();
  const cpu = await worker.attach(session);
  numbered(session)(1);
  const found = recoverTo(killedNow(directory), directory.trace);
  assertEquals(found.streams.map((stream) => stream.cpu), [session.cpu!]);
  assertEquals([found.faults, found.isAll], [[], true]);
  const trace = await readTrace(directory.trace);
  assertEquals([trace.numbers.get(session.cpu!), trace.numbers.get(cpu)], [[1], undefined]);
  await session.close();
});

Deno.test("recover() of a session that has recorded nothing is a trace without events", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const found = recoverTo(killedNow(directory), directory.trace);
  assertEquals(found, { streams: [], faults: [], faultCount: 0, isAll: true });
  assertEquals((await readTrace(directory.trace)).events, []);
  await session.close();
});

Deno.test("recover() knows the tracepoints that several threads have declared", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session, "main:n")(1);
  using worker = new TestWorker();
  await worker.attach(session);
  for (const name of ["worker:a", "worker:b", "main:n"]) {
    await worker.tell({ type: "record", from: 2, count: 1, name });
  }
  recoverTo(killedNow(directory), directory.trace);
  const { events } = await readTrace(directory.trace);
  const names = events.map(({ name, packetContext, fields }) =>
    `${packetContext.cpu_id} ${name} ${fields.n}`
  );
  assertEquals(names.sort(), ["0 main:n 1", "1 main:n 2", "1 worker:a 2", "1 worker:b 2"]);
  await session.close();
});

Deno.test("recover() has the contexts of events", { ignore: ignoreReading }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, contexts: ["cpu", "worker"] });
  numbered(session)(1);
  recoverTo(killedNow(directory), directory.trace);
  const { events: [event] } = await readTrace(directory.trace);
  assertEquals(event.eventContext, { cpu_id: session.cpu!, worker_name: "main" });
  await session.close();
});

Deno.test("recover() leaves the file of a dead program as it is", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session);
  using manual = new ManualCpu(session);
  manual.event(1);
  manual.reserve(2);
  const file = killedNow(directory);
  const before = Deno.readFileSync(file);
  recoverTo(file, directory.trace);
  assertUnchanged(file, before);
  manual[Symbol.dispose]();
  await session.close();
});
