/** A thread of the benchmark: records as many events as it is told, and says how long that took. */
import { type SessionHandle, TraceSession } from "@ltt/relay/session";
import { AT_A_TIME, loops } from "./event_loops.ts";

/** What a thread is told: first which session to take part in, then what to record. */
export type EventOrder =
  | { readonly handle: SessionHandle }
  | { readonly kind: string; readonly events: number; readonly ns: number };

/** What it answers: milliseconds that took, by which clock. */
export interface EventAnswer {
  readonly ms: number;
  readonly clock: string;
}

/** Events recorded at a time when they are paced. */
const PACED = 100;

const worker = globalThis as unknown as { postMessage(message: unknown): void };
let session: TraceSession;
let record: ReturnType<typeof loops>;

globalThis.addEventListener("message", (event) => {
  const order: EventOrder = (event as MessageEvent).data;
  if ("handle" in order) {
    session = TraceSession.attach(order.handle);
    record = loops(session);
    worker.postMessage({ ms: 0, clock: session.clock.name } satisfies EventAnswer);
    return;
  }
  const { kind, events, ns } = order;
  const loop = record[kind as keyof typeof record];
  const begin = performance.now();
  const atATime = ns === 0 ? AT_A_TIME : PACED;
  for (let done = 0; done < events; done += atATime) {
    // Paced, a few events are recorded as soon as their time has come.
    while (ns > 0 && (performance.now() - begin) * 1e6 < done * ns);
    loop(atATime);
  }
  const ms = performance.now() - begin;
  worker.postMessage({ ms, clock: session.clock.name } satisfies EventAnswer);
});
