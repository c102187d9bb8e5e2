import { isMainThread } from "node:worker_threads";

/** A signal that ends a program which does not listen to it, and that a terminal or supervisor sends. */
export interface EndingSignal {
  /** Its name. */
  readonly name: "SIGINT" | "SIGTERM";
  /** Its number, on Linux and macOS. */
  readonly number: number;
}

/** The signals that end a program when everything is written. */
export const SIGNALS: readonly EndingSignal[] = [
  { name: "SIGINT", number: 2 },
  { name: "SIGTERM", number: 15 },
];

/*
 * What a session's thread and the one that has started the session tell each other of signals:
 *
 *   word 0  LISTENS   1 once the thread that started the session listens
 *        1  CALLS     calls the session's thread has ever made; -1 in the end
 *        2  ANSWERED  the last call that the other thread has come to its event loop for
 *        3  OWN       bit n: the program may listen to signal n of SIGNALS itself
 */
const LISTENS = 0;
const CALLS = 1;
const ANSWERED = 2;
const OWN = 3;
const WORDS = 4;

/** Whether a thread comes to its event loop, and which signals its program listens to. */
export class SignalWords {
  readonly #words: Int32Array<SharedArrayBuffer>;

  /** The words in that memory, or new ones. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * WORDS)) {
    this.#words = new Int32Array(memory);
  }

  /** What the other thread needs. */
  get memory(): SharedArrayBuffer {
    return this.#words.buffer;
  }

  /** Says that this thread listens, and answers calls from then on; for the one that started the session. */
  async listen(): Promise<void> {
    Atomics.store(this.#words, LISTENS, 1);
    Atomics.notify(this.#words, LISTENS);
    for (let calls; (calls = Atomics.load(this.#words, CALLS)) >= 0;) {
      Atomics.store(this.#words, ANSWERED, calls);
      await Atomics.waitAsync(this.#words, CALLS, calls).value;
    }
  }

  /** Answers no more calls. */
  end(): void {
    Atomics.store(this.#words, CALLS, -1);
    Atomics.notify(this.#words, CALLS);
  }

  /** Resolves when the other thread listens; for the session's. */
  async untilListening(): Promise<void> {
    await Atomics.waitAsync(this.#words, LISTENS, 0).value;
  }

  /** Calls the thread that started the session, and returns the call's number; for the session's. */
  call(): number {
    const call = Atomics.add(this.#words, CALLS, 1) + 1;
    Atomics.notify(this.#words, CALLS);
    return call;
  }

  /** Whether the other thread has come to its event loop since that call. */
  isAnswered(call: number): boolean {
    return Atomics.load(this.#words, ANSWERED) >= call;
  }

  /** Whether the program may listen to a signal itself. */
  isOwn({ name }: EndingSignal): boolean {
    return (Atomics.load(this.#words, OWN) & bit(name)) !== 0;
  }

  /** Says whether the program listens to a signal itself; for the thread that started the session. */
  setOwn(name: EndingSignal["name"], isOwn: boolean): void {
    if (isOwn) Atomics.or(this.#words, OWN, bit(name));
    else Atomics.and(this.#words, OWN, ~bit(name));
  }
}

/**
 * Words for a session that this thread starts; `null` where a busy program is not ended at signals: on
 * Windows, and in a `Worker`, which does not know what the main thread listens to.
 */
export function signalWords(): SignalWords | null {
  const isWorker = !isMainThread || "DedicatedWorkerGlobalScope" in globalThis;
  return isWorker || Deno.build.os === "windows" ? null : new SignalWords();
}

function bit(name: EndingSignal["name"]): number {
  return 1 << SIGNALS.findIndex((signal) => signal.name === name);
}
