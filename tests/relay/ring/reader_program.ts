/** A thread of a reader's own: blocks until there is something, and posts the events it has read. */
import { type RingDescriptor, ringReader } from "@ltt/relay/ring";
import { readEvents } from "./events.ts";

const worker = globalThis as unknown as { postMessage(message: unknown): void };
globalThis.addEventListener("message", (event) => {
  const reader = ringReader((event as MessageEvent<RingDescriptor>).data);
  worker.postMessage("reading");
  const events: number[] = [];
  for (const subbuf of reader) events.push(...readEvents(subbuf));
  worker.postMessage(events);
});
worker.postMessage("started");
