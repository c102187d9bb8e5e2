/**
 * How long it takes from an event to the line of a live viewer:
 * `deno run -A tests/bench/relayd_live.ts [--events N]`. A session with a live period of 1 ms, a relay
 * daemon, and babeltrace2 asking every millisecond, all on loopback; an event some milliseconds after
 * the line of the one before. Prints a JSON object: milliseconds, and how many events it was.
 */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";
import { Daemon } from "../relay/consume/relayd/daemon.ts";
import { Viewer } from "../relay/consume/relayd/viewer.ts";
import { numberOption } from "./arguments.ts";

const count = numberOption("events", 1000);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

await using daemon = await Daemon.start();
const { hostname, controlPort, dataPort } = daemon.address;
const session = await TraceSession.start({
  output: `net://${hostname}:${controlPort}:${dataPort}`,
  hostname: "bench",
  name: "live",
  live: true,
  livePeriodMs: 1,
});
const event = session.tracepoint("bench:n", u32("n"));
event(0);
await session.flush();

let seen = (_n: number): void => {};
const viewer = new Viewer(daemon.livePort, "bench/live", ({ fields }) => seen(fields.n as number));
while (viewer.events.length === 0) {
  event(0);
  await pause(10);
}
const ms: number[] = [];
for (let n = 1; n <= count; n++) {
  await pause(3 + 4 * Math.random());
  const { promise: shown, resolve } = Promise.withResolvers<void>();
  seen = (number) => number === n && resolve();
  const begin = performance.now();
  event(n);
  await shown;
  ms.push(performance.now() - begin);
}
await session.close();
await viewer.ended;
ms.sort((a, b) => a - b);
const at = (part: number): number => Number(ms[Math.floor(part * (count - 1))].toFixed(2));
console.log(JSON.stringify({ events: count, ms: { min: at(0), median: at(0.5), p99: at(0.99) } }));
