/**
 * What a trace to disk loses: `deno run -A tests/bench/event_disk.ts [--ns N] [--events N] [--out DIR]`.
 * Two workers record 22.5 million events each, one every 70 ns (0 for full speed), to 16 sub-buffers
 * of 1 MiB a CPU, on tmpfs where there is one. Prints a JSON object: events, lost, bytes, seconds.
 */
import { TraceSession } from "@ltt/relay/session";

const option = (name: string, initial: string): string => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? initial : Deno.args[at + 1];
};
const ns = Number(option("ns", "70"));
const events = Number(option("events", "45000000")) / 2;
const isShm = await Deno.stat("/dev/shm").then(() => true, () => false);
const parent = await Deno.makeTempDir(isShm ? { dir: "/dev/shm" } : {});
const output = option("out", `${parent}/trace`);

const session = await TraceSession.start({ output, subbufSize: 2 ** 20, nSubbufs: 16, maxCpus: 8 });
const module = new URL("./event_program.ts", import.meta.url);
const workers = [0, 1].map(() => new Worker(module, { type: "module" }));
const ask = (worker: Worker, message: unknown): Promise<unknown> =>
  new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(message);
  });
try {
  await Promise.all(workers.map((worker) => ask(worker, { handle: session.handle })));
  const begin = performance.now();
  await Promise.all(workers.map((worker) => ask(worker, { kind: "u64", events, ns })));
  const seconds = (performance.now() - begin) / 1000;
  await session.flush();
  const { lost, bytes, events: recorded } = session.statistics();
  console.log(JSON.stringify({ paced_ns: ns, events: recorded, lost, bytes, seconds }));
} finally {
  for (const worker of workers) worker.terminate();
  await session.close();
  await Deno.remove(parent, { recursive: true });
}
