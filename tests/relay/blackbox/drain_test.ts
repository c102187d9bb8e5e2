import { TraceSession } from "@ltt/relay/session";
import { assert, assertEquals } from "@std/assert";
import { sizeOf } from "../files.ts";
import { numbered, range, readTrace, TestWorker, until } from "../session/support.ts";
import { A_PAGE, recording, streamOf } from "./boxes.ts";
import { drainTo } from "./drains.ts";
import type { KilledOrder } from "./killed_order.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

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
    for (let i = 0; i < A_PAGE; i++) record(next++);
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
  const { session } = await recording(directory, 1000);
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

Deno.test("drain() lets other work of its thread have its turn while packets keep coming", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const record = numbered(session);
  const fill = (): void => {
    for (let n = 0; n < A_PAGE; n++) record(n);
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

Deno.test("drain() leaves no file behind", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const drained = drainTo(directory.box, directory.trace);
  await session.close();
  await drained;
  const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
  assertEquals(names.sort(), ["box", "trace"]);
});
