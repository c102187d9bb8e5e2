import { TraceSession } from "@ltt/relay/session";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  BoxFile,
  drain,
  DrainLock,
  recover,
  type Recovered,
  TraceCompletion,
} from "../../../relay/blackbox/mod.ts";
import type { TraceOutput } from "../../../relay/consume/mod.ts";
import { CONSUMED, CPU, OPEN_SLOTS, OPENED, READER } from "../../../relay/ring/control.ts";
import { numbered, range, readTrace, TestWorker, until } from "../session/support.ts";
import {
  BoxMemory,
  cannotMount,
  damage,
  killedNow,
  mountDisk,
  newTrace,
  streamOf,
  unmountDisk,
} from "./boxes.ts";
import type { KilledOrder } from "./killed_order.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

/** What a drain is told of on its way. */
interface Watch {
  /** Called when a packet is written, with how many that are. */
  readonly packet?: (packets: number) => void;
  readonly signal?: AbortSignal;
  /** Initially a new trace. */
  readonly output?: (box: BoxFile) => TraceOutput;
}

/** Drains a black box to a directory, until its program ends or the signal is aborted. */
async function drainTo(
  file: string,
  trace: string,
  { packet = () => {}, signal, output = () => newTrace(trace) }: Watch = {},
): Promise<Recovered> {
  using box = new BoxFile(file, true);
  using lock = new DrainLock(box);
  const inner = output(box);
  let packets = 0;
  try {
    return await drain(lock, {
      name: inner.name,
      metadata: (bytes) => inner.metadata(bytes),
      packet: (cpu, pieces) => {
        inner.packet(cpu, pieces);
        packet(++packets);
      },
      provisional: (cpu, packet) => inner.provisional(cpu, packet),
      close: () => {},
    }, signal);
  } finally {
    inner.close();
  }
}

Deno.test("drain() takes more than the rings hold, and all of it or says what was lost", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  using worker = new TestWorker("worker");
  const cpu = await worker.attach(session);
  const drained = drainTo(directory.box, directory.trace);
  const record = numbered(session);
  for (const round of range(0, 10)) {
    for (const n of range(1000 * round, 1000)) record(n);
    // 8 sub-buffers hold some 3,200.
    await worker.tell({ type: "record", from: 1000 * round, count: 1000 });
  }
  const { events, lost, cpus } = session.statistics();
  await session.close();
  const found = await drained;
  assertEquals([found.isAll, found.faults], [true, []]);
  const trace = await readTrace(directory.trace);
  assertEquals([trace.events.length, trace.lost, trace.lostPackets], [events, lost.full, 0]);
  assertEquals(events + lost.full, 20_000, "events recorded and lost");
  for (const { cpu, lost } of cpus) {
    assertEquals(streamOf(found, cpu).lost, lost, `lost on CPU ${cpu}, in the report`);
  }
  assertEquals(streamOf(found, cpu).thread, "worker");
});

Deno.test("drain() loses nothing while it keeps up", { ignore: ignoreReading }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  let next = 0;
  const fill = (): void => {
    for (let i = 0; i < 401; i++) record(next++);
  };
  fill();
  fill();
  // A packet that is written makes room for another one.
  const drained = drainTo(directory.box, directory.trace, {
    packet: (packets) => {
      if (packets < 40) fill();
      else if (packets === 40) session.close();
    },
  });
  const found = await drained;
  const trace = await readTrace(directory.trace);
  assertEquals(trace.numbers.get(session.cpu ?? 0), range(0, next));
  assertEquals([trace.lost, next > 12_000, found.isAll], [0, true, true]);
});

Deno.test("drain() counts events, and the sub-buffers that have any", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 1000)) record(n);
  const { bytes } = session.statistics();
  await session.close();
  const { subbufs, ...counts } = streamOf(await drainTo(directory.box, directory.trace), 0);
  assertEquals([subbufs, counts.bytes], [3, bytes], "sub-buffers and bytes");
  assertEquals(counts.events, 1000, "events");
});

Deno.test("drain() writes what is not delivered too, while the program goes on", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const drained = drainTo(directory.box, directory.trace);
  const record = numbered(session);
  for (const n of range(0, 5)) record(n);
  await until("the events are in the trace", () => sizeOf(`${directory.trace}/channel0_0`) > 4096);
  assertEquals((await readTrace(directory.trace)).numbers.get(0), range(0, 5), "meanwhile");
  for (const n of range(5, 5)) record(n);
  await session.close();
  await drained;
  assertEquals((await readTrace(directory.trace)).numbers.get(0), range(0, 10), "in the end");
});

Deno.test("drain() tells what threads without a CPU have lost", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, maxCpus: 1 });
  const record = numbered(TraceSession.attach(session.handle));
  const drained = drainTo(directory.box, directory.trace);
  for (const n of range(0, 7)) record(n);
  await session.close();
  assertEquals(streamOf(await drained, 1).lost, 7, "in the report");
  assertEquals((await readTrace(directory.trace)).lost, 7, "in the trace");
});

