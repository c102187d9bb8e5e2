/*
 * Requests of any thread to the session's own, in a SharedArrayBuffer:
 *
 *   word 0  LOCK     held by the thread that posts
 *        1  POSTED   requests ever posted; the session's thread waits for it
 *        2  DONE     requests ever answered; whoever asked waits for it to change
 *        3  CLOSED   0, or 1 + the requests answered when it was closed
 *        4  BEGUN    requests ever begun to be handled, by the session's thread
 *   then SLOTS places of SLOT_SIZE bytes, request n in place n modulo SLOTS:
 *        0  KIND, 1  STATUS: 0 or 1 for a failure,
 *        2  NUMBER of the request: another one may have come in the place
 *        3  the text, its length first
 */
import { withLock } from "../trace/shared_lock.ts";
import { SharedText } from "../trace/shared_text.ts";

const LOCK = 0;
const POSTED = 1;
const DONE = 2;
const CLOSED = 3;
const BEGUN = 4;
const SLOTS_AT = 64;
const SLOTS = 64;
const SLOT_SIZE = 1024;
const NUMBER = 2;
const TEXT_AT = 12;

// Those of the program may be wrapped by the time they are called.
const { setInterval, clearInterval } = globalThis;

/** What can be asked of a session's thread. */
export type RequestKind = "flush" | "exit" | "snapshot" | "close";

const KINDS: readonly RequestKind[] = ["flush", "exit", "snapshot", "close"];

/** A request, as its thread gets it. */
export interface Request {
  /** What is asked. */
  readonly kind: RequestKind;
  /** More about it, cut at about 1,000 bytes. */
  readonly text: string;
}

/** Does what is asked, and gives the answer; throws or rejects with what it refuses with. */
export type RequestHandler = (request: Request) => string | Promise<string>;

/** Says that an answer came, and nobody knows which. */
export class AnswerLostError extends Error {
  override readonly name: string = "AnswerLostError";
}

/**
 * Takes requests to a session's thread. Posting is synchronous and can be waited for without an event
 * loop, so it works in a process that is about to end.
 */
export class Mailbox {
  readonly #words: Int32Array<SharedArrayBuffer>;

  /** The mailbox in that memory, or a new one. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(SLOTS_AT + SLOTS * SLOT_SIZE)) {
    this.#words = new Int32Array(memory);
  }

  /** What another thread needs to post to it. */
  get memory(): SharedArrayBuffer {
    return this.#words.buffer;
  }

