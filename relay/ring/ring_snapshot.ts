import {
  COMMITTED,
  CONSUMED,
  DATA_SIZE,
  DELIVERED,
  FINALIZED,
  ID,
  LOST,
  OFFSET,
  OPENED,
  READER,
  READER_ID,
  WRAPS,
  WRITER,
} from "./control.ts";
import { type LostCounts, readLost } from "./lost.ts";
import type { RingMemory } from "./ring_memory.ts";
import { readOnce } from "./shared_words.ts";
import { isStored, storedSubbufs } from "./stored_subbufs.ts";

/** A place in the round that the writer makes. */
export interface RingPlace {
  /** Which of the ring's sub-buffers stands there. */
  readonly subbuf: number;
  /** Number of what the place holds, delivered and not overwritten; `null` when there is none. */
  readonly seq: number | null;
  /** Bytes of that, header included; 0 when there is none. */
  readonly dataSize: number;
  /** Whether the writer has entered it and not delivered it: it is filled, or a slot in it is open. */
  readonly writing: boolean;
}

/** The state of a ring at a moment, as plain data. Offsets are from 0 to 2^32 - 1. */
export interface RingSnapshot {
  /** Where the writer will reserve next. */
  readonly reserved: number;
  /** All that was reserved below is committed. */
  readonly committed: number;
  /** Where the reader will read next. */
  readonly consumed: number;
  /** Places, in the order of the round. */
  readonly places: readonly RingPlace[];
  /** Sub-buffer in the reader's hands, one for exchange at first; `null` in discard mode. */
  readonly readerSubbuf: number | null;
  /** Whether a writer is attached. */
  readonly writer: boolean;
  /** Whether a reader is attached. */
  readonly reader: boolean;
  /** Whether nothing more will come. */
  readonly finalized: boolean;
  /** Events lost. */
  readonly lost: LostCounts;
}

/**
 * Looks at all of a ring and changes nothing. While other threads use it the parts may be of
 * different moments.
 */
export function snapshotRing(memory: RingMemory): RingSnapshot {
  const { control, overwrite } = memory;
  return {
    reserved: readOnce(control, OFFSET) >>> 0,
    committed: readOnce(control, COMMITTED) >>> 0,
    consumed: readOnce(control, CONSUMED) >>> 0,
    places: snapshotPlaces(memory),
    readerSubbuf: overwrite ? memory.geometry.subbufOf(readOnce(control, READER_ID)) : null,
    writer: readOnce(control, WRITER) === 1,
    reader: readOnce(control, READER) === 1,
    finalized: readOnce(control, FINALIZED) === 1,
    lost: readLost(control, LOST),
  };
}

function snapshotPlaces(memory: RingMemory): RingPlace[] {
  const { control, words, records, geometry, overwrite } = memory;
  const stored = storedSubbufs(memory).filter((subbuf) => isStored(memory, subbuf));
  const opened = readOnce(control, OPENED);
  const newest = geometry.subbufSeq(readOnce(control, WRAPS), opened);
  return Array.from({ length: geometry.nSubbufs }, (_, place) => {
    const id = readOnce(words, records[place] + ID);
    // Where the writer stood when it entered the place last, if it ever did.
    const back = (geometry.subbufIndex(opened) - place + geometry.nSubbufs) % geometry.nSubbufs;
    const position = (opened - back * geometry.subbufSize) | 0;
    const delivered = readOnce(words, records[place] + DELIVERED);
    const subbuf = overwrite ? geometry.subbufOf(id) : place;
    const held = stored.find(({ index }) => index === subbuf);
    return {
      subbuf,
      seq: held?.seq ?? null,
      dataSize: held === undefined ? 0 : readOnce(words, records[subbuf] + DATA_SIZE),
      writing: newest >= back && !geometry.isFull(delivered, position),
    };
  });
}
