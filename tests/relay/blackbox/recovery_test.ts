import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BlackBox, BoxFile, recover } from "../../../relay/blackbox/mod.ts";
import type { TraceOutput } from "../../../relay/consume/mod.ts";
import { recoveredText } from "../../../relay/cli/recovered.ts";
import { TraceSession } from "@ltt/relay/session";
import { CONSUMED, NEXT, PFN, READER } from "../../../relay/ring/control.ts";
import { numbered, range, readTrace, TestWorker } from "../session/support.ts";
import {
  assertInOrder,
  BoxMemory,
  damage,
  killedNow,
  ManualCpu,
  packetsIn,
  recoverFrom,
  recoverTo,
  streamOf,
  SUPERBLOCK,
  WatchedBox,
} from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

/** Events with a number that a sub-buffer of a page holds. */
const A_PAGE = 401;

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
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 1000)) record(n);
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
  const session = await directory.start({ output: null, mode: "flight-recorder", nSubbufs: 4 });
  const record = numbered(session);
  for (const n of range(0, 10_000)) record(n);
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
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 5000)) record(n);
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
  assert(equal(Deno.readFileSync(file), before), "the black box is not what it was");
  manual[Symbol.dispose]();
  await session.close();
});

Deno.test("recover() of a living program changes nothing in its memory", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 1000)) record(n);
  const before = Deno.readFileSync(directory.box);
  const found = recoverTo(directory.box, directory.trace, true);
  assert(equal(Deno.readFileSync(directory.box), before), "the black box is not what it was");
  assertEquals([found.isAll, found.faults], [false, []]);
  const trace = await readTrace(directory.trace);
  assertEquals(trace.numbers.get(session.cpu!), range(0, 1000));
  await session.close();
});

for (const mode of ["flight-recorder", "continuous"] as const) {
  Deno.test(`recover() of a living program is not torn while a worker records: ${mode}`, {
    ignore: ignoreReading,
  }, async () => {
    using directory = new BoxDirectory();
    const session = await directory.start({ mode });
    using worker = new TestWorker();
    const cpu = await worker.attach(session);
    const words = new SharedArrayBuffer(8);
    const word = new Int32Array(words);
    await worker.tell({ type: "spin", words });
    let looks = 0;
    for (; looks < 5; looks++) {
      const recorded = Atomics.load(word, 1);
      while (Atomics.load(word, 1) < recorded + 2000);
      const path = `${directory.path}/look-${looks}`;
      const found = recoverTo(directory.box, path, true);
      assertEquals(found.faults, [], `look ${looks}: the program lives, and nothing is damaged`);
      const { numbers, lost, lostPackets } = await readTrace(path);
      const seen = numbers.get(cpu) ?? [];
      // What was written over, or lost, while nobody looked is told.
      if (lost === 0 && lostPackets === 0) {
        assertEquals(seen, range(seen[0] ?? 0, seen.length), `look ${looks}: without a gap`);
      }
      assertEquals(seen, seen.toSorted((a, b) => a - b), `look ${looks}: in order`);
      assertEquals(new Set(seen).size, seen.length, `look ${looks}: none twice`);
    }
    Atomics.store(word, 0, 1);
    await worker.tell({ type: "flush" });
    const { events, lost, cpus } = session.statistics();
    assertEquals(events + lost.full, Atomics.load(word, 1), "the session's own figures");
    if (mode === "continuous") {
      await session.close();
      const trace = await readTrace(directory.trace);
      assertEquals([trace.events.length, trace.lost], [events, lost.full], "the session's trace");
    } else {
      const path = await session.snapshot();
      const numbers = (await readTrace(path)).numbers.get(cpu)!;
      assertEquals(numbers.at(-1), Atomics.load(word, 1) - 1, "the last event of a snapshot");
      assertEquals(numbers, range(numbers[0], numbers.length), "a snapshot, without a gap");
      await session.close();
    }
    assertEquals(cpus.find((one) => one.cpu === cpu)!.events, events);
  });
}

