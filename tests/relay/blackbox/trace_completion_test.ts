import { TraceSession } from "@ltt/relay/session";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BoxFile, TraceCompletion } from "../../../relay/blackbox/mod.ts";
import { CANNOT_MOUNT, Disk } from "../disk.ts";
import { filesIn } from "../files.ts";
import { assertInOrder, packetsIn } from "../packets.ts";
import { numbered, range, readTrace, TestWorker } from "../session/support.ts";
import { complete, killedAfterFlush, killedWithTrace, recording } from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

Deno.test("TraceCompletion() adds what the directory of a killed session lacks", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start();
  const record = numbered(session);
  using worker = new TestWorker();
  const cpu = await worker.attach(session);
  for (const n of range(0, 1000)) record(n);
  await worker.tell({ type: "record", from: 0, count: 10 });
  await session.flush();
  const { file, trace } = await killedWithTrace(directory, async () => {
    for (const n of range(1000, 1000)) record(n);
    await worker.tell({ type: "record", from: 10, count: 800, name: "t:new" });
  });
  const { added, faults, streams } = complete(file, trace);
  assertEquals(faults, []);
  assertEquals(added, 3 + 3, "packets that were missing or provisional");
  const { numbers, lost, lostPackets } = await readTrace(trace);
  assertEquals(numbers.get(session.cpu!), range(0, 2000), "of the thread");
  assertEquals(numbers.get(cpu), range(0, 810), "of the worker");
  assertEquals([lost, lostPackets], [0, 0]);
  assertEquals(streams.map(({ cpu }) => cpu), [session.cpu!, cpu]);
  await session.close();
});

Deno.test("TraceCompletion() makes the stream of a CPU that had written nothing", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start();
  numbered(session)(1);
  await session.flush();
  const { file, trace } = await killedWithTrace(directory);
  const path = `${trace}/channel0_${session.cpu}`;
  Deno.removeSync(path);
  assertEquals(complete(file, trace).faults, []);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), [1]);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600, "only the user reads it");
  await session.close();
});

for (const [what, cut] of [["half of it", 2000], ["its header", 4095], ["a byte", 1]] as const) {
  Deno.test(`TraceCompletion() mends a packet at the end that lacks ${what}`, {
    ignore: ignoreReading,
  }, async () => {
    using directory = new BoxDirectory();
    const { session, file, trace } = await killedAfterFlush(directory, 1000, 0);
    const path = `${trace}/channel0_${session.cpu}`;
    Deno.truncateSync(path, Deno.statSync(path).size - cut);
    assertEquals(complete(file, trace).added, 1, "packets that were missing");
    const { numbers } = await readTrace(trace);
    assertEquals(numbers.get(session.cpu!), range(0, 1000));
    assertInOrder(packetsIn(trace, session.cpu!), "completed");
    await session.close();
  });
}

Deno.test("TraceCompletion() cuts off what is no whole packet, though nothing takes its place", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 10, 0);
  const path = `${trace}/channel0_${session.cpu}`;
  const { size } = Deno.statSync(path);
  Deno.writeFileSync(path, Deno.readFileSync(path).subarray(0, 50), { append: true });
  using box = new BoxFile(file, false);
  new TraceCompletion(trace, box.info.uuid).close();
  assertEquals(Deno.statSync(path).size, size);
  await session.close();
});

Deno.test("TraceCompletion() puts the whole packet in the place of a provisional one", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 10, 10);
  const before = packetsIn(trace, session.cpu!);
  const { added } = complete(file, trace);
  const after = packetsIn(trace, session.cpu!);
  assertEquals([added, after.length], [1, before.length], "packets added, and in the file");
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 20), "none twice");
  await session.close();
});

Deno.test("TraceCompletion() puts the rest in the place of a provisional packet, and behind it", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 600, 1000);
  complete(file, trace);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 1600));
  assertInOrder(packetsIn(trace, session.cpu!), "completed");
  await session.close();
});

Deno.test("TraceCompletion() replaces a last packet of which a part was not written", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 1600, {
    output: directory.trace,
    subbufSize: 16384,
  });
  await session.flush();
  const { file, trace } = await killedWithTrace(directory);
  // A program that is killed while it writes a packet over a provisional one of as many pages has
  // written the first of them.
  const path = `${trace}/channel0_${session.cpu}`;
  const bytes = Deno.readFileSync(path);
  bytes.fill(0, bytes.length - 4096);
  Deno.writeFileSync(path, bytes);
  complete(file, trace);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 1600));
  await session.close();
});

Deno.test("TraceCompletion() tells losses that came after those the last packet tells", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ maxCpus: 1 });
  const part = TraceSession.attach(session.handle);
  const record = numbered(part);
  record(0);
  record(1);
  await session.flush();
  for (const n of range(2, 5)) record(n);
  const { file, trace } = await killedWithTrace(directory);
  const { streams } = complete(file, trace);
  assertEquals(streams.map(({ cpu, lost }) => [cpu, lost]), [[1, 7]], "in the report");
  assertEquals((await readTrace(trace)).lost, 7, "in the trace");
  await session.close();
});

Deno.test("TraceCompletion() goes on with metadata that was cut off anywhere", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 10, 0);
  const path = `${trace}/metadata`;
  const whole = Deno.readTextFileSync(path);
  Deno.truncateSync(path, whole.length - 20);
  complete(file, trace);
  assertEquals(Deno.readTextFileSync(path), whole);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 10));
  await session.close();
});

Deno.test("TraceCompletion() of a trace that is complete changes no byte", { ignore }, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 600, 1000);
  complete(file, trace);
  const before = filesIn(trace);
  const { added, streams } = complete(file, trace);
  assertEquals([added, streams.length], [0, 1], "packets added, and streams found");
  assertEquals(filesIn(trace), before);
  await session.close();
});

Deno.test("TraceCompletion() throws that the disk is full, and leaves whole packets", {
  ignore: ignoreReading || CANNOT_MOUNT,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 600, 2000);
  // Room for two more packets.
  const pages = [...filesIn(trace).values()].map(({ length }) => Math.ceil(length / 4096));
  const room = 4096 * (pages.reduce((sum, count) => sum + count, 0) + 2);
  using disk = new Disk(`${directory.path}/disk`, room);
  for (const [name, bytes] of filesIn(trace)) Deno.writeFileSync(`${disk.path}/${name}`, bytes);
  const before = packetsIn(disk.path, session.cpu!).length;
  assertThrows(() => complete(file, disk.path), Error, "No space left on device");
  const packets = packetsIn(disk.path, session.cpu!);
  assert(packets.length > before, `${packets.length} packets of ${before}`);
  assertInOrder(packets, "on a full disk");
  const { numbers } = await readTrace(disk.path);
  const count = numbers.get(session.cpu!)!.length;
  assertEquals(numbers.get(session.cpu!), range(0, count));
  assert(count > 600 && count < 2600, `${count} events`);
  await session.close();
});

Deno.test("TraceCompletion() throws that it may not write", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 10, 0);
  const { openSync } = Deno;
  const denied = new Deno.errors.PermissionDenied("as told");
  // The tests may run as a user who may do everything.
  Deno.openSync = (path, options) => {
    if (options?.write && String(path).includes("channel0_")) throw denied;
    return openSync(path, options);
  };
  try {
    assertThrows(() => complete(file, trace), Deno.errors.PermissionDenied, "as told");
  } finally {
    Deno.openSync = openSync;
  }
  // It is free again.
  assertEquals(complete(file, trace).faults, []);
  await session.close();
});
