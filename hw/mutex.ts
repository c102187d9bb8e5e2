import { KernelError } from "./errno.ts";

/**
 * Lock that is not recursive, as `struct mutex`. The machine runs on one thread, so a mutex that
 * is found locked is held by the caller himself; the kernel would wait for ever, here it throws.
 * Linux 2.6.29, kernel/mutex.c.
 */
export class Mutex {
  /** What the lock is called in error messages. */
  readonly name: string;
  #locked = false;

  /** An unlocked mutex. */
  constructor(name: string) {
    this.name = name;
  }

  /** Whether it is held. */
  get locked(): boolean {
    return this.#locked;
  }

  /** Takes the lock; `EDEADLK` when it is held. */
  lock(): void {
    if (this.#locked) {
      throw new KernelError("EDEADLK", `Cannot lock ${this.name}: the caller holds it`);
    }
    this.#locked = true;
  }

  /** Gives the lock back; a `TypeError` when it is not held. */
  unlock(): void {
    if (!this.#locked) throw new TypeError(`Cannot unlock ${this.name}: nobody holds it`);
    this.#locked = false;
  }

  /** Runs `section` with the lock held and gives the lock back however it ends. */
  hold<T>(section: () => T): T {
    this.lock();
    try {
      return section();
    } finally {
      this.unlock();
    }
  }
}
