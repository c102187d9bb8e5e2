import { Listeners } from "./listeners.ts";

/** What a notifier answers, one of `NOTIFY_*`. Linux 2.6.29, include/linux/notifier.h, as all. */
export type NotifierResult = number;

/** Does not care. */
export const NOTIFY_DONE: NotifierResult = 0;
/** Suits me. */
export const NOTIFY_OK: NotifierResult = 1;
/** Bit of an answer that ends the round. */
export const NOTIFY_STOP_MASK: NotifierResult = 0x8000;
/** A notifier vetoes the event. */
export const NOTIFY_BAD: NotifierResult = 0x8002;
/** A notifier ends the round, without a veto. */
export const NOTIFY_STOP: NotifierResult = 0x8001;

/** A callback with its place in the chain (`struct notifier_block`). */
export interface NotifierBlock {
  /** Called with the event and what it is about. What it throws counts as {@linkcode NOTIFY_BAD}. */
  readonly notifierCall: (action: number, cpu: number) => NotifierResult;
  /** Higher ones are called first, equal ones in the order of registration. */
  readonly priority: number;
}

/** One notifier being called, told before and after. */
export interface NotifierCall {
  /** Who is called. */
  readonly block: NotifierBlock;
  /** The event. */
  readonly action: number;
  /** What it is about. */
  readonly cpu: number;
  /** What was answered; `null` before the call. */
  readonly answer: NotifierResult | null;
}

/** How a round through the chain went. */
export interface NotifierRound {
  /** Answer of the notifier called last, {@linkcode NOTIFY_DONE} when nobody was called. */
  readonly result: NotifierResult;
  /** How many were called. */
  readonly nrCalls: number;
  /** What a notifier threw, which ended the round. */
  readonly thrown: { readonly error: unknown } | null;
}

/** Callbacks in order of priority (`struct raw_notifier_head`). Linux 2.6.29, kernel/notifier.c. */
export class NotifierChain {
  readonly #blocks: NotifierBlock[] = [];
  readonly #listeners = new Listeners<NotifierCall>();

  /** Priorities in the order of calling. */
  get priorities(): number[] {
    return this.#blocks.map((block) => block.priority);
  }

  /** Puts a block behind all that have its priority or a higher one. A `TypeError` if it is there. */
  register(block: NotifierBlock): void {
    if (this.#blocks.includes(block)) {
      throw new TypeError("Cannot register a notifier: it is registered");
    }
    const behind = this.#blocks.findIndex((other) => other.priority < block.priority);
    this.#blocks.splice(behind < 0 ? this.#blocks.length : behind, 0, block);
  }

  /** Takes a block off the chain. Says whether it was there. */
  unregister(block: NotifierBlock): boolean {
    const at = this.#blocks.indexOf(block);
    if (at >= 0) this.#blocks.splice(at, 1);
    return at >= 0;
  }

  /**
   * Calls the first `nrToCall` blocks, -1 for all, until one answers with
   * {@linkcode NOTIFY_STOP_MASK}: of those registered when the round begins.
   */
  call(action: number, cpu: number, nrToCall: number = -1): NotifierRound {
    let result = NOTIFY_DONE;
    let nrCalls = 0;
    let thrown: NotifierRound["thrown"] = null;
    for (const block of [...this.#blocks]) {
      if (nrCalls === nrToCall || result & NOTIFY_STOP_MASK) break;
      this.#tell({ block, action, cpu, answer: null });
      try {
        result = block.notifierCall(action, cpu);
      } catch (error) {
        result = NOTIFY_BAD;
        thrown = { error };
      }
      nrCalls++;
      this.#tell({ block, action, cpu, answer: result });
    }
    return { result, nrCalls, thrown };
  }

  /** Calls `listener` before and after each call, until the function returned is called. */
  subscribe(listener: (call: NotifierCall) => void): () => void {
    return this.#listeners.add(listener);
  }

  #tell(call: NotifierCall): void {
    if (this.#listeners.any) this.#listeners.tell(call);
  }
}
