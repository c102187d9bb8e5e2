import { KernelError } from "../../hw/errno.ts";
import { EventRules } from "./event_rules.ts";
import { RULES_SIZE } from "./registry_layout.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The rules that all threads of a session share, as text in one of two halves of memory: a word says
 * in which, and how long it is. So a thread that dies while it changes them leaves those in force.
 */
export class SharedRules {
  readonly #words: Int32Array;
  readonly #word: number;
  readonly #halves: Uint8Array;

  /** The rules in two halves of `RULES_SIZE` bytes, of which a word tells. */
  constructor(words: Int32Array, word: number, halves: Uint8Array) {
    this.#words = words;
    this.#word = word;
    this.#halves = halves;
  }

  /** A copy of those in force; from any thread. */
  get inForce(): EventRules {
    const word = Atomics.load(this.#words, this.#word);
    const at = (word & 1) * RULES_SIZE;
    return EventRules.parse(decoder.decode(this.#halves.slice(at, at + (word >>> 1))));
  }

  /** Puts others in force, for one thread at a time; `ENOSPC` when they are too long. */
  set(rules: EventRules): void {
    const text = encoder.encode(`${rules}`);
    if (text.length > RULES_SIZE) {
      throw new KernelError("ENOSPC", `Cannot add a rule: rules have ${RULES_SIZE} bytes`);
    }
    const half = ~Atomics.load(this.#words, this.#word) & 1;
    this.#halves.set(text, half * RULES_SIZE);
    Atomics.store(this.#words, this.#word, text.length << 1 | half);
  }
}
