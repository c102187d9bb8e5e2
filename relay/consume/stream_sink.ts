import type { ConsumedStream } from "./consumer.ts";

/** Takes a session's streams to where the trace is kept, all the time. */
export interface StreamSink {
  /** Why nothing can be written any more, or for now; `null` while it can. */
  readonly failure: string | null;
  /** Takes what a stream delivers, from now on. */
  add(stream: ConsumedStream): void;
  /**
   * Writes all that was recorded by now, also of threads that are busy; when it has answered, or what
   * it returns has resolved, that is done. Throws or rejects with the reason why not. `isEnd` says that
   * the process may be gone afterwards.
   */
  flush(isEnd: boolean): void | Promise<void>;
  /** Writes the rest and takes nothing any more; errors as of `flush`, after everything is closed. */
  close(): void | Promise<void>;
}
