/**
 * Programs for the writer and the reader of a ring, made of steps, with what must hold of them.
 *
 * Every event the writer tries to write has a number, from 0. Its slot begins with a word of number
 * and size and ends with that word inverted, so that a slot of which only a part is there is seen.
 * Headers hold two words more than they need: the number of the sub-buffer, its data size.
 *
 * @module
 */
import { type Address, Machine, PAGE_SIZE, POLLHUP } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { RingChannel, type RingMemory, type Subbuf } from "@ltt/relay/ring";
import {
  CONSUMED,
  DELIVERED,
  ID,
  LOST,
  OFFSET,
  SUBBUF_SEQ,
} from "../../../../relay/ring/control.ts";
import { type Scenario, Violation } from "./explore.ts";
import type { StepClient, StepCode, StepReader, Steps, StepWriter } from "./steps.ts";

/** A ring on a machine of its own. */
export interface Ring {
  readonly memory: RingMemory;
  readonly doorbells: Int32Array<SharedArrayBuffer>;
}

/** What ring to make. */
export interface RingShape {
  readonly nSubbufs: number;
  readonly mode: "discard" | "overwrite";
  readonly headerSize: number;
}

/** Makes a ring of one-page sub-buffers that nobody has written to. */
export function makeRing({ nSubbufs, mode, headerSize }: RingShape): Ring {
  const relay = Relay.start(new Machine({ nodes: [32] }));
  const channel = RingChannel.open(relay, {
    baseFilename: "t",
    subbufSize: PAGE_SIZE,
    nSubbufs,
    mode,
    client: () => ({ headerSize }),
  });
  const { memory } = channel.buf[0]!;
  return { memory, doorbells: new Int32Array(new SharedArrayBuffer(4)) };
}

/** First word of an event. */
export function eventWord(number: number, size: number): number {
  return number << 16 | size;
}

/** What the writer knows of an event it has committed. */
export interface WrittenEvent {
  readonly number: number;
  /** Number of its sub-buffer. */
  readonly seq: number;
}

/** What the writer knows at its end. */
export interface Written {
  readonly events: readonly WrittenEvent[];
  /** Events it tried to write. */
  readonly tried: number;
  /** Refusals, by cause. */
  readonly refused: readonly number[];
  /** Number of the sub-buffer opened last. */
  readonly lastSeq: number;
}

/** A slot that is open. */
interface Slot {
  name: number;
  readonly number: number;
  readonly size: number;
  /** Word of RAM it ends with, which is written when it is committed. */
  readonly lastWord: number;
  readonly seq: number;
}

/** What a thread leaves that dies. */
export interface Left {
  /** Events it has committed. */
  readonly events: readonly WrittenEvent[];
  /** Events it has reserved and not committed. */
  readonly open: readonly WrittenEvent[];
  /** Number of the first event of those reserved since no slot was open. */
  readonly nestBegin: number;
  /** Whether it died in a call of the writer. */
  readonly isWithinCall: boolean;
  /** Whether it was about to flush for good, or had. */
  readonly isFinal: boolean;
}

/**
 * Most steps of a call of the writer. The longest is a reservation that closes a sub-buffer, with
 * 12 loads of lost counts, and pushes the reader on, once more for each time it was quicker.
 */
const MOST_STEPS = 64;

/** The hand that writes: a writer, and account of what it did. */
export class Hand {
  readonly writer: StepWriter;
  readonly #memory: RingMemory;
  readonly #events: WrittenEvent[] = [];
  readonly #refused = [0, 0, 0, 0, 0, 0];
  #tried = 0;
  #seq = 0;
  readonly #open = new Set<Slot>();
  /** Number of the first event of those reserved since no slot was open. */
  #nestBegin = 0;
  #isWithinCall = false;
  #isFinal = false;
  #calls = 0;
  /** Address of the last slot, or of the header of the sub-buffer that was opened after it. */
  #address = 0;

  /** One of a ring. */
  constructor(code: StepCode, { memory, doorbells }: Ring) {
    const { words, headerSize } = memory;
    const client: StepClient = {
      headerSize,
      bufferBegin: function* (this: Hand, header: Address, seq: number): Steps<void> {
        this.#seq = seq;
        this.#address = header;
        if (headerSize > 0) yield ["writeOnce", words, header / 4, seq];
      }.bind(this),
      *bufferEnd(header, dataSize) {
        if (headerSize > 0) yield ["writeOnce", words, header / 4 + 1, dataSize];
      },
    };
    this.#memory = memory;
    this.writer = new code.RingWriter(memory, doorbells, client);
  }

  /** Bytes of a header. */
  get headerSize(): number {
    return this.#memory.headerSize;
  }

