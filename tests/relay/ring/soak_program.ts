/** A CPU of the soak: tries as many events as it is told, at full speed, and says when it has. */
import { runCpu } from "@ltt/relay/ring";
import { SoakWriter } from "./soak_events.ts";

const worker = globalThis as unknown as { postMessage(message: unknown): void };
const told = new Promise<number>((resolve) => {
  globalThis.addEventListener("message", (event) => {
    const { data } = event as MessageEvent;
    if (typeof data?.tries === "number") resolve(data.tries);
  });
});

const soak = new SoakWriter();
await runCpu(async ({ writers: [writer], signal }) => {
  soak.write(writer, await told);
  worker.postMessage({ tried: soak.next });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
}, { client: () => soak });
