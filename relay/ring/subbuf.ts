import { PAGE_SIZE } from "../../hw/ram.ts";
import { DATA_SIZE, SUBBUF_LOST, SUBBUF_SEQ } from "./control.ts";
import { type LostCounts, readLost } from "./lost.ts";
import type { RingMemory } from "./ring_memory.ts";
import { readOnce } from "./shared_words.ts";
import { readTwoWords } from "./two_words.ts";

/**
 * A sub-buffer in the reader's hands. What it says was read when it was got; its bytes are RAM
 * itself and the writer's again once the sub-buffer is put.
 */
export class Subbuf {
  /** Offset at which it starts, from 0 to 2^32 - 1: what {@linkcode RingReader.getSubbuf} takes. */
  readonly position: number;
  /** Which of the ring's sub-buffers it is. */
  readonly index: number;
  /** Its number, counted from 0 since the ring was made. Numbers left out were overwritten. */
  readonly seq: number;
  /** Bytes from the start of the header to the end of the last slot. */
  readonly dataSize: number;
  /** Bytes behind those, up to the end. */
  readonly padding: number;
  /** Events lost since the ring was made, up to the reservation that filled it. */
  readonly lost: LostCounts;
  readonly #memory: RingMemory;

  /** @ignore The sub-buffer `index`, which must be the reader's. */
  constructor(memory: RingMemory, index: number, position: number) {
    const record = memory.records[index];
    this.#memory = memory;
    this.position = position >>> 0;
    this.index = index;
    this.seq = readTwoWords(memory.words, record + SUBBUF_SEQ);
    this.dataSize = readOnce(memory.words, record + DATA_SIZE);
    this.padding = memory.geometry.subbufSize - this.dataSize;
    this.lost = readLost(memory.words, record + SUBBUF_LOST);
  }

  /** Bytes of the data with the padding that makes them whole pages. */
  get paddedSize(): number {
    return Math.ceil(this.dataSize / PAGE_SIZE) * PAGE_SIZE;
  }

  /**
   * The first `length` bytes as views of RAM, one for each run of adjacent frames: mostly one.
   * Initially the data; {@linkcode Subbuf.paddedSize} gives whole pages. Copies nothing.
   */
  views(length: number = this.dataSize): Uint8Array[] {
    if (!Number.isInteger(length) || length < 0 || length > this.#memory.geometry.subbufSize) {
      const size = this.#memory.geometry.subbufSize;
      throw new RangeError(`Cannot view ${length} bytes of a sub-buffer of ${size}`);
    }
    return this.#memory.views(this.index, length);
  }
}
