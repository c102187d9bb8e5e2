import { KernelError } from "../../hw/errno.ts";
import { POLLHUP, POLLIN, POLLPRI, POLLRDBAND, POLLRDHUP, POLLRDNORM } from "../../hw/poll.ts";
import { CONSUMED, DELIVERED, FINALIZED, LOST, OFFSET, READ_SEQ, READER } from "./control.ts";
import { type LostCounts, readLost } from "./lost.ts";
import type { RingMemory } from "./ring_memory.ts";
import { cmpxchg, loadAcquire, readOnce, ringDoorbell, storeRelease } from "./shared_words.ts";
import { SpareSubbuf } from "./spare_subbuf.ts";
import { Subbuf } from "./subbuf.ts";
import { readTwoWords, writeTwoWords } from "./two_words.ts";

/** Period of a timer that is there to be there. */
const LONG_MS = 2 ** 30;

/** Where reader and writer are, and the sub-buffers between them. */
export interface ReaderSnapshot extends Iterable<Subbuf> {
  /** Start of the first sub-buffer that is not consumed, from 0 to 2^32 - 1. */
  readonly consumed: number;
  /** Start of the sub-buffer the writer is in or will open next, from 0 to 2^32 - 1. */
  readonly produced: number;
}

/**
 * The reading end of a ring: takes whole sub-buffers, in order, while the writer goes on. There is
 * one at a time for a ring, on any thread; it is for the thread that attached it. In overwrite mode
 * it exchanges the sub-buffer it gets for a spare one, so that the writer never comes near it.
 *
 * As an iterable it gives sub-buffer after sub-buffer, waiting where there is none, until the ring
 * is finalized and empty. Each is consumed when the loop asks for the next one or is left, and
 * leaving the loop closes the reader. `for await` waits without holding up the thread; plain `for`
 * blocks it, for a thread of the reader's own.
 */
export class RingReader {
  readonly #memory: RingMemory;
  readonly #doorbells: Int32Array<SharedArrayBuffer>;
  readonly #closed: () => void;
  #attached = false;
  #held: Subbuf | null = null;
  readonly #spare: SpareSubbuf;
  #missed = 0;

  /** @ignore A reader that is not attached yet. `closed` is called when it is closed. */
  constructor(
    memory: RingMemory,
    doorbells: Int32Array<SharedArrayBuffer>,
    closed: () => void = () => {},
  ) {
    this.#memory = memory;
    this.#spare = new SpareSubbuf(memory);
    this.#doorbells = doorbells;
    this.#closed = closed;
  }

