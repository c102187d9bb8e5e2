/** A CPU that hands over the time, again and again, with pauses in which its reader falls asleep. */
import { runCpu } from "@ltt/relay/ring";

await runCpu(async ({ writers: [writer], signal }) => {
  const times = new Float64Array(writer.ram);
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const address = writer.reserve(8, 8);
    if (address < 0) continue;
    times[address / 8] = performance.timeOrigin + performance.now();
    writer.commit();
    writer.flush("active");
  }
});
