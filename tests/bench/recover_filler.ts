/** Fills a black box of four rings of 256 MiB and kills itself: `… FILE`. */
import { TraceSession } from "@ltt/relay/session";
import { EventWorker } from "./event_workers.ts";

const session = await TraceSession.start({
  backing: { file: Deno.args[0] },
  output: null,
  mode: "flight-recorder",
  subbufSize: 2 ** 18,
  nSubbufs: 1024,
  maxCpus: 4,
});
const workers = await EventWorker.start(4, session);
// An event with a text has some 55 bytes.
await Promise.all(workers.map((worker) => worker.record("3 ints + string", 9_000_000)));
Deno.kill(Deno.pid, "SIGKILL");
