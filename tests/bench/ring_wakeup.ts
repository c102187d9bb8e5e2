/**
 * How long it takes from a writer's delivery on one thread to the first byte in the hands of a reader
 * that waits on another one. Prints the median of 500, in milliseconds.
 */
import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuWorker, RingChannel } from "@ltt/relay/ring";

const TIMES = 500;
const machine = new Machine({ cpus: 2, online: [0] });
const channel = RingChannel.open(Relay.start(machine), {
  baseFilename: "wakeup",
  subbufSize: 4096,
  nSubbufs: 4,
});
const worker = await CpuWorker.start(machine, 1, {
  module: new URL("./ring_wakeup_program.ts", import.meta.url),
  channels: [channel],
});
await worker.up();
const waited: number[] = [];
for await (const subbuf of channel.buf[1]!.reader()) {
  const [view] = subbuf.views();
  const delivered = new Float64Array(view.slice().buffer)[0];
  waited.push(performance.timeOrigin + performance.now() - delivered);
  if (waited.length === TIMES) break;
}
waited.sort((a, b) => a - b);
const [median, most] = [0.5, 0.99].map((part) => waited[TIMES * part].toFixed(3));
console.log(`delivery to first byte: median ${median} ms, 99 in 100 within ${most} ms`);
await worker.terminate();
