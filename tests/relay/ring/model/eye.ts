/**
 * The reading side of what is explored: a reader, step by step, and account of what it saw.
 *
 * @module
 */
import { PAGE_SIZE, POLLHUP } from "@ltt/relay/hw";
import type { RingMemory, Subbuf } from "@ltt/relay/ring";
import { LOST } from "../../../../relay/ring/control.ts";
import type { Ring } from "./hand.ts";
import { Violation } from "./scenario.ts";
import type { StepCode, StepReader } from "./step_code.ts";
import type { Steps } from "./steps.ts";

/** What the reader saw of a sub-buffer. */
export interface SeenSubbuf {
  readonly seq: number;
  /** Numbers of the events in it. */
  readonly events: readonly number[];
  /** Events lost until it was filled, of all causes. */
  readonly lost: number;
  readonly isConsumed: boolean;
}

/** What the reader knows at its end. */
export interface Seen {
  readonly subbufs: readonly SeenSubbuf[];
  readonly missed: number;
  /** Events lost, by cause. */
  readonly lost: readonly number[];
}

/** The eye that reads: a reader, and account of what it saw. */
export class Eye {
  readonly reader: StepReader;
  readonly #code: StepCode;
  readonly #memory: RingMemory;
  readonly #doorbells: Int32Array;
  readonly #subbufs: SeenSubbuf[] = [];
  #calls = 0;

  /** One of a ring. */
  constructor(code: StepCode, { memory, doorbells }: Ring) {
    this.#code = code;
    this.#memory = memory;
    this.#doorbells = doorbells;
    this.reader = new code.RingReader(memory, doorbells);
  }

  /** Gets the next sub-buffer, if there is one, and consumes it. */
  *consume(): Steps<boolean> {
    const isThere = yield* this.#consumeNext("consuming");
    yield* this.#rest("consumed", this.#calls++);
    return isThere;
  }

  /** Peeks at all sub-buffers there are now: gets them and puts them as they were. */
  *peekAll(): Steps<void> {
    const { consumed, produced } = yield* this.reader.snapshot();
    this.#calls++;
    for (let at = consumed; at < produced; at += PAGE_SIZE) {
      yield* this.#rest("peeked", at, produced);
      const subbuf = yield* this.reader.getSubbuf(at);
      if (subbuf === null) continue;
      yield* this.#look(subbuf, false);
      yield* this.reader.putSubbuf();
    }
    yield* this.#rest("peeked all");
  }

  /** Consumes all there is and will be, waiting for the doorbell. */
  *drain(): Steps<void> {
    this.#calls++;
    for (;;) {
      yield* this.#rest("draining");
      const bell = yield ["loadAcquire", this.#doorbells, 0];
      if (yield* this.#consumeNext(bell)) continue;
      yield* this.#rest("drained", bell);
      if ((yield* this.reader.poll()) & POLLHUP) return;
      yield* this.#rest("polled", bell);
      yield ["waitChange", this.#doorbells, 0, bell];
    }
  }

  *#consumeNext(where: unknown): Steps<boolean> {
    const subbuf = yield* this.#roundByRound(where, this.reader.getNextSubbuf());
    if (subbuf === null) return false;
    yield* this.#look(subbuf, true);
    yield* this.reader.putNextSubbuf();
    return true;
  }

  /** Runs a call that comes to a rest by itself, where it keeps nothing but where it is. */
  *#roundByRound<T>(where: unknown, call: Steps<T>): Steps<T> {
    let next = call.next();
    while (!next.done) {
      if (next.value[0] === "rest") yield* this.#rest(where, ...next.value);
      next = call.next(next.value[0] === "rest" ? 0 : yield next.value);
    }
    return next.value;
  }

  /** The reader's own state follows from what it saw and where its program is. */
  *#rest(...where: unknown[]): Steps<void> {
    yield ["rest", [where, this.#calls, this.reader.missed, this.#subbufs]];
  }

  /** What was seen. The writer must have ended. */
  *seen(): Steps<Seen> {
    const lost = Object.values(yield* this.#code.readLost(this.#memory.control, LOST));
    return { subbufs: this.#subbufs, missed: this.reader.missed, lost };
  }

  *#look(subbuf: Subbuf, isConsumed: boolean): Steps<void> {
    const { seq, index, dataSize, position } = subbuf;
    const { words, headerSize } = this.#memory;
    const first = this.#memory.subbufAddress(index) / 4;
    const what = `sub-buffer ${seq} at ${position}`;
    if (seq * PAGE_SIZE !== position) throw new Violation("order", `${what} is not there`);
    if (headerSize > 0) {
      const header = [yield ["readOnce", words, first], yield ["readOnce", words, first + 1]];
      if (header[0] !== seq || header[1] !== dataSize) {
        throw new Violation("torn", `${what} has the header of ${header}`);
      }
    }
    const events: number[] = [];
    for (let at = headerSize; at < dataSize;) {
      const word = yield ["readOnce", words, first + at / 4];
      const size = word & 0xffff;
      const isSize = size >= 8 && size % 4 === 0 && at + size <= dataSize;
      if (!isSize || (yield ["readOnce", words, first + (at + size) / 4 - 1]) !== ~word) {
        throw new Violation("torn", `${what} has no event at ${at}`);
      }
      events.push(word >> 16);
      at += size;
    }
    const lost = Object.values(subbuf.lost).reduce((sum, count) => sum + count, 0);
    this.#see({ seq, events, lost, isConsumed });
  }

  #see(subbuf: SeenSubbuf): void {
    const { seq, events, isConsumed } = subbuf;
    const last = this.#subbufs.findLast((earlier) => earlier.isConsumed);
    if (last !== undefined && seq <= last.seq) {
      throw new Violation("repeated", `sub-buffer ${seq} comes after ${last.seq}`);
    }
    const all = [last?.events.at(-1) ?? -1, ...events];
    if (all.some((number, i) => i > 0 && number <= all[i - 1])) {
      throw new Violation("order", `sub-buffer ${seq} has the events ${events}`);
    }
    this.#subbufs.push({ ...subbuf, isConsumed });
  }
}
