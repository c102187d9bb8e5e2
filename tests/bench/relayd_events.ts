/**
 * What an event costs its thread while the trace goes to a relay daemon, beside one that goes to a
 * directory: `deno run -A tests/bench/relayd_events.ts [--rounds N]`. A worker records bursts of 100,000
 * events with a u64, with pauses in which they can be written; a session of each kind in turn. Prints a
 * JSON object: medians of nanoseconds an event, their ratio, and events lost.
 */
import { TraceSession } from "@ltt/relay/session";
import { Daemon } from "../relay/consume/relayd/daemon.ts";
import { numberOption } from "./arguments.ts";
import { EventWorker } from "./event_workers.ts";

const BURST = 100_000;
const BURSTS = 50;

const rounds = numberOption("rounds", 10);
const isShm = await Deno.stat("/dev/shm").then(() => true, () => false);
const parent = await Deno.makeTempDir(isShm ? { dir: "/dev/shm" } : {});
await using daemon = await Daemon.start(isShm ? "/dev/shm" : undefined);
const { hostname, controlPort, dataPort } = daemon.address;

/** Nanoseconds an event of each burst, sorted, and events lost. */
async function measure(output: string): Promise<{ ns: number[]; lost: number }> {
  const session = await TraceSession.start({ output, hostname: "bench", name: "events" });
  const [worker] = await EventWorker.start(1, session);
  const ns: number[] = [];
  for (let i = 0; i < BURSTS; i++) {
    const { ms } = await worker.record("u64", BURST);
    ns.push(ms * 1e6 / BURST);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  worker.end();
  await session.close();
  const { lost } = session.statistics();
  return { ns, lost: Object.values(lost).reduce((sum, count) => sum + count, 0) };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
const directory: number[] = [];
const relayd: number[] = [];
const ratios: number[] = [];
let lost = 0;
try {
  for (let round = 0; round < rounds; round++) {
    const here = await measure(`${parent}/trace`);
    const there = await measure(`net://${hostname}:${controlPort}:${dataPort}`);
    directory.push(median(here.ns));
    relayd.push(median(there.ns));
    ratios.push(relayd[round] / directory[round]);
    lost += here.lost + there.lost;
  }
} finally {
  await Deno.remove(parent, { recursive: true });
}
const figure = (value: number): number => Number(value.toFixed(3));
console.log(JSON.stringify({
  rounds,
  directory_ns: figure(median(directory)),
  relayd_ns: figure(median(relayd)),
  ratio: figure(median(ratios)),
  lost,
}));
