/**
 * Access to words that another thread may be accessing. Every such access of the ring goes through
 * one of these functions: their names say what each relies on, and a model checker can take every
 * call for a step.
 *
 * @module
 */

/** Loads a word without ordering (`READ_ONCE`). */
export function readOnce(words: Int32Array, index: number): number {
  return words[index];
}

/** Stores a word without ordering; takes the value modulo 2^32 (`WRITE_ONCE`). */
export function writeOnce(words: Int32Array, index: number, value: number): void {
  words[index] = value;
}

/** Loads a word; what its storer had stored before is seen after it (`smp_load_acquire`). */
export function loadAcquire(words: Int32Array, index: number): number {
  return Atomics.load(words, index);
}

/** Stores a word; who loads it sees what was stored before (`smp_store_release`). */
export function storeRelease(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value);
}

/** Stores `next` if the word is `expected`; returns what it was (`cmpxchg`). */
export function cmpxchg(words: Int32Array, index: number, expected: number, next: number): number {
  return Atomics.compareExchange(words, index, expected, next);
}

/** Clears all bits but those of `mask`; returns what the word was (`atomic_fetch_and`). */
export function fetchAnd(words: Int32Array, index: number, mask: number): number {
  return Atomics.and(words, index, mask);
}

/** Counts a doorbell up and wakes who waits for it to change. */
export function ringDoorbell(doorbells: Int32Array, index: number): void {
  Atomics.add(doorbells, index, 1);
  Atomics.notify(doorbells, index);
}
