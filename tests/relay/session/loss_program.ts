/**
 * A program of the tests that loses events: `loss_program.ts TRACE ["full disk" | "just end"]`. It prints the
 * session's statistics, and what closing the session has thrown.
 */
import { TraceSession } from "@ltt/relay/session";
import { string, u32 } from "@ltt/relay/trace";

const [output, what] = Deno.args;
const session = await TraceSession.start({
  output,
  switchTimerMs: 0,
  maxCpus: 1,
  ...(what === "full disk"
    ? { subbufSize: 65_536, nSubbufs: 4 }
    : { subbufSize: 4096, nSubbufs: 2 }),
});
const event = session.tracepoint("t:n", u32("n"));
const text = session.tracepoint("t:text", u32("n"), string("text"));
const unattached = TraceSession.attach(session.handle).tracepoint("t:n", u32("n"));
for (let i = 0; i < 3; i++) text(i, "x".repeat(100_000));
for (let i = 0; i < 2; i++) unattached(i);
for (let n = 0; n < 200_000; n++) event(n);
if (what === "full disk") {
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (let n = 200_000; n < 400_000; n++) event(n);
}
let closed = "";
try {
  if (what !== "just end") await session.close();
} catch (error) {
  closed = (error as Error).message;
}
const { events, lost } = session.statistics();
console.log(JSON.stringify({ events, lost, closed }));
