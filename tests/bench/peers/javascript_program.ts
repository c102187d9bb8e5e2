/**
 * A case of a peer in JavaScript: a worker a thread. They get ready, start together, and the first
 * to have written all stops the others, so that all are measured over the same span. Prints the mean
 * of the threads' ns an event.
 */
import type { EventKind } from "./peer.ts";

/** What a worker is told. */
export interface Order {
  writer: string;
  event: EventKind;
  threads: number;
  events: number;
  dir: string;
}

const order: Order = JSON.parse(Deno.args[0]);
const stop = new Int32Array(new SharedArrayBuffer(4));
const workers = Array.from({ length: order.threads }, () => {
  return new Worker(new URL("./javascript_worker.ts", import.meta.url), { type: "module" });
});

/** Sends something to each, and waits for the answer of each. */
function ask(message: (thread: number) => unknown): Promise<number[]> {
  return Promise.all(workers.map((worker, thread) =>
    new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (error) => reject(new Error(error.message));
      worker.postMessage(message(thread));
    })
  ));
}

await ask((thread) => ({ order, stop, path: `${order.dir}/${thread}` }));
const ns = await ask(() => "start");
for (const worker of workers) worker.terminate();
console.log(JSON.stringify({ ns: ns.reduce((sum, one) => sum + one) / ns.length }));
