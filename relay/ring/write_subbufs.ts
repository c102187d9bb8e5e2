import type { RingClient } from "./client.ts";
import {
  COMMIT_COUNT,
  CONSUMED,
  DATA_SIZE,
  DELIVERED,
  HELD,
  ID,
  LOST,
  NOREF,
  OFFSET,
  OPENED,
  SUBBUF_LOST,
  SUBBUF_SEQ,
  WRAPS,
} from "./control.ts";
import { LOST_CAUSES, LOST_FULL, LOST_WRAP, readLost, type Refusal } from "./lost.ts";
import type { RingMemory } from "./ring_memory.ts";
import {
  cmpxchg,
  fetchAnd,
  loadAcquire,
  readOnce,
  ringDoorbell,
  storeRelease,
  writeOnce,
} from "./shared_words.ts";
import { writeTwoWords } from "./two_words.ts";

/**
 * The sub-buffers as the writer goes through them: opened, filled, closed, delivered. All that is
 * known of them stands in RAM, so that another thread can go on when the writer is dead. A
 * sub-buffer is named by the offset at which it starts in the round, `trunc`.
 */
export class WriteSubbufs {
  readonly #memory: RingMemory;
  readonly #doorbells: Int32Array | null;
  readonly #client: RingClient;
  /** What callbacks threw. */
  readonly #thrown: unknown[] = [];

  /** Those of a ring; see {@linkcode RingWriter} for the rest. */
  constructor(memory: RingMemory, doorbells: Int32Array | null, client: RingClient) {
    this.#memory = memory;
    this.#doorbells = doorbells;
    this.#client = client;
  }

  /** Word of the record of the place that `offset` is in. */
  recordAt(offset: number): number {
    return this.#memory.records[this.#memory.geometry.subbufIndex(offset)];
  }

  /** Which sub-buffer stands in the place that `offset` is in; the writer must have entered it. */
  subbufAt(offset: number): number {
    const { geometry, words, overwrite } = this.#memory;
    if (!overwrite) return geometry.subbufIndex(offset);
    return geometry.subbufOf(readOnce(words, this.recordAt(offset) + ID));
  }

  /** Why the sub-buffer cannot be opened, 0 if it can. */
  whyClosed(trunc: number): Refusal {
    const { geometry, words, control, overwrite } = this.#memory;
    const delivered = readOnce(words, this.recordAt(trunc) + DELIVERED);
    if (!geometry.isFree(delivered, trunc)) return LOST_WRAP;
    if (overwrite) return 0;
    const consumed = loadAcquire(control, CONSUMED);
    return ((trunc - consumed) | 0) >= geometry.bufSize ? LOST_FULL : 0;
  }

  /** Enters a place that is free; in overwrite mode the reader is pushed out of it. */
  open(trunc: number): void {
    const { words, control, overwrite } = this.#memory;
    if (overwrite) {
      this.#pushReader(trunc);
      // Whichever sub-buffer stands there now, the reader cannot exchange it any more.
      fetchAnd(words, this.recordAt(trunc) + ID, ~NOREF);
    }
    if (trunc === 0) writeOnce(control, WRAPS, readOnce(control, WRAPS) + 1);
    writeOnce(control, OPENED, trunc);
    this.begin(trunc);
  }

  /** Makes the sub-buffer that was entered one with nothing but its header. */
  begin(trunc: number): void {
    const { geometry, words, control, headerSize, records } = this.#memory;
    const subbuf = this.subbufAt(trunc);
    const place = this.recordAt(trunc);
    const seq = geometry.subbufSeq(readOnce(control, WRAPS), trunc);
    writeTwoWords(words, records[subbuf] + SUBBUF_SEQ, seq);
    writeOnce(words, place + HELD, 0);
    writeOnce(control, OFFSET, trunc + headerSize);
    try {
      this.#client.bufferBegin?.(this.#memory.subbufAddress(subbuf), seq);
    } catch (error) {
      this.#thrown.push(error);
    }
    writeOnce(words, place + COMMIT_COUNT, geometry.lap(trunc) + headerSize);
  }

  /** Says where the slots of the sub-buffer end and what was lost by now. */
  end(trunc: number, dataSize: number): void {
    const { words, control, records } = this.#memory;
    const subbuf = this.subbufAt(trunc);
    const record = records[subbuf];
    writeOnce(words, record + DATA_SIZE, dataSize);
    for (let i = 0; i < LOST_CAUSES; i++) {
      writeOnce(words, record + SUBBUF_LOST + i, readOnce(control, LOST + i));
    }
    try {
      const lost = readLost(control, LOST);
      this.#client.bufferEnd?.(this.#memory.subbufAddress(subbuf), dataSize, lost);
    } catch (error) {
      this.#thrown.push(error);
    }
  }

  /** Closes the open sub-buffer: its slots end at `dataSize`, the rest is padding. */
  close(trunc: number, dataSize: number): void {
    const { geometry, words, control } = this.#memory;
    const { subbufSize } = geometry;
    this.end(trunc, dataSize);
    const record = this.recordAt(trunc);
    const count = (readOnce(words, record + COMMIT_COUNT) + subbufSize - dataSize) | 0;
    writeOnce(words, record + COMMIT_COUNT, count);
    writeOnce(control, OFFSET, trunc + subbufSize);
    this.deliver(trunc, count);
  }

  /** Hands the sub-buffer to the reader if its commit count says that it is full. */
  deliver(offset: number, count: number): void {
    const { geometry, words, overwrite, cpu } = this.#memory;
    if (!geometry.isFull(count, offset)) return;
    const record = this.recordAt(offset);
    if (overwrite) {
      const id = geometry.bufTrunc(offset) | this.subbufAt(offset) << 1 | NOREF;
      storeRelease(words, record + ID, id);
    }
    storeRelease(words, record + DELIVERED, count);
    if (this.#doorbells !== null) ringDoorbell(this.#doorbells, cpu);
  }

  /** Throws what a callback threw first, once all is in order; what others threw is forgotten. */
  throwThrown(): void {
    if (this.#thrown.length > 0) throw this.#thrown.splice(0)[0];
  }

  /** Moves CONSUMED on until the place that begins at `trunc` is free. */
  #pushReader(trunc: number): void {
    const { geometry, control } = this.#memory;
    let consumed = loadAcquire(control, CONSUMED);
    while (((trunc - consumed) | 0) >= geometry.bufSize) {
      const pushed = geometry.subbufAlign(consumed);
      const found = cmpxchg(control, CONSUMED, consumed, pushed);
      consumed = found === consumed ? pushed : found;
    }
  }
}
