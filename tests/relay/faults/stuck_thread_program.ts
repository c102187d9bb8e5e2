/**
 * A worker of the tests that takes part in a session and is ended within an event. It is sent the
 * session's handle, how many events to record before, and words. Word 0 says that it is within the event;
 * there it stays until word 1 is not 0, for the runtime ends no worker that does not come to its event
 * loop, and leaves it without a commit.
 */
import { RingWriter } from "@ltt/relay/ring";
import { type SessionHandle, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

/** What the worker is sent. */
export interface Stuck {
  readonly handle: SessionHandle;
  readonly count: number;
  readonly words: SharedArrayBuffer;
}

const worker = globalThis as unknown as { postMessage(message: unknown): void };

globalThis.addEventListener("message", (event) => {
  const { handle, count, words: memory } = (event as MessageEvent<Stuck>).data;
  const words = new Int32Array(memory);
  const session = TraceSession.attach(handle);
  const record = session.tracepoint("t:n", u32("n"));
  for (let n = 0; n < count; n++) record(n);
  worker.postMessage(session.cpu ?? -1);
  // The slot is reserved and its bytes are there: the thread comes to its commit, and no further.
  RingWriter.prototype.commit = () => {
    Atomics.store(words, 0, 1);
    Atomics.wait(words, 1, 0);
    throw new Error("ended");
  };
  try {
    record(count);
  } catch {
    // As the end of a thread leaves it.
  }
});