  /** @ignore Attaches to the ring, to go on where the last reader was. `EBUSY` while another one is. */
  attach(): void {
    if (cmpxchg(this.#memory.control, READER, 0, 1) !== 0) {
      const { cpu } = this.#memory;
      throw new KernelError("EBUSY", `Cannot read the ring of CPU ${cpu}: somebody does`);
    }
    this.#attached = true;
  }

  /**
   * Attaches in the place of a reader that is gone without closing. A `TypeError` in overwrite mode, where
   * it may have taken a sub-buffer with it. Nobody may read while the other one could.
   * @ignore
   */
  takeOver(): void {
    if (this.#memory.overwrite) {
      const { cpu } = this.#memory;
      throw new TypeError(`Cannot take over from the reader of CPU ${cpu}: the ring overwrites`);
    }
    storeRelease(this.#memory.control, READER, 1);
    this.#attached = true;
  }

  /** Puts the sub-buffer it holds, unconsumed, and lets another reader attach. Once is enough. */
  close(): void {
    if (!this.#attached) return;
    if (this.#held !== null) this.putSubbuf();
    this.#attached = false;
    storeRelease(this.#memory.control, READER, 0);
    // A loop of its own may be waiting: it ends.
    ringDoorbell(this.#doorbells, this.cpu);
    this.#closed();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The CPU whose ring it reads. */
  get cpu(): number {
    return this.#memory.cpu;
  }

  /** Sub-buffers this reader passed by: overwritten before it came, or skipped. */
  get missed(): number {
    return this.#missed;
  }

  /** Events the writer has lost so far; what a {@linkcode Subbuf} says is older. */
  get lost(): LostCounts {
    return readLost(this.#memory.control, LOST);
  }

  /**
   * Gets the sub-buffer that starts at `position`; `null` (`EAGAIN`) when it is not delivered, or
   * consumed or overwritten. A `TypeError` while one is held, a `RangeError` for a position at which
   * none starts.
   */
  getSubbuf(position: number): Subbuf | null {
    this.#assertAttached();
    if (this.#held !== null) throw new TypeError("Cannot get a sub-buffer: one is held");
    const { geometry, control, words, overwrite, records } = this.#memory;
    if (position % geometry.subbufSize !== 0) {
      throw new RangeError(`Cannot get a sub-buffer at ${position}: none starts there`);
    }
    if (((position - loadAcquire(control, CONSUMED)) | 0) < 0) return null;
    const place = records[geometry.subbufIndex(position)];
    if (!geometry.isFull(loadAcquire(words, place + DELIVERED), position)) return null;
    const index = overwrite ? this.#spare.exchange(position) : geometry.subbufIndex(position);
    if (index === null) return null;
    const subbuf = new Subbuf(this.#memory, index, position);
    this.#held = subbuf;
    return subbuf;
  }

  /** Gets the sub-buffer to be consumed next; `null` (`EAGAIN`) when it is not delivered. */
  getNextSubbuf(): Subbuf | null {
    const { control } = this.#memory;
    for (;;) {
      const consumed = loadAcquire(control, CONSUMED);
      const subbuf = this.getSubbuf(consumed);
      // The writer may have pushed us on meanwhile. Each time round it has filled a sub-buffer.
      if (subbuf !== null || loadAcquire(control, CONSUMED) === consumed) return subbuf;
    }
  }

  /** Puts the sub-buffer it holds without consuming it. A `TypeError` when it holds none. */
  putSubbuf(): void {
    const { position, index } = this.#takeHeld();
    if (this.#memory.overwrite) this.#spare.takeBack(position, index);
  }

  /** Puts the sub-buffer it holds and consumes it. A `TypeError` when it holds none. */
  putNextSubbuf(): void {
    const { position, seq } = this.#takeHeld();
    const { geometry, control } = this.#memory;
    this.#missed += Math.max(0, seq - readTwoWords(control, READ_SEQ));
    writeTwoWords(control, READ_SEQ, seq + 1);
    // In overwrite mode the writer may have pushed us beyond.
    const next = geometry.subbufAlign(position);
    let consumed = loadAcquire(control, CONSUMED);
    while (((consumed - next) | 0) < 0) {
      const found = cmpxchg(control, CONSUMED, consumed, next);
      consumed = found === consumed ? next : found;
    }
  }

  /** Samples where reader and writer are. Going through its sub-buffers consumes none. */
  snapshot(): ReaderSnapshot {
    this.#assertAttached();
    const { geometry, control } = this.#memory;
    const consumed = loadAcquire(control, CONSUMED);
    const produced = geometry.subbufTrunc(readOnce(control, OFFSET));
    return {
      consumed: consumed >>> 0,
      produced: produced >>> 0,
      [Symbol.iterator]: () => this.#between(consumed, produced),
    };
  }

  /**
   * What can be had: bits `POLLIN | POLLRDNORM` when there is a sub-buffer to get, also `POLLPRI |
   * POLLRDBAND` when the writer has no free one left; when the ring is finalized `POLLRDHUP` beside
   * these, and `POLLHUP` alone once all is consumed; 0 when there is nothing yet.
   */
  poll(): number {
    this.#assertAttached();
    const { geometry, control, words, records } = this.#memory;
    // Finalized before all is delivered it never is, so this comes first.
    const isFinalized = loadAcquire(control, FINALIZED) === 1;
    const consumed = loadAcquire(control, CONSUMED);
    const delivered = loadAcquire(words, records[geometry.subbufIndex(consumed)] + DELIVERED);
    const produced = geometry.subbufTrunc(readOnce(control, OFFSET));
    if (isFinalized && produced === consumed) return POLLHUP;
    let states = isFinalized ? POLLRDHUP : 0;
    if (geometry.isFull(delivered, consumed)) states |= POLLIN | POLLRDNORM;
    if (((produced - consumed) | 0) >= geometry.bufSize) states |= POLLPRI | POLLRDBAND;
    return states;
  }

  /** Sub-buffer after sub-buffer, without holding up the thread; see the class. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Subbuf, void, void> {
    try {
      while (!this.#isAtEnd) {
        const bell = Atomics.load(this.#doorbells, this.cpu);
        const subbuf = this.getNextSubbuf();
        if (subbuf !== null) yield* this.#consuming(subbuf);
        else if (!this.#isAtEnd) await this.#rung(bell);
      }
    } finally {
      this.close();
    }
  }

  /** Sub-buffer after sub-buffer, blocking the thread; see the class. */
  *[Symbol.iterator](): Generator<Subbuf, void, void> {
    try {
      while (!this.#isAtEnd) {
        const bell = Atomics.load(this.#doorbells, this.cpu);
        const subbuf = this.getNextSubbuf();
        if (subbuf !== null) yield* this.#consuming(subbuf);
        else if (!this.#isAtEnd) Atomics.wait(this.#doorbells, this.cpu, bell);
      }
    } finally {
      this.close();
    }
  }

  /** Whether there is no more to come: it is closed, or the ring finalized and empty. */
  get #isAtEnd(): boolean {
    return !this.#attached || (this.poll() & POLLHUP) !== 0;
  }

  /** Gives a sub-buffer to the body of a loop, and consumes it when that is done with it. */
  *#consuming(subbuf: Subbuf): Generator<Subbuf, void, void> {
    try {
      yield subbuf;
    } finally {
      if (this.#held === subbuf) this.putNextSubbuf();
    }
  }

  /** Resolves when the doorbell is not what it was any more. */
  async #rung(bell: number): Promise<void> {
    // A program ends when it does nothing else than wait like this, rung for or not.
    const alive = setInterval(() => {}, LONG_MS);
    try {
      await Atomics.waitAsync(this.#doorbells, this.cpu, bell).value;
    } finally {
      clearInterval(alive);
    }
  }

  *#between(consumed: number, produced: number): Generator<Subbuf, void, void> {
    const { subbufSize } = this.#memory.geometry;
    for (let at = consumed; ((produced - at) | 0) > 0; at = (at + subbufSize) | 0) {
      const subbuf = this.getSubbuf(at);
      if (subbuf === null) continue;
      try {
        yield subbuf;
      } finally {
        if (this.#held === subbuf) this.putSubbuf();
      }
    }
  }

  #takeHeld(): Subbuf {
    const held = this.#held;
    if (held === null) throw new TypeError("Cannot put a sub-buffer: none is held");
    this.#held = null;
    return held;
  }

  #assertAttached(): void {
    if (!this.#attached) throw new TypeError("Cannot read the ring: the reader is not attached");
  }
}
