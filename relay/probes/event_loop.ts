import { u64 } from "../ctf/fields.ts";
import type { ProbeContext } from "./probe.ts";

/**
 * Events `loop:delay`: by how many nanoseconds a timer was late. It fires each
 * {@linkcode ProbeContext.loopPeriodMs} and does not keep the program running.
 */
export function installEventLoop(context: ProbeContext): () => void {
  const { session, now, loopPeriodMs } = context;
  const delay = session.tracepoint("loop:delay", u64("delay_ns"));
  const period = loopPeriodMs * 1e6;
  let last = now();
  const timer = setInterval(() => {
    const time = now();
    delay(Math.max(0, time - last - period));
    last = time;
  }, loopPeriodMs);
  // Deno's timers are numbers or objects, by version: it takes both.
  Deno.unrefTimer(timer as unknown as number);
  return () => clearInterval(timer);
}
