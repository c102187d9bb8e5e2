import { Registry } from "../../../relay/trace/registry.ts";
import { REGISTRY_SIZE } from "../../../relay/trace/registry_layout.ts";
import { assert, assertEquals } from "@std/assert";
import { UNATTACHED } from "../../../relay/trace/registry_layout.ts";

/** Workers read their modules. */
const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

const THREADS = 3;
const EVENTS = 200_000;

Deno.test(
  "threads without a CPU count every event, also past 2^32, and the count never goes down",
  {
    ignore,
  },
  async () => {
    const ram = new SharedArrayBuffer(REGISTRY_SIZE);
    const registry = Registry.create(ram, 0, "");
    new Int32Array(ram)[UNATTACHED] = -EVENTS;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    gate[0] = THREADS;
    const url = new URL("./count_program.ts", import.meta.url);
    const workers: Worker[] = [];
    try {
      const next = (worker: Worker): Promise<unknown> =>
        new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = (event) => reject(new Error(event.message));
        });
      for (let i = 0; i < THREADS; i++) {
        const worker = new Worker(url, { type: "module" });
        workers.push(worker);
        // One after the other: the first one leaves its module checked for the others.
        await next(worker);
      }
      const done = Promise.all(workers.map(next));
      for (const worker of workers) worker.postMessage({ ram, gate: gate.buffer, count: EVENTS });
      let last = 0;
      while (registry.unattached < 2 ** 32 - EVENTS + THREADS * EVENTS) {
        const now = registry.unattached;
        assert(now >= last, `${now} after ${last}`);
        last = now;
        await new Promise((resolve) => setTimeout(resolve));
      }
      await done;
      assertEquals(registry.unattached, 2 ** 32 + (THREADS - 1) * EVENTS);
    } finally {
      for (const worker of workers) worker.terminate();
    }
  },
);