Deno.test("recover() of a living program leaves the reader's words as they are", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ mode: "flight-recorder", output: null });
  const record = numbered(session);
  for (const n of range(0, 10_000)) record(n);
  const words = (): number[] => {
    const { control } = new BoxMemory(Deno.readFileSync(directory.box)).ring(session.cpu!);
    return [control[READER], control[CONSUMED]];
  };
  const before = words();
  recoverTo(directory.box, directory.trace, true);
  assertEquals(words(), before, "READER and CONSUMED");
  await session.close();
});

Deno.test("recover() of a living program leaves out what is written over while it copies", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, mode: "flight-recorder", nSubbufs: 4 });
  const record = numbered(session);
  let next = 0;
  const fill = (events: number): void => {
    for (let i = 0; i < events; i++) record(next++);
  };
  fill(10 * A_PAGE);
  using box = new WatchedBox(directory.box, false);
  const ring = new BoxMemory(Deno.readFileSync(directory.box)).ring(session.cpu!);
  const subbufs = ring.runs.map((_, index) => ring.subbufAddress(index));
  // The program fills two more sub-buffers whenever one is about to be copied, for some time.
  let times = 0;
  box.beforeRead = (address) => {
    if (subbufs.includes(address) && times++ < 3) fill(2 * A_PAGE);
  };
  const found = recoverFrom(box, directory.trace, true);
  assert(times > 0, "nothing was copied");
  assertEquals(found.faults, [], "nothing is damaged, the program only went on");
  const numbers = (await readTrace(directory.trace)).numbers.get(session.cpu!) ?? [];
  assertEquals(numbers, range(numbers[0], numbers.length), "without a gap");
  assert(numbers.length > A_PAGE, `${numbers.length} events`);
  await session.close();
});

Deno.test("recover() of a living program has no packet that ends before its last event", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  let next = 0;
  const fill = (events: number): void => {
    for (let i = 0; i < events; i++) record(next++);
  };
  fill(A_PAGE / 2);
  using box = new WatchedBox(directory.box, false);
  const memory = new BoxMemory(Deno.readFileSync(directory.box));
  const control = memory.control(session.cpu!);
  // Between its state and its ring's words, and then again: into the next sub-buffer.
  let times = 0;
  box.beforeRead = (address) => {
    if (address === control && times++ < 4) fill(A_PAGE / 2);
  };
  const found = recoverFrom(box, directory.trace, true);
  assert(times > 1, "its words were not read");
  assertEquals(found.faults, []);
  const trace = await readTrace(directory.trace);
  const numbers = trace.numbers.get(session.cpu!) ?? [];
  assertEquals(numbers, range(0, numbers.length), "without a gap");
  assert(numbers.length > 0, "no event");
  const packets = packetsIn(directory.trace, session.cpu!);
  assertInOrder(packets, "of a living program");
  await session.close();
});

Deno.test("recover() of a living program knows tracepoints that are declared while it looks", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session, "t:first")(1);
  using box = new WatchedBox(directory.box, false);
  const state = new BoxMemory(Deno.readFileSync(directory.box)).state(session.cpu!);
  let isDeclared = false;
  // What was known of tracepoints is read before any stream.
  box.beforeRead = (address) => {
    if (address !== state || isDeclared) return;
    isDeclared = true;
    numbered(session, "t:second")(2);
  };
  recoverFrom(box, directory.trace, true);
  assert(isDeclared, "the stream's state was not read");
  const { events } = await readTrace(directory.trace);
  assertEquals(events.map(({ name }) => name), ["t:first", "t:second"]);
  await session.close();
});

let ofTwoThreads: Uint8Array | null = null;

/** A black box of two threads with a thousand events each, on CPUs 0 and 1, whose program is gone. */
async function twoThreads(directory: BoxDirectory): Promise<string> {
  ofTwoThreads ??= await recordTwoThreads();
  const file = `${directory.path}/killed`;
  Deno.writeFileSync(file, ofTwoThreads);
  return file;
}

