/** A thread of the benchmark: records as many events as it is told, and says how long that took. */
import { TraceSession } from "@ltt/relay/session";
import { AT_A_TIME, loops } from "./event_loops.ts";

/** Events recorded at a time when they are paced. */
const PACED = 100;

const worker = globalThis as unknown as { postMessage(message: unknown): void };
let session: TraceSession;
let record: ReturnType<typeof loops>;

globalThis.addEventListener("message", (event) => {
  const { handle, kind, events, ns = 0 } = (event as MessageEvent).data;
  if (handle !== undefined) {
    session = TraceSession.attach(handle);
    record = loops(session);
    worker.postMessage(null);
    return;
  }
  const loop = record[kind as keyof typeof record];
  const begin = performance.now();
  const atATime = ns === 0 ? AT_A_TIME : PACED;
  for (let done = 0; done < events; done += atATime) {
    // Paced, a few events are recorded as soon as their time has come.
    while (ns > 0 && (performance.now() - begin) * 1e6 < done * ns);
    loop(atATime);
  }
  worker.postMessage({ ms: performance.now() - begin, clock: session.clock.name });
});
