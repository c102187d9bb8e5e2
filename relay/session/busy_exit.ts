import { openRaise } from "./raise.ts";
import { say } from "./loss_report.ts";
import type { Request, RequestHandler } from "./mailbox.ts";
import { type EndingSignal, SIGNALS, type SignalWords } from "./signals.ts";

/** How long a program may compute, after a signal, before it comes to its event loop, in milliseconds. */
const GRACE_MS = 1000;

/**
 * Ends a busy program at SIGINT and SIGTERM when all is written; for the session's thread. The thread that
 * started the session does that itself; but one that computes, or waits, without coming to its event loop
 * never sees the signal, which its listener has robbed of its default action. Nothing is done for a
 * program that listens to the signal itself.
 */
export class BusyExit {
  readonly #words: SignalWords;
  readonly #handle: RequestHandler;
  readonly #takesSnapshots: boolean;
  /** Opened at the start: the permission may be given up. */
  readonly #raise = openRaise();
  readonly #timers = new Map<EndingSignal, ReturnType<typeof setTimeout>>();
  #removers: (() => void)[] = [];
  #hasLeft = false;
  #hasSnapshot = false;

  /** Writes by `handle`; with a snapshot if the session takes one when the process ends. */
  constructor(words: SignalWords, takesSnapshots: boolean, handle: RequestHandler) {
    this.#words = words;
    this.#takesSnapshots = takesSnapshots;
    this.#handle = handle;
    this.#listen();
  }

  /** To be told of every request before it is answered. */
  note({ kind, text }: Request): void {
    // The other thread ends the process next, or there is nothing left to write. Before it is answered:
    // while anybody listens, a signal does not have its default action.
    const isSignal = SIGNALS.some(({ name }) => name === text);
    if (kind === "close" || (kind === "exit" && isSignal)) this.#leave();
  }

  async #listen(): Promise<void> {
    // A signal before that has its default action.
    await this.#words.untilListening();
    if (this.#hasLeft) return;
    for (const signal of SIGNALS) {
      const listener = (): void => this.#onSignal(signal);
      Deno.addSignalListener(signal.name, listener);
      this.#removers.push(() => Deno.removeSignalListener(signal.name, listener));
    }
  }

  #leave(): void {
    this.#hasLeft = true;
    for (const remove of this.#removers) remove();
    this.#removers = [];
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #onSignal(signal: EndingSignal): void {
    // The program's listener may take itself away as it begins: later is too late to look.
    if (this.#words.isOwn(signal) || this.#timers.has(signal)) return;
    const call = this.#words.call();
    const end = (): void => {
      this.#timers.delete(signal);
      if (!this.#words.isAnswered(call) && !this.#words.isOwn(signal)) this.#end(signal);
    };
    this.#timers.set(signal, setTimeout(end, GRACE_MS));
  }

  async #end({ name, number }: EndingSignal): Promise<void> {
    if (this.#takesSnapshots && !this.#hasSnapshot) {
      this.#hasSnapshot = true;
      await attempt(() => this.#handle({ kind: "snapshot", text: name }));
    }
    // What cannot be written is said there.
    await attempt(() => this.#handle({ kind: "exit", text: name }), false);
    if (this.#raise !== null) return this.#raise(number);
    const why = "it does not come to its event loop";
    if (Deno.permissions.querySync({ name: "run" }).state === "granted") {
      say(`${name} ends the program by SIGKILL: ${why}`);
      // By no other signal: to this one the busy thread listens.
      Deno.kill(Deno.pid, "SIGKILL");
    } else {
      const missing = "and has neither --allow-ffi nor --allow-run";
      say(`Cannot end the program by ${name}: ${why}, ${missing}`);
    }
  }
}

async function attempt(body: () => unknown, isSaid = true): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (isSaid) say(error instanceof Error ? error.message : `${error}`);
  }
}
