/**
 * A program of the tests whose output directory is removed while it records: `removed_program.ts HOW OUTPUT`.
 * It prints what its calls have thrown, an empty text for nothing, and the session's statistics.
 */
import { type SessionOptions, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [how, output] = Deno.args;
const options: Record<string, SessionOptions> = {
  "files are rotated": { maxFileSize: 65_536 },
  "figures are written": { statisticsDirectory: output },
  "flight recorder": { mode: "flight-recorder" },
  "flight recorder that ends": { mode: "flight-recorder", snapshotsAtExit: true },
};
const session = await TraceSession.start({
  output,
  subbufSize: 4096,
  nSubbufs: 8,
  switchTimerMs: 1,
  ...options[how],
});
const event = session.tracepoint("t:n", u32("n"));
let n = 0;

/** Records for a while, coming to the event loop. */
async function record(): Promise<void> {
  for (let i = 0; i < 50; i++) {
    for (let i = 0; i < 200; i++) event(n++);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What a call has thrown. */
async function thrownBy(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

await record();
const isFlightRecorder = how.startsWith("flight recorder");
const before = await thrownBy(() =>
  isFlightRecorder ? session.snapshot("before") : session.flush()
);
Deno.removeSync(output, { recursive: true });
await record();
if (how === "a thread joins") {
  const other = TraceSession.attach(session.handle);
  other.tracepoint("t:n", u32("n"))(0);
  await other.close();
}
const after = isFlightRecorder
  ? await thrownBy(() => session.snapshot("after"))
  : how === "it just ends"
  ? ""
  : await thrownBy(() => session.flush());
await record();
const justEnds = how === "it just ends" || how === "flight recorder that ends";
const closed = justEnds ? "" : await thrownBy(() => session.close());
const { events, lost } = session.statistics();
console.log(JSON.stringify({ before, after, closed, tried: n, events, lost }));
