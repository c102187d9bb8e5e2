/**
 * A program of the tests that fails: `flight_program.ts OUTPUT ["snapshots at exit"]`. A flight recorder
 * takes a snapshot then, asked for by the program or by itself.
 */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [output, what] = Deno.args;
const session = await TraceSession.start({
  output,
  mode: "flight-recorder",
  subbufSize: 4096,
  nSubbufs: 4,
  switchTimerMs: 0,
  snapshotsAtExit: what === "snapshots at exit",
});
if (what === undefined) {
  globalThis.addEventListener("error", ({ error }) => void session.snapshot(`${error}`));
}
const event = session.tracepoint("t:n", u32("n"));
setTimeout(() => {
  for (let n = 0; n < 10_000; n++) event(n);
  throw new Error("thrown on purpose");
}, 1);