async function recordTwoThreads(): Promise<Uint8Array> {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 1000)) record(n);
  using worker = new TestWorker();
  assertEquals([session.cpu, await worker.attach(session)], [0, 1]);
  await worker.tell({ type: "record", from: 0, count: 1000 });
  const bytes = Deno.readFileSync(directory.box);
  await session.close();
  return bytes;
}

Deno.test("recover() names a ring that is gone, and takes the others whole", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  let address = 0;
  damage(file, (memory) => {
    address = memory.control(0);
    new Uint8Array(memory.ram, address, 4096).fill(0);
  });
  const found = recoverTo(file, directory.trace);
  const fault = `CPU 0: Cannot look at a ring at ${address}: there is none of this version`;
  assertEquals([found.faults, found.faultCount], [[fault], 1]);
  assertEquals(found.streams.map(({ cpu }) => cpu), [1]);
  const { numbers } = await readTrace(directory.trace);
  assertEquals([...numbers], [[1, range(0, 1000)]]);
});

Deno.test("recover() names a packet whose header is damaged, and takes the others", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    // Sub-buffer 0 has only the begin of the stream.
    const address = memory.ring(0).subbufAddress(2);
    new DataView(memory.ram, address).setUint32(80, 3, true);
  });
  const found = recoverTo(file, directory.trace);
  assertEquals(found.faults, [
    "CPU 0: Cannot read sub-buffer 2: its packet's header is damaged",
  ]);
  assertEquals(streamOf(found, 0).subbufs, 2);
  const { numbers, lostPackets } = await readTrace(directory.trace);
  const first = numbers.get(0)!.findIndex((n, i) => n !== i);
  assert(first > 300 && numbers.get(0)!.at(-1) === 999, `of CPU 0: ${numbers.get(0)}`);
  assertEquals(lostPackets, 1, "packets babeltrace2 warns of");
  assertEquals(numbers.get(1), range(0, 1000));
});

Deno.test("recover() of a living program names a damaged packet once, and takes what follows", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    new DataView(memory.ram, memory.ring(0).subbufAddress(2)).setUint32(80, 3, true);
  });
  const { faults, faultCount } = recoverTo(file, directory.trace, true);
  const fault = "CPU 0: Cannot read sub-buffer 2: its packet's header is damaged";
  assertEquals([faults, faultCount], [[fault], 1]);
  const { numbers } = await readTrace(directory.trace);
  assertEquals([numbers.get(0)!.at(-1), numbers.get(1)], [999, range(0, 1000)]);
});

Deno.test("recover() names a sub-buffer that is no packet at all", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    new Uint8Array(memory.ram, memory.ring(0).subbufAddress(2), 4096).fill(0);
  });
  const { faults } = recoverTo(file, directory.trace);
  assertEquals(faults, ["CPU 0: Cannot read a packet at byte 0: none begins there"]);
});

Deno.test("recover() names a packet with an event that cannot be", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    // The ID of the packet's first event: no such tracepoint.
    const address = memory.ring(0).subbufAddress(2);
    new DataView(memory.ram, address).setUint16(84, 77, true);
  });
  const found = recoverTo(file, directory.trace);
  assertEquals([found.faultCount, found.faults[0]?.startsWith("CPU 0: Cannot ")], [1, true]);
  assertEquals([streamOf(found, 0).subbufs, streamOf(found, 1).events], [2, 1000]);
});

Deno.test("recover() takes frames for one ring only", { ignore: ignoreReading }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  let pfn = 0;
  damage(file, (memory) => {
    // The second ring says that its control page is the first's.
    pfn = memory.control(0) / 4096;
    memory.words[memory.streamWord(1) + 1] = pfn;
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, [
    `CPU 1: Cannot take 1 pages at page ${pfn} for a control page: page ${pfn} has another use`,
  ]);
  assertEquals(streams.map(({ cpu }) => cpu), [0]);
  assertEquals((await readTrace(directory.trace)).numbers.get(0), range(0, 1000));
});