  /**
   * Posts a request, and returns its number; that of the last one if that is to flush, too, and not begun:
   * it will write all that was recorded before this call. Waits while 64 are not answered; a `TypeError`
   * once the mailbox is closed.
   */
  post(kind: RequestKind, text: string = ""): number {
    for (;;) {
      const number = withLock(this.#words, LOCK, () => this.#tryPost(kind, text));
      if (number !== null) return number;
      // Not with the lock: who holds it for long is taken for dead.
      this.wait(Atomics.load(this.#words, POSTED) - SLOTS, Infinity);
    }
  }

  /** Whether nothing is answered any more. */
  get closed(): boolean {
    return Atomics.load(this.#words, CLOSED) !== 0;
  }

  /** Blocks the thread until a request is answered; `false` if that takes longer, or will never be. */
  wait(number: number, timeoutMs: number): boolean {
    const end = performance.now() + timeoutMs;
    for (let done; (done = this.#pending(number)) !== null;) {
      if (Atomics.wait(this.#words, DONE, done, end - performance.now()) === "timed-out") {
        return false;
      }
    }
    return this.#isAnswered(number);
  }

  /** Whether a request is answered, or will never be. */
  isSettled(number: number): boolean {
    return this.#pending(number) === null;
  }

  /** The answer to a request, without blocking the thread; throws what the session's thread refused with. */
  async answer(number: number): Promise<string> {
    await this.settled(number);
    return this.answered(number);
  }

  /** Resolves when a request is answered, or will never be. */
  async settled(number: number): Promise<void> {
    // A program ends when it does nothing else than wait like this.
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      for (let done; (done = this.#pending(number)) !== null;) {
        await Atomics.waitAsync(this.#words, DONE, done).value;
      }
    } finally {
      clearInterval(alive);
    }
  }

  /**
   * The answer to a request that has been waited for; throws what the session's thread refused with, and
   * an {@linkcode AnswerLostError} when there were 64 other requests since.
   */
  answered(number: number): string {
    if (!this.#isAnswered(number)) {
      throw new TypeError("Cannot have an answer of the session: it is closed");
    }
    const { failed, text } = this.#read(number);
    if (Atomics.load(this.#words, this.#slot(number) / 4 + NUMBER) !== number) {
      const why = `${SLOTS} others have asked since`;
      throw new AnswerLostError(`Cannot tell what the session answered: ${why}`);
    }
    if (failed) throw new Error(text);
    return text;
  }

  /** Answers requests, one after the other, until `handle` was given one to close; for the session's thread. */
  async serve(handle: RequestHandler): Promise<void> {
    for (;;) {
      const posted = Atomics.load(this.#words, POSTED);
      for (let n = Atomics.load(this.#words, DONE); n < posted; n++) {
        Atomics.add(this.#words, BEGUN, 1);
        if (await this.#serve(n, handle) === "close") return this.#close(n + 1);
        Atomics.store(this.#words, DONE, n + 1);
        Atomics.notify(this.#words, DONE);
      }
      await Atomics.waitAsync(this.#words, POSTED, posted).value;
    }
  }

  /** Nothing is answered any more: the thread that served is dead. */
  close(): void {
    this.#close(Atomics.load(this.#words, DONE));
  }

  #close(answered: number): void {
    Atomics.compareExchange(this.#words, CLOSED, 0, answered + 1);
    // Whoever waits must find that it has changed.
    Atomics.add(this.#words, DONE, 1);
    Atomics.notify(this.#words, DONE);
  }

  /** What DONE is while a request waits for its answer; else `null`. */
  #pending(number: number): number | null {
    const done = Atomics.load(this.#words, DONE);
    return done <= number && !this.closed ? done : null;
  }

  #isAnswered(number: number): boolean {
    const closed = Atomics.load(this.#words, CLOSED);
    return closed === 0 ? Atomics.load(this.#words, DONE) > number : number < closed - 1;
  }

  /** Number of a request, `null` while there is no place for it. */
  #tryPost(kind: RequestKind, text: string): number | null {
    if (this.closed) {
      throw new TypeError(`Cannot ask the session for "${kind}": it is closed`);
    }
    const number = Atomics.load(this.#words, POSTED);
    if (kind === "flush" && this.#isFlushToCome(number - 1)) return number - 1;
    if (Atomics.load(this.#words, DONE) <= number - SLOTS) return null;
    Atomics.store(this.#words, this.#slot(number) / 4 + NUMBER, number);
    this.#put(number, KINDS.indexOf(kind), 0, text);
    Atomics.store(this.#words, POSTED, number + 1);
    Atomics.notify(this.#words, POSTED);
    return number;
  }

  /** Whether a request is to flush, and its handling has not begun. */
  #isFlushToCome(number: number): boolean {
    // Not a load: the session's thread adds to what this has stored, so it sees what was recorded before.
    const begun = Atomics.add(this.#words, BEGUN, 0);
    return begun <= number && this.#read(number).kind === "flush";
  }

  async #serve(number: number, handle: RequestHandler): Promise<RequestKind> {
    const { kind, text } = this.#read(number);
    const kindIndex = KINDS.indexOf(kind);
    try {
      this.#put(number, kindIndex, 0, await handle({ kind, text }));
    } catch (error) {
      this.#put(number, kindIndex, 1, error instanceof Error ? error.message : `${error}`);
    }
    return kind;
  }

  #read(number: number): Request & { readonly failed: boolean } {
    const at = this.#slot(number);
    const [kind, status] = this.#words.subarray(at / 4);
    return { kind: KINDS[kind], text: this.#text(number).text, failed: status === 1 };
  }

  #put(number: number, kind: number, status: number, text: string): void {
    const at = this.#slot(number);
    this.#text(number).text = text;
    this.#words.set([kind, status], at / 4);
  }

  #text(number: number): SharedText {
    return new SharedText(this.memory, this.#slot(number) + TEXT_AT, SLOT_SIZE - TEXT_AT);
  }

  #slot(number: number): number {
    return SLOTS_AT + (number % SLOTS) * SLOT_SIZE;
  }
}