Deno.test("drain() takes all of a program that is killed, the rest included", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const order: KilledOrder = {
    box: directory.box,
    journal: `${directory.path}/journal`,
    output: null,
    mode: "continuous",
    threads: 2,
    subbufSize: 4096,
    nSubbufs: 64,
    burst: 100,
  };
  const program = new URL("./killed_program.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", program, JSON.stringify(order)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  const found = await drainTo(directory.box, directory.trace, {
    packet: (packets) => packets === 50 && child.kill("SIGKILL"),
  });
  await reader.cancel();
  assertEquals([(await child.status).signal, found.isAll, found.faults], ["SIGKILL", true, []]);
  const trace = await readTrace(directory.trace);
  const journal = new Uint32Array(Deno.readFileSync(order.journal).buffer);
  for (const [cpu, numbers] of trace.numbers) {
    const [thread] = new Set(
      trace.events.filter(({ packetContext }) => packetContext.cpu_id === cpu)
        .map(({ fields }) => fields.thread as number),
    );
    const [begun, done] = journal.subarray(2 * thread);
    const all = numbers.length + streamOf(found, cpu).lost;
    assert(all >= done && all <= begun, `thread ${thread}: ${all} of ${done}, or ${begun} begun`);
    assertEquals(numbers, numbers.toSorted((a, b) => a - b), `thread ${thread}: in order`);
  }
  assertEquals(trace.numbers.size, 2, "threads");
});

Deno.test(
  "drain() goes on where another process was killed",
  { ignore: ignoreReading },
  async () => {
    using directory = new BoxDirectory();
    const session = await directory.start({ output: null });
    const record = numbered(session);
    for (const n of range(0, 2000)) record(n);
    const program = new URL("./drain_program.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", program, directory.box, directory.trace],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGKILL");
    await Promise.all([child.status, reader.cancel()]);
    for (const n of range(2000, 500)) record(n);
    const drained = drainTo(directory.box, directory.trace, {
      output: (box) => new TraceCompletion(directory.trace, box.info.uuid),
    });
    for (const n of range(2500, 100)) record(n);
    await session.close();
    assertEquals((await drained).isAll, true);
    const trace = await readTrace(directory.trace);
    assertEquals([trace.numbers.get(0), trace.lost], [range(0, 2600), 0]);
  },
);

Deno.test("drain() follows one that was killed to a directory of its own", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 2000)) record(n);
  // A consumer that was killed leaves READER behind, and what it has not consumed.
  const memory = new BoxMemory(Deno.readFileSync(directory.box)).ring(0).control;
  assertEquals([memory[READER], memory[CONSUMED]], [0, 0]);
  const controller = new AbortController();
  const first = await drainTo(directory.box, directory.trace, {
    signal: controller.signal,
    packet: (packets) => packets === 2 && controller.abort(),
  });
  assertEquals(first.isAll, false);
  for (const n of range(2000, 1000)) record(n);
  const second = `${directory.path}/second`;
  const drained = drainTo(directory.box, second);
  await session.close();
  assertEquals((await drained).isAll, true);
  const [before, after] = [
    (await readTrace(directory.trace)).numbers.get(0)!,
    (await readTrace(second)).numbers.get(0)!,
  ];
  assertEquals(before, range(0, before.length), "the first one's");
  assertEquals([before.includes(after[0] - 1), after], [true, range(after[0], 3000 - after[0])]);
});

Deno.test("drain() refuses what its own session writes", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start();
  const error = await assertRejects(() => drainTo(directory.box, `${directory.path}/other`));
  const why = `its own session writes it to ${directory.trace}`;
  assertEquals((error as Error).message, `Cannot drain ${directory.box}: ${why}`);
  await session.close();
});

Deno.test("drain() refuses a flight recorder", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, mode: "flight-recorder" });
  const error = await assertRejects(() => drainTo(directory.box, directory.trace));
  const why = "it is a flight recorder's, which --live looks at";
  assertEquals((error as Error).message, `Cannot drain ${directory.box}: ${why}`);
  await session.close();
});

Deno.test("drain() refuses a second one, and the first goes on", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const first = drainTo(directory.box, directory.trace);
  const error = await assertRejects(() => drainTo(directory.box, `${directory.path}/second`));
  const why = "another process does";
  assertEquals((error as Error).message, `Cannot drain ${directory.box}: ${why}`);
  numbered(session)(1);
  await session.close();
  assertEquals((await first).isAll, true);
  assertEquals((await readTrace(directory.trace)).numbers.get(0), [1]);
});

Deno.test("drain() that is aborted leaves a trace, and recover() gets the rest", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 2000)) record(n);
  const controller = new AbortController();
  const found = await drainTo(directory.box, directory.trace, {
    signal: controller.signal,
    packet: (packets) => packets === 3 && controller.abort(),
  });
  assertEquals([found.isAll, found.faultCount], [false, 0]);
  for (const n of range(2000, 1000)) record(n);
  await session.close();
  using box = new BoxFile(directory.box, true);
  assertEquals([box.tryLock(), box.state], [true, "holds a trace"]);
  const output = new TraceCompletion(directory.trace, box.info.uuid);
  const rest = recover(box, output, false);
  output.close();
  assertEquals([rest.isAll, rest.faults], [true, []]);
  const trace = await readTrace(directory.trace);
  assertEquals([trace.numbers.get(0), trace.lost], [range(0, 3000), 0]);
});