Deno.test("recover() takes frames for one sub-buffer only", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  let pfn = 0;
  damage(file, (memory) => {
    // The second ring says that its fourth sub-buffer is the first one's third.
    pfn = memory.ring(0).subbufAddress(2) / 4096;
    memory.words[memory.ring(1).records[3] + PFN] = pfn;
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, [
    `CPU 1: Cannot take 1 pages at page ${pfn} for a sub-buffer: page ${pfn} has another use`,
  ]);
  assertEquals(streams.map(({ cpu }) => cpu), [0]);
});

Deno.test("recover() names a ring that says it is another CPU's", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    const [first, second] = [0, 1].map((cpu) => memory.streamWord(cpu) + 1);
    const { words } = memory;
    [words[first], words[second]] = [words[second], words[first]];
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, [
    "CPU 0: Cannot read the ring: it says it is CPU 1's",
    "CPU 1: Cannot read the ring: it says it is CPU 0's",
  ]);
  assertEquals(streams, []);
});

Deno.test("recover() names a stream's state that is damaged", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    new Float64Array(memory.ram, memory.state(0), 1)[0] = NaN;
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, ["CPU 0: Cannot read the stream's state: it is damaged"]);
  assertEquals(streams.map(({ cpu }) => cpu), [1]);
});

Deno.test(
  "recover() names a ring whose control pages go round in a circle",
  { ignore },
  async () => {
    using directory = new BoxDirectory();
    const file = await twoThreads(directory);
    let pfn = 0;
    damage(file, (memory) => {
      pfn = memory.control(0) / 4096;
      memory.words[memory.control(0) / 4 + NEXT] = pfn;
    });
    const { faults } = recoverTo(file, directory.trace);
    assertEquals(faults, [
      `CPU 0: Cannot take 1 pages at page ${pfn} for a control page: page ${pfn} has another use`,
    ]);
  },
);

Deno.test("recover() names twenty faults at most, and counts them all", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, nSubbufs: 32 });
  const record = numbered(session);
  for (const n of range(0, 30 * A_PAGE)) record(n);
  const file = killedNow(directory);
  await session.close();
  damage(file, (memory) => {
    const ring = memory.ring(0);
    for (let index = 2; index < 27; index++) {
      new DataView(memory.ram, ring.subbufAddress(index)).setUint32(80, 9, true);
    }
  });
  const { faults, faultCount } = recoverTo(file, directory.trace);
  assertEquals([faults.length, faultCount], [20, 25]);
});

for (
  const [what, word, value] of [
    ["that is none", 0, 0],
    ["with more metadata than there is room for", 6, 2 ** 30],
    ["with less than no metadata", 6, -1],
  ] as const
) {
  Deno.test(`recover() refuses a registry ${what}, and makes no streams`, { ignore }, async () => {
    using directory = new BoxDirectory();
    const file = await twoThreads(directory);
    let address = 0;
    damage(file, (memory) => {
      address = memory.registry;
      memory.words[address / 4 + word] = value;
    });
    const message = word === 0
      ? `Cannot look at a registry at ${address}: there is none of this version`
      : `Cannot look at the registry at ${address}: it is damaged`;
    assertThrows(() => recoverTo(file, directory.trace), TypeError, message);
    assertEquals([...Deno.readDirSync(directory.trace)].map(({ name }) => name), ["metadata"]);
  });
}

Deno.test("recover() refuses metadata that makes no sense", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    // Where the registry's text begins: "/* CTF 1.8 */".
    new Uint8Array(memory.ram, memory.registry + 676 * 1024, 40).fill(0x7d);
  });
  assertThrows(() => recoverTo(file, directory.trace), Error, "Cannot ");
  assertEquals(Deno.readTextFileSync(`${directory.trace}/metadata`), "", "nothing is handed on");
});

