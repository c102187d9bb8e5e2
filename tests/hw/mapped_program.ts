/** A worker of the tests that counts a byte of RAM up, and answers what it was. */
import { openRam, type RamHandle } from "@ltt/relay/hw";

const worker = globalThis as unknown as { postMessage(message: unknown): void };
globalThis.addEventListener("message", (event) => {
  const bytes = new Uint8Array(openRam((event as MessageEvent<RamHandle>).data));
  worker.postMessage(bytes[100]++);
});