Deno.test("drain() lets other work of its thread have its turn while packets keep coming", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  const fill = (): void => {
    for (let n = 0; n < 401; n++) record(n);
  };
  fill();
  fill();
  const controller = new AbortController();
  const turn = setTimeout(() => controller.abort());
  const most = 500;
  let written = 0;
  const found = await drainTo(directory.box, directory.trace, {
    signal: controller.signal,
    packet: (packets) => {
      written = packets;
      if (packets < most) fill();
      else controller.abort();
    },
  });
  clearTimeout(turn);
  assertEquals(found.isAll, false);
  assert(written < most, `${written} packets, and a timer that was due had no turn`);
  await session.close();
});

Deno.test("drain() throws what its output throws, and another one can follow", {
  ignore: ignoreReading || cannotMount(),
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  for (const n of range(0, 2000)) record(n);
  const disk = `${directory.path}/disk`;
  Deno.mkdirSync(disk);
  assert(mountDisk(disk, 4 * 4096));
  try {
    const error = await assertRejects(() => drainTo(directory.box, disk));
    assertStringIncludes((error as Error).message, "No space left on device");
  } finally {
    unmountDisk(disk);
  }
  const drained = drainTo(directory.box, directory.trace);
  await session.close();
  await drained;
  const numbers = (await readTrace(directory.trace)).numbers.get(0)!;
  assertEquals(numbers, range(2000 - numbers.length, numbers.length));
  assert(numbers.length > 401, `${numbers.length} events`);
});

/** What is damaged in the stream of CPU 0 of a program that is gone, and what is told of it. */
const damages:
  readonly (readonly [what: string, body: (memory: BoxMemory) => void, told: string])[] = [
    [
      "whose state has no numbers",
      (memory) => new Float64Array(memory.ram, memory.state(0), 8).fill(NaN),
      "Cannot read the stream's state: it is damaged",
    ],
    [
      "whose state lies outside",
      (memory) => memory.words[memory.streamWord(0)] = 2 ** 30,
      "Cannot take 32 pages at page 1073741824 for a stream's state",
    ],
    [
      "that says it is another CPU's",
      (memory) => memory.words[memory.control(0) / 4 + CPU] = 3,
      "Cannot read the ring: it says it is CPU 3's",
    ],
    [
      "that has opened no sub-buffer's begin",
      (memory) => memory.words[memory.control(0) / 4 + OPENED] = 77,
      "Cannot repair the ring at",
    ],
    [
      "with fewer than no slots",
      (memory) => memory.words[memory.control(0) / 4 + OPEN_SLOTS] = -3,
      "Cannot repair the ring at",
    ],
    [
      "whose reader is within a sub-buffer",
      (memory) => memory.words[memory.control(0) / 4 + CONSUMED] = 13,
      "Cannot repair the ring at",
    ],
  ];
for (const [what, body, told] of damages) {
  Deno.test(`drain() names a ring ${what}, and takes the others`, {
    ignore: ignoreReading,
  }, async () => {
    using directory = new BoxDirectory();
    const session = await directory.start({ output: null });
    numbered(session)(0);
    using worker = new TestWorker();
    assertEquals(await worker.attach(session), 1);
    await worker.tell({ type: "record", from: 0, count: 1000 });
    const file = killedNow(directory);
    await session.close();
    damage(file, body);
    const { faults, faultCount, streams } = await drainTo(file, directory.trace);
    assertEquals([faultCount, faults[0].slice(0, 7 + told.length)], [1, `CPU 0: ${told}`]);
    assertEquals(streams.map(({ cpu, events }) => [cpu, events]), [[1, 1000]]);
    assertEquals((await readTrace(directory.trace)).numbers.get(1), range(0, 1000));
  });
}

Deno.test("DrainLock() refuses a link in the place of its file", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  Deno.symlinkSync(`${directory.path}/victim`, `${directory.box}.drained`);
  using box = new BoxFile(directory.box, true);
  assertThrows(() => new DrainLock(box), TypeError, "box.drained is something else");
  assertEquals([...Deno.readDirSync(directory.path)].some(({ name }) => name === "victim"), false);
  await session.close();
});

Deno.test("DrainLock() of a program that is drained is given free once", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  using box = new BoxFile(directory.box, true);
  {
    using _ = new DrainLock(box);
    assertThrows(() => new DrainLock(box), TypeError, "another process does");
  }
  using _ = new DrainLock(box);
  await session.close();
});

Deno.test("drain() leaves no file behind", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const drained = drainTo(directory.box, directory.trace);
  await session.close();
  await drained;
  const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
  assertEquals(names.sort(), ["box", "trace"]);
});

/** Bytes of a file, 0 if it is not there. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