Deno.test("recover() throws what its output throws", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  const full = new Error("the disk is full");
  const output: TraceOutput = {
    name: "nowhere",
    metadata: () => {},
    packet: () => {
      throw full;
    },
    provisional: () => {},
    close: () => {},
  };
  using box = new BoxFile(file, false);
  assertThrows(() => recover(box, output, false), Error, "the disk is full");
});

/** A black box of which the program is gone, its superblock damaged. */
function superblock(
  { box: file }: BoxDirectory,
  body: (view: DataView) => void,
  options: { readonly checksum?: boolean } = {},
): string {
  const box = new BlackBox(file, 16);
  const facts = { pid: 7, startedAt: "today", mode: "continuous", output: null, nodes: [16] };
  box.describe({ registryPfn: 1, cpus: 2, uuid: new Uint8Array(16), facts });
  box.close();
  damage(file, ({ superblock }) => body(superblock), options);
  return file;
}

const FRAMES = 24;
const refused: [string, (view: DataView) => void, string, boolean?][] = [
  ["that is none", (view) => view.setUint8(0, 0x58), "it is none"],
  [
    "of a higher version",
    (view) => view.setUint32(8, 2, true),
    "it has version 2, and this module knows 1",
  ],
  [
    "whose checksum is wrong",
    (view) => view.setUint32(32, 1, true),
    "its superblock is damaged",
    false,
  ],
  ["without a superblock", (view) => clear(view), "its program has recorded nothing"],
  [
    "with other pages",
    (view) => view.setUint32(20, 8192, true),
    "its pages have 8192 bytes, not 4096",
  ],
  ["without pages", (view) => view.setUint32(FRAMES, 0, true), "it says it has 0 pages"],
  [
    "with pages beyond 2 GiB",
    (view) => view.setUint32(FRAMES, 2 ** 19, true),
    "it says it has 524288 pages",
  ],
  ["without CPUs", (view) => view.setUint32(32, 0, true), "it says it has 0 CPUs"],
  [
    "with CPUs there cannot be",
    (view) => view.setUint32(32, 4000, true),
    "it says it has 4000 CPUs",
  ],
  [
    "with a text beyond its page",
    (view) => view.setUint32(36, 4041, true),
    "it says its text has 4041 bytes",
  ],
  ["whose text is no JSON", (view) => view.setUint8(56, 0x5b), "its text is none"],
  ["whose text lacks something", (view) => view.setUint32(36, 2, true), "its text is none"],
];

/** Leaves what a program leaves that is killed before it has described its box. */
function clear(view: DataView): void {
  for (let at = 16; at < SUPERBLOCK; at++) view.setUint8(at, 0);
}

for (const [what, body, why, checksum = true] of refused) {
  Deno.test(`BoxFile() refuses a file ${what}`, { ignore }, () => {
    using directory = new BoxDirectory();
    const file = superblock(directory, body, { checksum });
    const error = assertThrows(() => new BoxFile(file, false), TypeError);
    assertEquals(error.message, `Cannot read black box ${file}: ${why}`);
  });
}

for (const [frames, size] of [[-1, "less"], [1, "more"]] as const) {
  Deno.test(`BoxFile() refuses a file that says it has ${size} pages than there are`, {
    ignore,
  }, () => {
    using directory = new BoxDirectory();
    let says = 0;
    const file = superblock(directory, (view) => {
      says = view.getUint32(FRAMES, true) + frames;
      view.setUint32(FRAMES, says, true);
    });
    const { size } = Deno.statSync(file);
    const error = assertThrows(() => new BoxFile(file, false), TypeError);
    const why = `it has ${size} bytes, and says ${SUPERBLOCK + 4096 * says}`;
    assertEquals(error.message, `Cannot read black box ${file}: ${why}`);
  });
}

