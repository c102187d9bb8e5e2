/**
 * The first module of a traced worker, imported by the one `workers.ts` writes for it: it attaches to
 * the session and installs the probes before the worker's own module runs.
 *
 * @module
 */
import { isFfiAllowed } from "../../hw/libc.ts";
import { say } from "../session/loss_report.ts";
import { TraceSession } from "../session/session.ts";
import { installInWorker } from "./install_groups.ts";
import { MessageHold } from "./message_hold.ts";
import { quietly } from "./probe.ts";
import type { RedactionHook } from "./redaction.ts";
import { WORKER_STATE, type WorkerInit } from "./worker_init.ts";
import { showLocation } from "./worker_location.ts";
import { setWorker } from "./workers.ts";

const { loading, loaded } = WORKER_STATE;

// Messages come as soon as this module has run: from then on they are held.
const hold = new MessageHold();

/** Makes the thread ready for its module; what it resolves to is called when that has been loaded. */
export async function begin(
  hook: RedactionHook | undefined,
  specifier: string,
): Promise<() => void> {
  const init = await hold.first as WorkerInit;
  quietly(() => showLocation(specifier));
  quietly(() => {
    setWorker(init);
    const name = self.name || "worker";
    if ("address" in init.handle.pool.ram && !isFfiAllowed()) {
      say(`${name} is not traced: in a black box that takes --allow-ffi`);
      return;
    }
    installInWorker(TraceSession.attach(init.handle, { name }), hook, init.probes);
  });
  hold.releaseWhenListened();
  return () => {
    Atomics.compareExchange(new Int32Array(init.state), 0, loading, loaded);
    hold.release();
  };
}
