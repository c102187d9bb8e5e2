import type { ExitReason } from "./exit_handlers.ts";
import type { SessionHandle } from "./handle.ts";
import { LossReport } from "./loss_report.ts";
import { Mailbox } from "./mailbox.ts";
import { readStatistics } from "./statistics.ts";

/** How long a process that ends waits for its trace to be written, in milliseconds. */
const EXIT_MS = 10_000;

/** Has a session's thread write everything before the process ends, and waits for it. */
export class ExitFlush {
  readonly #handle: SessionHandle;
  readonly #mailbox: Mailbox;
  readonly #takesSnapshots: boolean;
  readonly #timeoutMs: number;
  readonly #losses = new LossReport();
  #hasEnded = false;

  /** Of a session that takes a snapshot when the process ends and at errors, or not. */
  constructor(handle: SessionHandle, takesSnapshots: boolean, timeoutMs: number = EXIT_MS) {
    this.#handle = handle;
    this.#mailbox = new Mailbox(handle.mailbox);
    this.#takesSnapshots = takesSnapshots;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Writes everything, or waits for a request to close that is made already. Answers `false`, having
   * said so, if that takes too long; what else cannot be written is said too.
   */
  flush(reason: ExitReason, isEnd: boolean, closeRequest: number | null): boolean {
    const isError = reason === "error" || reason === "unhandledrejection";
    let snapshot: number | null = null;
    try {
      if (this.#takesSnapshots && closeRequest === null && !this.#hasEnded) {
        this.#hasEnded = !isError;
        snapshot = this.#mailbox.post("snapshot", reason);
      }
      // What else cannot be written the session's thread says by itself.
      const request = closeRequest ?? this.#mailbox.post("exit", isEnd ? reason : "");
      if (!this.#mailbox.wait(request, this.#timeoutMs)) {
        if (this.#mailbox.closed) throw new Error("Cannot write the trace: the session is closed");
        this.#sayLate();
        return false;
      }
      if (snapshot !== null) this.#mailbox.answered(snapshot);
    } catch (error) {
      console.error(`ltt-relay: ${(error as Error).message}`);
    }
    return true;
  }

  /** The session's thread, which would tell what is lost, does not come to it. */
  #sayLate(): void {
    const { events, lost } = readStatistics(this.#handle);
    const what = `Cannot write the trace within ${this.#timeoutMs / 1000} s`;
    this.#losses.say(`${what}: the last of ${events} events may be missing`, 0, lost);
  }
}
