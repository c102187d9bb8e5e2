/**
 * A worker of the tests that is a CPU and is ended within a slot. It is sent words first; then it writes
 * as many events as word 0 says, reserves another slot, begins to fill it, says so in word 1, and stays
 * there until word 2 is not 0: the runtime ends no worker that does not come to its event loop.
 */
import { runCpu } from "@ltt/relay/ring";
import { EVENT_SIZE, writeEvents } from "../ring/events.ts";

const { promise: given, resolve } = Promise.withResolvers<Int32Array<SharedArrayBuffer>>();
globalThis.addEventListener("message", (event) => {
  const { data } = event as MessageEvent;
  if (data instanceof SharedArrayBuffer) resolve(new Int32Array(data));
});

await runCpu(async ({ writers: [writer] }) => {
  const words = await given;
  writeEvents(writer, 0, Atomics.load(words, 0));
  const address = writer.reserve(EVENT_SIZE, 4);
  new Uint32Array(writer.ram)[address / 4] = 0xdead;
  Atomics.store(words, 1, 1);
  Atomics.wait(words, 2, 0);
});
