import { sleep } from "./sleep.ts";

/** How long somebody may hold the lock before he is taken for dead: it is held for microseconds. */
const DEAD_MS = 5000;
/** Tries before a thread waits between them. */
const SPINS = 1000;

/** What this thread stores in a lock's word. */
const OWNER = 1 + Math.floor(Math.random() * (2 ** 31 - 2));

/**
 * Runs `body` while this thread holds the lock in a shared word, 0 when it is free. Waits for other
 * threads, and takes the lock from one that is dead.
 */
export function withLock<T>(words: Int32Array, lock: number, body: () => T): T {
  acquire(words, lock);
  try {
    return body();
  } finally {
    Atomics.compareExchange(words, lock, OWNER, 0);
  }
}

function acquire(words: Int32Array, lock: number): void {
  let holder = 0;
  let since = 0;
  for (let tries = 0;; tries++) {
    const found = Atomics.compareExchange(words, lock, 0, OWNER);
    if (found === 0) return;
    if (tries < SPINS) continue;
    sleep(1);
    if (found !== holder) [holder, since] = [found, performance.now()];
    else if (performance.now() - since > DEAD_MS) {
      if (Atomics.compareExchange(words, lock, found, OWNER) === found) return;
    }
  }
}
