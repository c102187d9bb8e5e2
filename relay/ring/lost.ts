import { readOnce, writeOnce } from "./shared_words.ts";

/** Negative answer of {@linkcode RingWriter.reserve}, one of `LOST_*`: why the event is lost. */
export type Refusal = number;

/** All sub-buffers hold what the reader has not consumed; in discard mode only. */
export const LOST_FULL: Refusal = -1;
/** The next sub-buffer still holds a slot that is not committed. */
export const LOST_WRAP: Refusal = -2;
/** The slot is longer than a sub-buffer has room for. */
export const LOST_BIG: Refusal = -3;
/** Too many slots are open, or one was asked for from within a callback. */
export const LOST_NESTED: Refusal = -4;
/** The thread died with the slot open, or with one of its nest open in the same sub-buffer. */
export const LOST_TORN: Refusal = -5;
/** The CPU is down and its writer detached, or the ring is finalized. */
export const LOST_OFFLINE: Refusal = -6;

/** Events lost since the ring was made, by cause; each count is modulo 2^32. */
export interface LostCounts {
  /** See {@linkcode LOST_FULL}. */
  readonly full: number;
  /** See {@linkcode LOST_WRAP}. */
  readonly wrap: number;
  /** See {@linkcode LOST_BIG}. */
  readonly big: number;
  /** See {@linkcode LOST_NESTED}. */
  readonly nested: number;
  /** See {@linkcode LOST_TORN}. */
  readonly torn: number;
  /** See {@linkcode LOST_OFFLINE}. */
  readonly offline: number;
}

/** Names of the causes, in the order of their words: from cause -1 on. */
export const LOST_NAMES = ["full", "wrap", "big", "nested", "torn", "offline"] as const;
/** Causes there are: a word each. */
export const LOST_CAUSES: number = LOST_NAMES.length;

/** Sum of all causes, of a ring's counts or a session's. */
export function sumLost(lost: LostCounts): number {
  return Object.values(lost).reduce((sum: number, count: number) => sum + count, 0);
}

/** Reads the counts that begin at a word. */
export function readLost(words: Int32Array, first: number): LostCounts {
  const count = (cause: Refusal): number => readOnce(words, first - 1 - cause) >>> 0;
  return {
    full: count(LOST_FULL),
    wrap: count(LOST_WRAP),
    big: count(LOST_BIG),
    nested: count(LOST_NESTED),
    torn: count(LOST_TORN),
    offline: count(LOST_OFFLINE),
  };
}

/** Adds to the count of a cause. */
export function addLost(words: Int32Array, first: number, cause: Refusal, events: number): void {
  const word = first - 1 - cause;
  writeOnce(words, word, readOnce(words, word) + events);
}
