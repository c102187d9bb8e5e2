import {
  CLOSING,
  COMMIT_COUNT,
  COMMITTED,
  DELIVERED,
  HELD,
  LOST,
  OFFSET,
  OPEN_SLOTS,
  OPENED,
  OPENING,
  SUBBUF_SEQ,
  SWITCHING,
  UNPADDED,
  WRAPS,
} from "./control.ts";
import { addLost, LOST_TORN } from "./lost.ts";
import type { RingMemory } from "./ring_memory.ts";
import { readOnce, writeOnce } from "./shared_words.ts";
import { readTwoWords } from "./two_words.ts";
import type { WriteSubbufs } from "./write_subbufs.ts";

/**
 * Brings a ring in order whose writer died, wherever that was in its program. Sub-buffers that hold
 * no open slot are kept whole; one that does is cut at COMMITTED and delivered. What is cut off is
 * counted as {@linkcode LOST_TORN}: the open slots, and those committed behind one in its sub-buffer.
 */
export function repair(memory: RingMemory, subbufs: WriteSubbufs): void {
  const { geometry, words, control, headerSize } = memory;
  const { subbufSize } = geometry;
  const switching = readOnce(control, SWITCHING);
  const committed = readOnce(control, COMMITTED);
  const opened = readOnce(control, OPENED);
  const open = readOnce(control, OPEN_SLOTS);
  let end = readOnce(control, OFFSET);
  const isDelivered = (trunc: number): boolean =>
    geometry.isFull(readOnce(words, subbufs.recordAt(trunc) + DELIVERED), trunc);
  const committedIn = (trunc: number): number => Math.max((committed - trunc) | 0, headerSize);

  if (switching === OPENING) {
    if (((end - opened) | 0) === subbufSize) {
      // It had not moved OPENED yet, but may have counted that it would come to 0.
      if (((opened + subbufSize) | 0) === 0) writeOnce(control, WRAPS, wrapsBefore(memory));
    } else {
      // It had entered the next sub-buffer, and how much of the header is there nobody knows.
      subbufs.begin(opened);
      end = (opened + headerSize) | 0;
    }
  }

  /** Sub-buffers to close, with where their slots end. */
  const toClose: { trunc: number; dataSize: number }[] = [];
  let lost = 0;
  if (open === 0) {
    // At most one slot was open, and the commit count is not up to date.
    const isTorn = switching === 0 && committed !== end;
    if (isTorn || (switching === CLOSING && !isDelivered(opened))) {
      toClose.push({ trunc: opened, dataSize: committedIn(opened) });
    }
    lost = isTorn ? 1 : 0;
  } else {
    let isTorn = false;
    // Slots that overlap keep COMMITTED back, for laps even. A lap behind nothing is open: the writer
    // enters no place before what it holds is delivered.
    const oldest = (opened + subbufSize - geometry.bufSize) | 0;
    const isOlder = ((geometry.subbufTrunc(committed) - oldest) | 0) < 0;
    const first = isOlder ? oldest : geometry.subbufTrunc(committed);
    for (let trunc = first; ((opened - trunc) | 0) >= 0; trunc = geometry.subbufAlign(trunc)) {
      if (isDelivered(trunc)) continue;
      const record = subbufs.recordAt(trunc);
      const count = readOnce(words, record + COMMIT_COUNT);
      const isPadded = switching === CLOSING && count !== readOnce(control, UNPADDED);
      const isClosed = trunc !== opened || isPadded;
      const reserved = isClosed ? subbufSize : (end - opened) | 0;
      if (((count - geometry.lap(trunc)) | 0) !== reserved) {
        isTorn = true;
        lost += readOnce(words, record + HELD);
        toClose.push({ trunc, dataSize: committedIn(trunc) });
      } else if (reserved === subbufSize) {
        subbufs.deliver(trunc, count);
      } else if (switching === CLOSING) {
        toClose.push({ trunc, dataSize: reserved });
      }
    }
    lost = isTorn ? lost + open : 0;
  }
  addLost(control, LOST, LOST_TORN, lost);
  for (const { trunc, dataSize } of toClose) {
    const record = subbufs.recordAt(trunc);
    writeOnce(words, record + COMMIT_COUNT, geometry.lap(trunc) + dataSize);
    subbufs.close(trunc, dataSize);
    if (trunc === opened) end = (opened + subbufSize) | 0;
  }
  if (open > 0 && switching === CLOSING) end = (opened + subbufSize) | 0;
  writeOnce(control, OFFSET, end);
  writeOnce(control, COMMITTED, end);
  writeOnce(control, OPEN_SLOTS, 0);
  writeOnce(control, SWITCHING, 0);
}

/** What WRAPS is before OPENED comes to 0, by the numbers of the sub-buffers. */
function wrapsBefore({ geometry, words, records, runs }: RingMemory): number {
  const seqs = runs.map((_, subbuf) => readTwoWords(words, records[subbuf] + SUBBUF_SEQ));
  const last = Math.max(...seqs);
  // Number 0 would be where OPENED comes to: there is none yet.
  return last === 0 ? -1 : Math.floor(last * geometry.subbufSize / 2 ** 32);
}
