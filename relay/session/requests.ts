import { AnswerLostError, type Mailbox, type RequestKind } from "./mailbox.ts";

/** Requests of a thread that are not answered at a time: the answers of two such threads have a place. */
const MOST_PENDING = 32;

interface Pending {
  readonly kind: RequestKind;
  readonly answer: PromiseWithResolvers<string>;
}

/** What a thread asks the session's: any number of things at once. */
export class Requests {
  readonly #mailbox: Mailbox;
  /** By number. The thread takes answers before it asks on: the mailbox does not keep them for long. */
  readonly #pending = new Map<number, Pending>();

  /** Of the thread that makes it. */
  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  /**
   * Makes a request, before it returns, and resolves to the answer; rejects with what it was refused
   * with. Blocks the thread while 32 of its requests are not answered.
   */
  ask(kind: RequestKind, text: string = ""): Promise<string> {
    this.#take();
    while (this.#pending.size >= MOST_PENDING) {
      const [oldest] = this.#pending.keys();
      this.#mailbox.wait(oldest, Infinity);
      this.#take();
    }
    const number = this.#mailbox.post(kind, text);
    const found = this.#pending.get(number);
    if (found !== undefined) return found.answer.promise;
    const answer = Promise.withResolvers<string>();
    this.#pending.set(number, { kind, answer });
    this.#mailbox.settled(number).then(() => this.#take());
    return answer.promise;
  }

  /** Takes the answers there are. */
  #take(): void {
    for (const [number, { kind, answer }] of this.#pending) {
      if (!this.#mailbox.isSettled(number)) continue;
      this.#pending.delete(number);
      try {
        answer.resolve(this.#mailbox.answered(number));
      } catch (error) {
        // Other threads have asked a lot meanwhile. Nothing is lost by writing everything once more.
        const isLost = kind === "flush" && error instanceof AnswerLostError;
        if (isLost) answer.resolve(Promise.resolve().then(() => this.ask(kind)));
        else answer.reject(error);
      }
    }
  }
}
