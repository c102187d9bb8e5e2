/**
 * A program of the tests that gets a signal while all its threads record: `signal_program.ts SIGNAL OUTPUT`.
 * The main thread comes to its event loop, two workers do not. It prints how many events each CPU has
 * recorded at least, then sends itself the signal.
 */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [signal, output] = Deno.args;
const session = await TraceSession.start({ output, subbufSize: 65_536, nSubbufs: 64, maxCpus: 4 });
const event = session.tracepoint("t:n", u32("n"));

/** Words of each worker: whether it is to end, and how many events it has recorded. */
const counts = new Map<number, Int32Array<SharedArrayBuffer>>();
for (let i = 0; i < 2; i++) {
  const url = new URL("../session/worker_program.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const tell = (order: unknown): Promise<number> =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(order);
    });
  const cpu = await tell({ type: "attach", handle: session.handle });
  const words = new Int32Array(new SharedArrayBuffer(8));
  await tell({ type: "spin", words: words.buffer, paceMs: 0.002 });
  counts.set(cpu, words);
}

let n = 0;
let isSent = false;

/** Records a batch, and goes on at the next turn of the event loop. */
function record(): void {
  for (let i = 0; i < 2000; i++) event(n++);
  const isEnough = n > 20_000 &&
    [...counts.values()].every((words) => Atomics.load(words, 1) > 20_000);
  if (isEnough && !isSent) {
    isSent = true;
    const others = [...counts].map(([cpu, words]) => [cpu, Atomics.load(words, 1)]);
    const said = JSON.stringify([[session.cpu, n], ...others]);
    Deno.stdout.writeSync(new TextEncoder().encode(`${said}\n`));
    Deno.kill(Deno.pid, signal as Deno.Signal);
  }
  setTimeout(record);
}
record();
