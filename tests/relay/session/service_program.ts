/** A worker of the tests that serves a mailbox: it answers requests with their texts. */
import { Mailbox } from "../../../relay/session/mailbox.ts";

/** What the worker is told. */
export interface Service {
  readonly memory: SharedArrayBuffer;
  /** How long each request takes, in milliseconds. */
  readonly ms: number;
}

const worker = globalThis as unknown as { postMessage(message: unknown): void };

globalThis.addEventListener("message", (event) => {
  const { memory, ms } = (event as MessageEvent<Service>).data;
  new Mailbox(memory).serve(({ text }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return text;
  });
  worker.postMessage("ready");
});