  /** What was written. */
  get written(): Written {
    const events = this.#events.toSorted((a, b) => a.number - b.number);
    return { events, tried: this.#tried, refused: this.#refused, lastSeq: this.#seq };
  }

  /** What a thread leaves that ends here. */
  get left(): Left {
    return {
      events: this.#events,
      open: [...this.#open],
      nestBegin: this.#nestBegin,
      isWithinCall: this.#isWithinCall,
      isFinal: this.#isFinal,
    };
  }

  /** Reserves a slot and begins to fill it; `null` if that is refused. */
  *open(size: number): Steps<Slot | null> {
    const { words } = this.#memory;
    const number = this.#tried++;
    const before = this.#seq;
    if (this.#open.size === 0) this.#nestBegin = number;
    const address = yield* this.#call(this.writer.reserve(size, 4));
    if (address >= 0) this.#address = address;
    if (address < 0) {
      this.#refused[-1 - address]++;
      if (this.#seq !== before) throw new Violation("lost", "a refused event opened a sub-buffer");
      yield* this.#rest();
      return null;
    }
    const slot: Slot = {
      name: 0,
      number,
      size,
      lastWord: (address + size) / 4 - 1,
      seq: this.#seq,
    };
    this.#open.add(slot);
    yield ["writeOnce", words, address / 4, eventWord(number, size)];
    slot.name = yield* this.writer.openSlot();
    return slot;
  }

  /** Ends and commits a slot: the one reserved last, or any by its name. */
  *close(slot: Slot | null, byName = false): Steps<void> {
    if (slot === null) return;
    const { number, size, lastWord } = slot;
    yield ["writeOnce", this.#memory.words, lastWord, ~eventWord(number, size)];
    yield* this.#call(this.writer.commit(byName ? slot.name : undefined));
    this.#open.delete(slot);
    this.#events.push(slot);
    yield* this.#rest();
  }

  /** Writes events of the sizes, one after the other. */
  *write(...sizes: readonly number[]): Steps<void> {
    for (const size of sizes) yield* this.close(yield* this.open(size));
  }

  /** Flushes. */
  *flush(mode: Parameters<StepWriter["flush"]>[0]): Steps<boolean> {
    if (mode === "final") this.#isFinal = true;
    const closed = yield* this.#call(this.writer.flush(mode));
    yield* this.#rest();
    return closed;
  }

  *#call<T>(call: Steps<T>): Steps<T> {
    this.#isWithinCall = true;
    const result = yield* within(MOST_STEPS, call);
    this.#isWithinCall = false;
    return result;
  }

  /** The writer's own state follows from what it did and where it is. */
  *#rest(): Steps<void> {
    const state = [this.#calls++, this.#address, JSON.stringify(this.written)];
    yield ["rest", state.join(" ")];
  }
}

/** Runs a call, which must end within so many steps. */
function* within<T>(most: number, call: Steps<T>): Steps<T> {
  let next = call.next();
  for (let steps = 1; !next.done; steps++) {
    if (steps > most || next.value[0].startsWith("wait")) {
      throw new Violation("blocked", `a call of the writer takes more than ${most} steps`);
    }
    next = call.next(yield next.value);
  }
  return next.value;
}

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
    const state = [where, this.#calls, this.reader.missed, this.#subbufs];
    yield ["rest", JSON.stringify(state)];
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

/** A writer's program and a reader's. */
export interface Script {
  readonly shape: RingShape;
  writer(hand: Hand): Steps<unknown>;
  reader(eye: Eye): Steps<unknown>;
}

/**
 * Wraps two sub-buffers twice: an event committed behind a nested one in the next sub-buffer, one
 * that fills a sub-buffer exactly, one that would wrap to the open one, a forced switch.
 */
export function* wrapTwo(hand: Hand): Steps<void> {
  yield* hand.write(2000);
  const outer = yield* hand.open(1900);
  yield* hand.write(2000, PAGE_SIZE - hand.headerSize - 2000, 2000);
  yield* hand.close(outer);
  yield* hand.write(3000);
  yield* hand.flush("active");
  yield* hand.write(3000, 3000);
}

/** Would enter a sub-buffer again that holds an open slot, with one of the same size. */
export function* wrapToOpen(hand: Hand): Steps<void> {
  yield* hand.write(2000);
  const outer = yield* hand.open(1900);
  yield* hand.write(3000);
  const inner = yield* hand.open(1900);
  yield* hand.write(3000);
  yield* hand.close(outer, true);
  yield* hand.close(inner, true);
}

/** The same with four sub-buffers. */
export function* wrapFour(hand: Hand): Steps<void> {
  yield* hand.write(2000);
  const outer = yield* hand.open(1900);
  yield* hand.write(2000, PAGE_SIZE - hand.headerSize - 2000);
  yield* hand.close(outer);
  yield* hand.write(3000);
  yield* hand.flush("active");
  yield* hand.write(3000, 3000, 3000, 3000, 3000, 3000);
}

/** Consumes sub-buffers as they come. */
export function* drain(eye: Eye): Steps<void> {
  yield* eye.drain();
}

/** Tries to consume a sub-buffer twice. */
export function* consumeTwice(eye: Eye): Steps<void> {
  yield* eye.consume();
  yield* eye.consume();
}

/** Tries to consume a sub-buffer. */
export function* consumeOnce(eye: Eye): Steps<void> {
  yield* eye.consume();
}

/** Gets and puts all there is, then tries to consume a sub-buffer. */
export function* peekAndConsume(eye: Eye): Steps<void> {
  yield* eye.peekAll();
  yield* eye.consume();
}

const discard: RingShape = { nSubbufs: 2, mode: "discard", headerSize: 0 };
const overwrite: RingShape = { nSubbufs: 2, mode: "overwrite", headerSize: 8 };

/** Two sub-buffers, nothing is overwritten, all is read as it comes. */
export const keepAll: Script = { shape: discard, writer: wrapTwo, reader: drain };
/** Two sub-buffers and the reader's, the oldest is overwritten, the reader gets two. */
export const keepNewest: Script = { shape: overwrite, writer: wrapTwo, reader: consumeTwice };
/** The same, with gets of all there is that consume nothing. */
export const peekAtNewest: Script = { shape: overwrite, writer: wrapTwo, reader: peekAndConsume };
/** The same, with a writer that comes to a sub-buffer with an open slot. */
export const wrapIntoOpen: Script = { shape: overwrite, writer: wrapToOpen, reader: consumeTwice };

/** What there is to explore of a script. */
export function scenario(code: StepCode, script: Script): Scenario<Written, Seen> {
  const ring = makeRing(script.shape);
  const { memory } = ring;
  const control = memory.control.byteOffset / 4;
  const places = memory.records.slice(0, script.shape.nSubbufs);
  // A put in overwrite mode looks whether the writer has been in the sub-buffer it left there.
  const subbufs = memory.overwrite ? memory.records.slice(0, memory.runs.length) : [];
  const sequences = subbufs.map((record) => record + SUBBUF_SEQ);
  return {
    ram: memory.words.buffer,
    contended: [control + CONSUMED, ...places.map((record) => record + ID)],
    racy: [control + OFFSET, ...sequences],
    *writer() {
      const hand = new Hand(code, ring);
      yield* hand.writer.attach();
      yield* script.writer(hand);
      yield* hand.flush("final");
      return hand.written;
    },
    *reader() {
      const eye = new Eye(code, ring);
      yield* eye.reader.attach();
      yield* script.reader(eye);
      yield ["waitEnd"];
      yield* eye.drain();
      return yield* eye.seen();
    },
    assertMayWait() {
      const { geometry, words, records } = memory;
      const consumed = memory.control[CONSUMED];
      const delivered = words[records[geometry.subbufIndex(consumed)] + DELIVERED];
      if (!geometry.isFull(delivered, consumed)) return;
      throw new Violation("asleep", `the reader waits, but could get ${consumed}`);
    },
    assertAgree: (written, seen) => assertAgree(script.shape, written, seen),
  };
}

/** Every event is read or lost and counted, never both; whole sub-buffers are overwritten. */
export function assertAgree({ mode, nSubbufs }: RingShape, written: Written, seen: Seen): void {
  const { events, tried, refused, lastSeq } = written;
  const consumed = seen.subbufs.filter((subbuf) => subbuf.isConsumed);
  for (const subbuf of seen.subbufs) {
    const there = events.filter(({ seq }) => seq === subbuf.seq).map(({ number }) => number);
    if (String(there) !== String(subbuf.events)) {
      const what = `sub-buffer ${subbuf.seq} was read with the events ${subbuf.events}`;
      throw new Violation("events", `${what}, not ${there}`);
    }
  }
  const isRead = new Set(consumed.map(({ seq }) => seq));
  const oldest = mode === "overwrite" ? lastSeq - nSubbufs + 1 : 0;
  for (const { number, seq } of events) {
    if (isRead.has(seq) || seq < oldest) continue;
    throw new Violation("unread", `event ${number} in sub-buffer ${seq} was not read`);
  }
  const last = consumed.at(-1)?.seq ?? -1;
  if (seen.missed !== last + 1 - consumed.length) {
    throw new Violation("lost", `${seen.missed} missed, read ${[...isRead]}`);
  }
  if (String(refused) !== String(seen.lost)) {
    throw new Violation("lost", `counted as lost ${seen.lost}, refused ${refused}`);
  }
  if (mode === "discard") assertGaps(tried, consumed);
}

/** What a sub-buffer says was lost must lie between its last event and the next one read. */
function assertGaps(tried: number, consumed: readonly SeenSubbuf[]): void {
  let read = 0;
  const full = consumed.filter(({ events }) => events.length > 0);
  for (const [i, { seq, events, lost }] of full.entries()) {
    read += events.length;
    const next = full[i + 1]?.events[0] ?? tried;
    if (events.at(-1)! < read + lost && read + lost <= next) continue;
    throw new Violation("lost", `sub-buffer ${seq} says ${lost} before event ${next}`);
  }
}
