/**
 * A program of the tests that goes round and round: `cycles_program.ts HOW MODE`. It prints what it has of
 * the process and of the machine, once it has gone round a few times and when it has gone round often.
 */
import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuPool, type CpuPoolHandle, RingChannel, type RingReader } from "@ltt/relay/ring";
import { readEvents, writeEvents } from "../ring/events.ts";

declare const gc: () => void;

const [how, mode] = Deno.args as ["up and down" | "claim and release", "discard" | "overwrite"];
/** Events of a round. */
const EVENTS = 5;

const machine = new Machine({ nodes: [256], cpus: 2, online: [0] });
const channel = RingChannel.open(Relay.start(machine), {
  baseFilename: "t",
  subbufSize: 4096,
  nSubbufs: 4,
  mode,
  switchTimerMs: 1000,
});

/** Entries of a directory of the system's. */
const count = (path: string): number => [...Deno.readDirSync(path)].length;

/** What would grow if anything was left of a round. */
async function measure() {
  // Whatever waits for the event loop has its turn, and workers that were terminated end.
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (let times = 0; times < 3; times++) gc();
  const { log, ...snapshot } = machine.snapshot();
  return {
    heap: Deno.memoryUsage().heapUsed,
    external: Deno.memoryUsage().external,
    files: count("/proc/self/fd"),
    threads: count("/proc/self/task"),
    logged: log.entries.length + log.dropped,
    snapshot,
  };
}

let written = 0;
let reader: RingReader | null = null;

/** Reads what CPU 1 has delivered; fails unless it is all that was written. */
function read(): void {
  reader ??= channel.buf[1]!.reader();
  const events: number[] = [];
  for (let subbuf; (subbuf = reader.getNextSubbuf()) !== null;) {
    events.push(...readEvents(subbuf));
    reader.putNextSubbuf();
  }
  const isAll = events.length === EVENTS && events.every((n, i) => n === written - EVENTS + i);
  if (!isAll) throw new Error(`Round ${written / EVENTS}: read ${events}`);
}

function upAndDown(): void {
  machine.hotplug.cpuUp(1);
  const refused = writeEvents(channel.buf[1]!.writer, written, EVENTS);
  if (refused > 0) throw new Error(`Round ${written / EVENTS}: ${refused} events refused`);
  written += EVENTS;
  machine.hotplug.cpuDown(1);
  read();
}

/** Has a worker claim the CPU, write and give it back. */
async function claimAndRelease(worker: Worker, handle: CpuPoolHandle): Promise<void> {
  const tell = (order: unknown): Promise<number> =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(order);
    });
  const cpu = await tell({ type: "claim", handle });
  if (cpu !== 1) throw new Error(`Round ${written / EVENTS}: CPU ${cpu} was claimed`);
  await tell({ type: "write", from: written, count: EVENTS });
  written += EVENTS;
  await tell({ type: "release" });
}

if (how === "up and down") {
  for (let round = 0; round < 10_000; round++) upAndDown();
  const before = await measure();
  for (let round = 0; round < 20_000; round++) upAndDown();
  console.log(JSON.stringify({ before, after: await measure() }));
} else {
  const pool = new CpuPool(machine, [channel], 1);
  const isSpare = async (): Promise<void> => {
    const end = performance.now() + 10_000;
    while (!pool.spare.includes(1)) {
      if (performance.now() > end) throw new Error("The CPU was not spare within 10 s");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const url = new URL("../ring/cpu_program.ts?claims", import.meta.url);
  const staying = new Worker(url, { type: "module" });
  await new Promise((resolve) => staying.onmessage = resolve);
  const round = async (i: number): Promise<void> => {
    let worker = staying;
    if (i % 20 === 0) {
      worker = new Worker(url, { type: "module" });
      await new Promise((resolve) => worker.onmessage = resolve);
    }
    await claimAndRelease(worker, pool.handle);
    if (worker !== staying) worker.terminate();
    await isSpare();
    read();
  };
  // As long as V8 compiles something it takes memory for that.
  for (let i = 0; i < 600; i++) await round(i);
  const before = await measure();
  for (let i = 0; i < 200; i++) await round(i);
  console.log(JSON.stringify({ before, after: await measure() }));
  staying.terminate();
  pool.close();
}
Deno.exit();
