/*
 * A black box is looked at while its program lives, and goes on.
 */
import { assert, assertEquals } from "@std/assert";
import { CONSUMED, READER } from "../../../relay/ring/control.ts";
import { assertUnchanged } from "../files.ts";
import { assertInOrder, packetsIn } from "../packets.ts";
import { numbered, range, readTrace, TestWorker } from "../session/support.ts";
import {
  A_PAGE,
  BoxMemory,
  damage,
  recording,
  recoverFrom,
  recoverTo,
  twoThreads,
  WatchedBox,
} from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

Deno.test("recover() of a living program changes nothing in its memory", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 1000);
  const before = Deno.readFileSync(directory.box);
  const found = recoverTo(directory.box, directory.trace, true);
  assertUnchanged(directory.box, before);
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
  const { session } = await recording(directory, 10_000, { mode: "flight-recorder" });
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
