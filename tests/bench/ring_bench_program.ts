/** A CPU of the benchmarks: writes as many events as it is told, and says when it has. */
import { runCpu } from "@ltt/relay/ring";
import { AT_A_TIME, fourWordsLoop } from "./four_words.ts";

const worker = globalThis as unknown as { postMessage(message: unknown): void };
let write = (_events: number): number => 0;
globalThis.addEventListener("message", (event) => {
  const { data } = event as MessageEvent;
  if (typeof data?.events !== "number") return;
  for (let written = 0; written < data.events;) written += write(AT_A_TIME);
  worker.postMessage(null);
});
await runCpu(async ({ writers: [writer], signal }) => {
  write = fourWordsLoop(writer);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
});
