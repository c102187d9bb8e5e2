import { COMMITTED, ID, LOST, NOREF, OFFSET, OPENED, SWITCHING, WRAPS } from "./control.ts";
import { type LostCounts, readLost } from "./lost.ts";
import type { RingMemory } from "./ring_memory.ts";
import { loadAcquire, readOnce } from "./shared_words.ts";

/** Looks before giving up: each time the writer has filled a sub-buffer meanwhile. */
const TRIES = 100;

/** What the writer's open sub-buffer held at a moment. */
export interface OpenSubbuf {
  /** Its number, counted from 0 since the ring was made. */
  readonly seq: number;
  /** Copy of its bytes from the header to the end of the last committed slot. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether a slot was open, of which nothing is in the copy. */
  readonly slotOpen: boolean;
}

/** How far the writer's open sub-buffer was committed at a moment. */
export interface OpenExtent {
  /** Offset at which it starts, from 0 to 2^32 - 1. */
  readonly position: number;
  /**
   * Bytes from the header to the end of the last committed slot; those of a sub-buffer when it is full,
   * and delivered or about to be: then the writer is in none.
   */
  readonly size: number;
}

/**
 * How far the sub-buffer that the writer opened last was committed, from any thread; `null` when it
 * has opened none, or is just about to. In discard mode these bytes stay where they are,
 * {@linkcode RingMemory.views}, until a reader has consumed the sub-buffer.
 */
export function openExtent({ control, geometry, headerSize }: RingMemory): OpenExtent | null {
  for (let tries = 0; tries < TRIES; tries++) {
    const opened = loadAcquire(control, OPENED);
    const wraps = readOnce(control, WRAPS);
    if (wraps < 0) return null;
    const size = (loadAcquire(control, COMMITTED) - opened) | 0;
    // COMMITTED may still be that of the sub-buffer before, or already that of the next.
    const isSame = loadAcquire(control, OPENED) === opened && readOnce(control, WRAPS) === wraps;
    if (!isSame || size < headerSize) continue;
    return { position: opened >>> 0, size: Math.min(size, geometry.subbufSize) };
  }
  return null;
}

/**
 * Copies what has been committed in the sub-buffer that the writer is in, from any thread, while the
 * writer goes on: nothing is consumed, and the same bytes come again when the sub-buffer is
 * delivered. `null` when the writer is in none, for all of them are full or nobody has written. The
 * end of the client's header is as the client left it when it opened the sub-buffer.
 */
export function peekOpenSubbuf(memory: RingMemory): OpenSubbuf | null {
  const { control, geometry, headerSize } = memory;
  for (let tries = 0; tries < TRIES; tries++) {
    const opened = loadAcquire(control, OPENED);
    const wraps = readOnce(control, WRAPS);
    if (wraps < 0) return null;
    const committed = loadAcquire(control, COMMITTED);
    const size = (committed - opened) | 0;
    if (size >= geometry.subbufSize) return null;
    // COMMITTED is still that of the sub-buffer before.
    if (size < headerSize) continue;
    const isSwitching = readOnce(control, SWITCHING) !== 0;
    const slotOpen = !isSwitching && readOnce(control, OFFSET) !== committed;
    const index = openIndex(memory, opened);
    // Delivered meanwhile: a reader may have put another one in its place.
    if (index === null) continue;
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const view of memory.views(index, size)) {
      bytes.set(view, at);
      at += view.length;
    }
    // Still in it, though it may be closing it: the bytes are those of this sub-buffer, and were
    // committed.
    if (loadAcquire(control, OPENED) === opened && readOnce(control, WRAPS) === wraps) {
      return { seq: geometry.subbufSeq(wraps, opened), bytes, slotOpen };
    }
  }
  return null;
}

/** Which sub-buffer was opened at an offset, as long as it is not delivered; `null` when it is. */
export function openIndex(memory: RingMemory, opened: number): number | null {
  const { words, geometry, records, overwrite } = memory;
  const place = geometry.subbufIndex(opened);
  if (!overwrite) return place;
  const id = readOnce(words, records[place] + ID);
  return (id & NOREF) === 0 ? geometry.subbufOf(id) : null;
}

/** Events lost in a ring by now, by whoever wrote; from any thread. */
export function ringLost(memory: RingMemory): LostCounts {
  return readLost(memory.control, LOST);
}