for (const size of [0, 100, 4095]) {
  Deno.test(`BoxFile() refuses a file that was cut off at ${size} bytes`, { ignore }, () => {
    using directory = new BoxDirectory();
    const file = superblock(directory, () => {});
    Deno.truncateSync(file, size);
    const error = assertThrows(() => new BoxFile(file, false), TypeError);
    assertEquals(error.message, `Cannot read black box ${file}: it is none`);
  });
}

Deno.test("BoxFile() refuses a file that was cut off in RAM", { ignore }, () => {
  using directory = new BoxDirectory();
  const file = superblock(directory, () => {});
  const { size } = Deno.statSync(file);
  Deno.truncateSync(file, 100_000);
  const error = assertThrows(() => new BoxFile(file, false), TypeError);
  const why = `it has 100000 bytes, and says ${size}`;
  assertEquals(error.message, `Cannot read black box ${file}: ${why}`);
});

Deno.test("BoxFile() refuses a directory", { ignore }, () => {
  using directory = new BoxDirectory();
  const error = assertThrows(() => new BoxFile(directory.path, false), TypeError);
  assertEquals(error.message, `Cannot read black box ${directory.path}: it is no file`);
});

Deno.test("recover() names what was cut off while it reads", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  using box = new BoxFile(file, false);
  // The state of the first stream comes before its ring.
  const address = new BoxMemory(Deno.readFileSync(file)).control(0);
  Deno.truncateSync(file, SUPERBLOCK + address);
  const { faults, streams } = recoverFrom(box, directory.trace, false);
  assertEquals(
    faults[0],
    `CPU 0: Cannot read black box ${file}: 4096 bytes at ${address} are not there`,
  );
  assertEquals(streams, []);
});

Deno.test("recoveredText() prints names that would move a cursor harmlessly", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  numbered(session);
  using manual = new ManualCpu(session, "\x1b]0;owned\x07\x9b2J\r\nmain");
  manual.event(1);
  const file = killedNow(directory);
  manual[Symbol.dispose]();
  await session.close();
  const found = recoverTo(file, directory.trace);
  const { facts } = new BoxFile(file, false).info;
  const hostile = { ...facts, startedAt: "\x1b[2Jnow", output: "/tmp/\x1b[2J" };
  const faults = ["CPU 3: \x1b[31mred\x9b"];
  const text = recoveredText("trace", hostile, { ...found, faults, faultCount: 1 }, null);
  // deno-lint-ignore no-control-regex
  const controls = text.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g);
  assertEquals(controls, null, JSON.stringify(text));
  assertStringIncludes(text, "?]0;owned??2J??main");
  assertStringIncludes(text, "damaged, left out: CPU 3: ?[31mred?");
});

for (
  const [mode, output, isCompleted] of [
    ["continuous", "/traces/t", true],
    ["continuous", "net://host", false],
    ["continuous", null, false],
    // What is there are snapshots, each a trace of its own.
    ["flight-recorder", "/traces/t", false],
  ] as const
) {
  const what = `${mode} to ${output}`;
  Deno.test(`recoveredText() names a trace only where --out completes one: ${what}`, () => {
    const facts = { pid: 7, startedAt: "now", mode, output, nodes: [16] };
    const found = { streams: [], faults: [], faultCount: 0, isAll: true };
    const text = recoveredText("t", facts, found, null);
    assertEquals(text.includes("--out there completes that"), isCompleted, text);
  });
}

Deno.test("recoveredText() tells the first faults, and how many more there are", () => {
  const facts = { pid: 7, startedAt: "now", mode: "continuous", output: null, nodes: [16] };
  const faults = ["CPU 0: this", "CPU 1: that"];
  const found = { streams: [], faults, faultCount: 5, isAll: true };
  const text = recoveredText("my trace", facts, found, null);
  const told =
    "\n  damaged, left out: CPU 0: this\n  damaged, left out: CPU 1: that\n  and 3 more\n";
  assertStringIncludes(text, told);
  assertStringIncludes(text, "\n  babeltrace2 'my trace'\n");
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
