import {
  COMMITTED,
  CONSUMED,
  DATA_SIZE,
  DELIVERED,
  ID,
  OFFSET,
  OPEN_SLOTS,
  OPENED,
  OPENING,
  READER_ID,
  SUBBUF_SEQ,
  SWITCHING,
  WRAPS,
} from "./control.ts";
import { MAX_NESTING } from "./open_slots.ts";
import type { RingMemory } from "./ring_memory.ts";
import { loadAcquire, readOnce } from "./shared_words.ts";
import { readTwoWords } from "./two_words.ts";

/** A sub-buffer that a ring holds: delivered, and nothing was written in its place since. */
export interface StoredSubbuf {
  /** Its number, counted from 0 since the ring was made. */
  readonly seq: number;
  /** Which of the ring's sub-buffers it is. */
  readonly index: number;
  /** Bytes from the start of the header to the end of the last slot. */
  readonly dataSize: number;
}

/**
 * The sub-buffers a ring holds, consumed or not, the oldest first: for somebody who is not its reader,
 * and takes nothing from it. The writer may enter any of them at any time, so whoever copies one asks
 * {@linkcode isStored} when he is done. Believes nothing that the words say of each other.
 */
export function storedSubbufs(memory: RingMemory): StoredSubbuf[] {
  const { control, geometry, records, words, headerSize, runs } = memory;
  const opened = loadAcquire(control, OPENED);
  const wraps = readOnce(control, WRAPS);
  if (wraps < 0) return [];
  // By what they say themselves: a reader that has one may have put another one in its place.
  const indexes = new Map<number, number>();
  for (let index = runs.length - 1; index >= 0; index--) {
    const dataSize = readOnce(words, records[index] + DATA_SIZE);
    if (dataSize > 0) indexes.set(seqOf(memory, index), index);
  }
  const newest = geometry.subbufSeq(wraps, opened);
  const stored: StoredSubbuf[] = [];
  for (let back = geometry.nSubbufs - 1; back >= 0; back--) {
    const seq = newest - back;
    const position = (opened - back * geometry.subbufSize) | 0;
    const delivered = loadAcquire(words, records[geometry.subbufIndex(position)] + DELIVERED);
    const index = indexes.get(seq);
    if (seq < 0 || index === undefined || !geometry.isFull(delivered, position)) continue;
    const dataSize = readOnce(words, records[index] + DATA_SIZE);
    if (dataSize < headerSize || dataSize > geometry.subbufSize) continue;
    stored.push({ seq, index, dataSize });
  }
  return stored;
}

/** Whether nothing was written in the place of a sub-buffer since {@linkcode storedSubbufs} said it. */
export function isStored(memory: RingMemory, { seq, index }: StoredSubbuf): boolean {
  const { control, geometry } = memory;
  // Who enters a place stores first what it opens, then the number, then anything else.
  const newest = geometry.subbufSeq(readOnce(control, WRAPS), loadAcquire(control, OPENED));
  return newest - seq < geometry.nSubbufs && seqOf(memory, index) === seq;
}

/** Slots that are reserved and not committed. */
export function openSlots({ control }: RingMemory): number {
  const counted = readOnce(control, OPEN_SLOTS);
  if (counted > 0) return counted;
  const isOpen = readOnce(control, OFFSET) !== readOnce(control, COMMITTED);
  return isOpen && readOnce(control, SWITCHING) === 0 ? 1 : 0;
}

/**
 * Refuses with a `TypeError` a ring that no writer leaves like this, wherever its thread died: so it can be
 * repaired. For the memory of a program that is gone.
 */
export function assertRepairable(memory: RingMemory): void {
  const { control, geometry, records, words, overwrite } = memory;
  const { subbufSize, bufSize, nSubbufs } = geometry;
  const opened = readOnce(control, OPENED);
  const between = (value: number, least: number, most: number, what: string): void => {
    if (value >= least && value <= most) return;
    const { byteOffset } = control;
    throw new TypeError(
      `Cannot repair the ring at ${byteOffset}: ${what} is ${value}, not ${least} to ${most}`,
    );
  };
  const offset = readOnce(control, OFFSET);
  const committed = readOnce(control, COMMITTED);
  between(opened & (subbufSize - 1), 0, 0, "the place in a sub-buffer of what begins one");
  between(
    readOnce(control, CONSUMED) & (subbufSize - 1),
    0,
    0,
    "the reader's place in a sub-buffer",
  );
  between(readOnce(control, WRAPS), -1, 2 ** 31 - 1, "the number of wraps");
  between(readOnce(control, SWITCHING), 0, OPENING, "what the writer was about");
  const open = readOnce(control, OPEN_SLOTS);
  between(open, 0, MAX_NESTING, "the number of open slots");
  between((offset - opened) | 0, 0, subbufSize, "what is reserved of the sub-buffer");
  // Slots that overlap keep COMMITTED back, as far as one likes.
  if (open === 0) {
    between((offset - committed) | 0, 0, bufSize + subbufSize, "what is not committed");
  }
  if (!overwrite) return;
  const ids = Array.from({ length: nSubbufs }, (_, place) => readOnce(words, records[place] + ID));
  for (const id of [...ids, readOnce(control, READER_ID)]) {
    between(geometry.subbufOf(id), 0, nSubbufs, "a sub-buffer's number");
  }
}

function seqOf({ records, words }: RingMemory, index: number): number {
  return readTwoWords(words, records[index] + SUBBUF_SEQ);
}
