import { ID, NOREF, READER_ID, SUBBUF_SEQ } from "./control.ts";
import type { RingMemory } from "./ring_memory.ts";
import { cmpxchg, loadAcquire, readOnce, writeOnce } from "./shared_words.ts";

/**
 * The sub-buffer that is the reader's in overwrite mode: it goes to the place of the one that the reader
 * gets, so that the writer never comes near that, and is taken back when the reader puts it unconsumed.
 */
export class SpareSubbuf {
  readonly #memory: RingMemory;
  /** What stands in the place of the sub-buffer that was taken, unless the writer has been there. */
  #exchanged = 0;
  /** Word with the number of the sub-buffer that stands there, and what it said before it did. */
  #seqWord = 0;
  #seq = 0;

  /** That of a ring. */
  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  /** Takes the sub-buffer at `position`, and returns which it is; `null` when it is overwritten. */
  exchange(position: number): number | null {
    const { geometry, control, words, records } = this.#memory;
    const place = records[geometry.subbufIndex(position)];
    const lap = geometry.bufTrunc(position);
    const id = loadAcquire(words, place + ID);
    if ((id & NOREF) === 0 || geometry.bufTrunc(id) !== lap) return null;
    const spare = readOnce(control, READER_ID);
    this.#seqWord = records[geometry.subbufOf(spare)] + SUBBUF_SEQ;
    this.#seq = readOnce(words, this.#seqWord);
    if (cmpxchg(words, place + ID, id, lap | spare | NOREF) !== id) return null;
    const index = geometry.subbufOf(id);
    writeOnce(control, READER_ID, index << 1);
    this.#exchanged = lap | spare | NOREF;
    return index;
  }

  /** Puts the sub-buffer `index` back to `position`, unless the writer has been there. */
  takeBack(position: number, index: number): void {
    const { geometry, control, words, records } = this.#memory;
    // An ID repeats after 2^32 bytes; the number of the sub-buffer that stands in the place does not.
    if (readOnce(words, this.#seqWord) !== this.#seq) return;
    const word = records[geometry.subbufIndex(position)] + ID;
    const id = geometry.bufTrunc(position) | index << 1 | NOREF;
    if (cmpxchg(words, word, this.#exchanged, id) !== this.#exchanged) return;
    writeOnce(control, READER_ID, geometry.subbufOf(this.#exchanged) << 1);
  }
}
