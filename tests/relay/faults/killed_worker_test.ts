import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuWorker, type RingBuffer, RingChannel } from "@ltt/relay/ring";
import { assert, assertEquals } from "@std/assert";
import type { Order } from "../ring/cpu_program.ts";
import { readEvents } from "../ring/events.ts";
import {
  ignore,
  numbered,
  range,
  readTrace,
  startSession,
  TempDirectory,
  TestWorker,
  until,
} from "../session/support.ts";
import type { Stuck } from "./stuck_thread_program.ts";

const STUCK_CPU = new URL("./stuck_cpu_program.ts", import.meta.url);
const STUCK_THREAD = new URL("./stuck_thread_program.ts", import.meta.url);
const CPU = new URL("../ring/cpu_program.ts", import.meta.url);

/** Bytes of a sub-buffer, which has room for 256 events. */
const SUBBUF_SIZE = 4096;

/** Tells the worker of a CPU to do something, and resolves to its answer. */
function tell({ worker }: CpuWorker, order: Order): Promise<number> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(order);
  });
}

/** Lets a worker go on that waits for a word. */
function release(words: Int32Array<SharedArrayBuffer>, word: number): void {
  Atomics.store(words, word, 1);
  Atomics.notify(words, word);
}

/** Sub-buffers that are delivered, each with the numbers of its events. */
function read(ring: RingBuffer): { seq: number; torn: number; events: number[] }[] {
  using reader = ring.reader();
  const all = [];
  for (let subbuf; (subbuf = reader.getNextSubbuf()) !== null;) {
    all.push({ seq: subbuf.seq, torn: subbuf.lost.torn, events: readEvents(subbuf) });
    reader.putNextSubbuf();
  }
  return all;
}

for (const mode of ["discard", "overwrite"] as const) {
  Deno.test(
    `CpuWorker.terminate() within a slot cuts there, counts it, and leaves others alone, in ${mode} mode`,
    {
      ignore,
    },
    async () => {
      const machine = new Machine({ nodes: [1024], cpus: 3, online: [0] });
      const channel = RingChannel.open(Relay.start(machine), {
        baseFilename: "t",
        subbufSize: SUBBUF_SIZE,
        nSubbufs: 4,
        mode,
      });
      const channels = [channel];
      const stuck = await CpuWorker.start(machine, 1, { module: STUCK_CPU, channels });
      const other = await CpuWorker.start(machine, 2, { module: CPU, channels });
      await Promise.all([stuck.up(), other.up()]);
      const words = new Int32Array(new SharedArrayBuffer(12));
      words[0] = 300;
      stuck.worker.postMessage(words.buffer);
      assertEquals(await tell(other, { type: "write", from: 0, count: 300 }), 0, "events refused");
      await until("the worker is within a slot", () => Atomics.load(words, 1) === 1);
      const dying = stuck.terminate();
      release(words, 2);
      assertEquals(
        await tell(other, { type: "write", from: 300, count: 300 }),
        0,
        "events refused",
      );
      await dying;

      assertEquals([...machine.cpus.online].sort(), [0, 2], "its CPU is down, the other one up");
      const ring = channel.buf[1]!;
      assertEquals(ring.lost, { ...channel.buf[0]!.lost, torn: 1 }, "the slot is counted, once");
      assertEquals(read(ring), [
        { seq: 0, torn: 0, events: range(0, 256) },
        { seq: 1, torn: 1, events: range(256, 44) },
      ], "whole up to the last event committed, and nothing of the slot");

      const next = await CpuWorker.start(machine, 1, { module: CPU, channels });
      await next.up();
      assertEquals(
        await tell(next, { type: "write", from: 1000, count: 300 }),
        0,
        "events refused",
      );
      await Promise.all([next.down(), other.down()]);
      assertEquals(read(ring), [
        { seq: 2, torn: 1, events: range(1000, 256) },
        { seq: 3, torn: 1, events: range(1256, 44) },
      ], "another thread goes on behind it");
      const others = read(channel.buf[2]!);
      assertEquals(others.flatMap(({ events }) => events), range(0, 600), "the other CPU's events");
      assertEquals(others.at(-1)!.torn, 0, "losses of the other CPU");
      await Promise.all([next.terminate(), other.terminate()]);
      channel.close();
      assertEquals(machine.snapshot().nodes[0].inUse, [], "nothing is left when it is closed");
    },
  );
}

Deno.test(
  "a worker that is terminated within an event loses that alone, and its CPU is used again",
  {
    ignore,
  },
  async () => {
    using directory = new TempDirectory();
    const session = await startSession(directory, { maxCpus: 3, subbufSize: 4096 });
    const event = numbered(session);
    using beside = new TestWorker();
    const besideCpu = await beside.attach(session);
    const words = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(STUCK_THREAD, { type: "module" });
    // Three sub-buffers, and part of a fourth.
    const count = 1500;
    worker.postMessage({ handle: session.handle, count, words: words.buffer } satisfies Stuck);
    const cpu = await new Promise<number>((resolve) =>
      worker.onmessage = ({ data }) => resolve(data)
    );
    assert(cpu > 0, "the worker has a CPU");
    await until("it is within an event", () => Atomics.load(words, 0) === 1);
    for (let n = 0; n < 1000; n++) event(n);
    await beside.tell({ type: "record", from: 0, count: 1000 });
    worker.terminate();
    release(words, 1);
    for (let n = 1000; n < 2000; n++) event(n);
    await beside.tell({ type: "record", from: 1000, count: 1000 });
    await until("its event is counted as lost", () => session.statistics().lost.torn === 1);

    using next = new TestWorker();
    assertEquals(await next.attach(session), cpu, "another thread gets the CPU, the only one left");
    await next.tell({ type: "record", from: 5000, count: 1000 });
    await next.tell({ type: "close" });
    const { events, lost } = session.statistics();
    assertEquals(events, 2000 + 2000 + count + 1000, "events recorded");
    assertEquals(lost, { ...lost, full: 0, wrap: 0, torn: 1, offline: 0, unattached: 0 }, "lost");
    await session.close();
    const trace = await readTrace(`${directory.path}/trace`);
    assertEquals(trace.numbers.get(cpu), [...range(0, count), ...range(5000, 1000)]);
    assertEquals(trace.numbers.get(0), range(0, 2000), "the main thread's events");
    assertEquals(trace.numbers.get(besideCpu), range(0, 2000), "the other worker's events");
    assertEquals([trace.lost, trace.lostPackets], [1, 0], "babeltrace2 warns of the one event");
    assertEquals(trace.discarded.map(({ stream }) => stream.split("/").at(-1)), [
      `channel0_${cpu}`,
    ]);
  },
);
