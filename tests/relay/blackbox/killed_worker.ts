/** A thread of a program that is to be killed. */
import { TraceSession } from "@ltt/relay/session";
import { recordForEver } from "./killed_loop.ts";

globalThis.addEventListener("message", (event) => {
  const { handle, journal, thread, burst } = (event as MessageEvent).data;
  const session = TraceSession.attach(handle, { name: `thread ${thread}` });
  (globalThis as unknown as { postMessage(message: unknown): void }).postMessage("ready");
  recordForEver(session, journal, thread, burst);
});
