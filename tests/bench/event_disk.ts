/**
 * What a trace to disk loses: `deno run -A tests/bench/event_disk.ts [--ns N] [--events N]`.
 * Two workers record 22.5 million events each, one every 70 ns (0 for full speed), to 16 sub-buffers
 * of 1 MiB a CPU, on tmpfs where there is one. Prints a JSON object: events, lost, bytes, seconds.
 */
import { TraceSession } from "@ltt/relay/session";
import { numberOption } from "./arguments.ts";
import { EventWorker } from "./event_workers.ts";

const ns = numberOption("ns", 70);
const events = numberOption("events", 45_000_000) / 2;
const isShm = await Deno.stat("/dev/shm").then(() => true, () => false);
const parent = await Deno.makeTempDir(isShm ? { dir: "/dev/shm" } : {});
const output = `${parent}/trace`;

const session = await TraceSession.start({ output, subbufSize: 2 ** 20, nSubbufs: 16, maxCpus: 8 });
const workers = await EventWorker.start(2, session);
try {
  const begin = performance.now();
  await Promise.all(workers.map((worker) => worker.record("u64", events, ns)));
  const seconds = (performance.now() - begin) / 1000;
  await session.flush();
  const { lost, bytes, events: recorded } = session.statistics();
  console.log(JSON.stringify({ paced_ns: ns, events: recorded, lost, bytes, seconds }));
} finally {
  for (const worker of workers) worker.end();
  await session.close();
  await Deno.remove(parent, { recursive: true });
}
