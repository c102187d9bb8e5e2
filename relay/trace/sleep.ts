/** A word that nobody ever rings. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for some milliseconds. */
export function sleep(ms: number): void {
  Atomics.wait(NEVER, 0, 0, ms);
}
