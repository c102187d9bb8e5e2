import { Kref } from "../hw/kref.ts";
import type { KernelLog } from "../hw/log.ts";

/** Who can hold a reference: a client, an open file, a buffer (to its channel), the thing itself. */
export type Holder = "user" | "file" | "buffer" | "self";

/**
 * References to a channel or buffer, counted by who holds them; the kref is their sum. The kernel
 * has only the sum, so that one put too many takes somebody else's reference; here it throws.
 */
export class References {
  readonly #kref: Kref;
  readonly #what: string;
  readonly #release: () => void;
  readonly #held: Record<Holder, number> = { user: 0, file: 0, buffer: 0, self: 1 };

  /** @ignore One reference, the thing's own. `what` names it in errors; the last put calls `release`. */
  constructor(what: string, log: KernelLog, release: () => void) {
    this.#kref = new Kref(log);
    this.#what = what;
    this.#release = release;
  }

  /** References of all holders. */
  get count(): number {
    return this.#kref.count;
  }

  /** References by who holds them. */
  get held(): Readonly<Record<Holder, number>> {
    return this.#held;
  }

  /** Takes a reference; a `TypeError` when there is nothing left to refer to. */
  get(holder: Holder): void {
    if (this.count === 0) throw new TypeError(`Cannot get ${this.#what}: it is freed`);
    this.#held[holder]++;
    this.#kref.get();
  }

  /** Gives a reference back; a `TypeError` when that holder has none. */
  put(holder: Holder): void {
    if (this.#held[holder] === 0) {
      throw new TypeError(`Cannot put ${this.#what}: no ${holder} holds a reference`);
    }
    this.#held[holder]--;
    this.#kref.put(this.#release);
  }
}
