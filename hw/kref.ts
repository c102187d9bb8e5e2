import type { KernelLog } from "./log.ts";

/** Reference count that knows no bounds, as `struct kref`. Linux 2.6.29, lib/kref.c. */
export class Kref {
  readonly #log: KernelLog;
  #count = 1;

  /** Starts at 1. `log` takes the warning of {@linkcode Kref.get}. */
  constructor(log: KernelLog) {
    this.#log = log;
  }

  /** References held now. */
  get count(): number {
    return this.#count;
  }

  /** Takes a reference. At 0 it warns and counts all the same, as the kernel does. */
  get(): void {
    this.#log.warnOn(this.#count === 0, "kref_get", "!atomic_read(&kref->refcount)");
    this.#count++;
  }

  /** Gives a reference back; the last one calls `release`. Says whether it did. */
  put(release: () => void): boolean {
    this.#count--;
    if (this.#count !== 0) return false;
    release();
    return true;
  }
}
