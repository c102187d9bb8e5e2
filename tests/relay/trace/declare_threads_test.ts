import { eventMetadata, string, u16 } from "@ltt/relay/ctf";
import { Registry } from "../../../relay/trace/registry.ts";
import { REGISTRY_SIZE } from "../../../relay/trace/registry_layout.ts";
import { assertEquals } from "@std/assert";

/** Workers read their modules. */
const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

const THREADS = 3;
const TRACEPOINTS = 500;

function next(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
}

Deno.test(
  "threads that declare the same tracepoints at once get the same numbers",
  { ignore },
  async () => {
    const ram = new SharedArrayBuffer(REGISTRY_SIZE);
    const registry = Registry.create(ram, 0, "first");
    const gate = new SharedArrayBuffer(4);
    new Int32Array(gate)[0] = THREADS;
    const url = new URL("./declare_program.ts", import.meta.url);
    const workers: Worker[] = [];
    try {
      for (let i = 0; i < THREADS; i++) {
        const worker = new Worker(url, { type: "module" });
        workers.push(worker);
        // One after the other: the first one leaves its module checked for the others.
        await next(worker);
      }
      const all = Array.from({ length: TRACEPOINTS }, (_, i) => i);
      const orders = [all, all.toReversed(), all.map((i) => i * 7 % TRACEPOINTS)];
      const answers = workers.map((worker, i) => {
        const answer = next(worker);
        worker.postMessage({ ram, address: 0, order: orders[i], gate });
        return answer as Promise<[number, number][]>;
      });
      const [first, ...others] = (await Promise.all(answers)).map((pairs) => new Map(pairs));
      for (const other of others) {
        for (const [i, id] of other) assertEquals(id, first.get(i), `tracepoint ${i}`);
      }
      assertEquals(registry.count, TRACEPOINTS);
      assertEquals([...first.values()].toSorted((a, b) => a - b), all, "each number once");
      for (const [i, id] of first) assertEquals(registry.nameOf(id), `t:${i}`);
      const fields = [u16("a"), string("b")];
      const text = all.map((id) =>
        eventMetadata({ name: registry.nameOf(id), id, loglevel: 13, fields })
      );
      assertEquals(new TextDecoder().decode(registry.metadata(0)), `first${text.join("")}`);
    } finally {
      for (const worker of workers) worker.terminate();
    }
  },
);
