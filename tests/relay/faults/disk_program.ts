/**
 * A program of the tests that records more than its disk takes: `disk_program.ts HOW OUTPUT`. It prints
 * what its calls have thrown, an empty text for nothing, and the session's statistics.
 */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [how, output] = Deno.args;
const session = await TraceSession.start({
  output,
  mode: how === "flight recorder" ? "flight-recorder" : "continuous",
  // 6,550 events each.
  subbufSize: 65_536,
  nSubbufs: 16,
  switchTimerMs: 0,
});
const event = session.tracepoint("t:n", u32("n"));
let n = 0;

/** Records so many numbers, at a pace that can be written. */
async function record(count: number): Promise<void> {
  for (const end = n + count; n < end;) {
    for (let i = 0; i < 1000; i++) event(n++);
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

const asked: string[] = [];
if (how === "flight recorder") {
  // A snapshot that has room, and two that have not.
  await record(5000);
  asked.push(await thrownBy(() => session.snapshot("small")));
  await record(50_000);
  asked.push(await thrownBy(() => session.snapshot("large")));
  asked.push(await thrownBy(() => session.snapshot("again")));
} else {
  await record(5000);
  asked.push(await thrownBy(() => session.flush()));
  await record(45_000);
  asked.push(await thrownBy(() => session.flush()));
  await record(10_000);
}
const closed = how === "just ends" ? "" : await thrownBy(() => session.close());
const { events, lost } = session.statistics();
console.log(JSON.stringify({ asked, closed, tried: n, events, lost }));
