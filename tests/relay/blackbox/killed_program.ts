/**
 * A program of the tests that records as fast as it can on several threads until it is killed, and keeps a
 * journal of what it has recorded in a file of its own: `… ORDER`, JSON of a KilledOrder.
 */
import { TraceSession } from "@ltt/relay/session";
import { mapNewFile } from "../../../hw/mapped_file.ts";
import { recordForEver } from "./killed_loop.ts";
import type { KilledOrder } from "./killed_order.ts";

const { box, journal, output, mode, threads, subbufSize, nSubbufs, burst } = JSON.parse(
  Deno.args[0],
) as KilledOrder;
const { address } = mapNewFile(journal, 4096);
const session = await TraceSession.start({
  backing: { file: box },
  output,
  mode,
  subbufSize,
  nSubbufs,
  maxCpus: 4,
  switchTimerMs: 10,
  handlesExit: false,
});
const workers = Array.from({ length: threads - 1 }, (_, i) => {
  const worker = new Worker(new URL("./killed_worker.ts", import.meta.url), { type: "module" });
  worker.postMessage({ handle: session.handle, journal: address, thread: i + 1, burst });
  return new Promise((resolve) => worker.onmessage = resolve);
});
await Promise.all(workers);
console.log("ready");
recordForEver(session, address, 0, burst);
