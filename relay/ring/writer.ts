// All that reserve and commit touch are fields of one class: V8 keeps their path short then. That makes this
// file long; what a switch does to sub-buffers, to open slots and to losses lies in files of its own.

import { KernelError } from "../../hw/errno.ts";
import type { Address } from "../../hw/ram.ts";
import { Bounce, runAt } from "./bounce.ts";
import type { RingClient } from "./client.ts";
import {
  CLOSING,
  COMMIT_COUNT,
  COMMITTED,
  FINALIZED,
  HELD,
  LOST,
  OFFSET,
  OPEN_SLOTS,
  OPENED,
  OPENING,
  SWITCHING,
  UNPADDED,
  WRAPS,
  WRITER,
} from "./control.ts";
import type { RingGeometry } from "./geometry.ts";
import {
  addLost,
  LOST_BIG,
  LOST_NESTED,
  LOST_OFFLINE,
  type LostCounts,
  readLost,
  type Refusal,
} from "./lost.ts";
import { MAX_NESTING, OpenSlots } from "./open_slots.ts";
import { repair } from "./repair.ts";
import type { FrameRun, RingMemory } from "./ring_memory.ts";
import {
  cmpxchg,
  loadAcquire,
  readOnce,
  ringDoorbell,
  storeRelease,
  writeOnce,
} from "./shared_words.ts";
import { alignUp, assertSlot, MAX_SLOT_ALIGNMENT } from "./slot.ts";
import { WriteSubbufs } from "./write_subbufs.ts";

/** How {@linkcode RingWriter.flush} goes about it. */
export type FlushMode = "active" | "even-if-empty" | "final" | "dead";

// What #room says when it is no position: no slot can be placed on the fast path, because …
/** … one slot is open, from COMMITTED to OFFSET. */
const ONE_OPEN = 0;
/** … open slots are counted, sub-buffers are being switched, or the writer is detached. */
const NO_ROOM = -1;

// V8 folds a constant of this module into the code; one that is imported it loads each time.
const MAX_ALIGNMENT = MAX_SLOT_ALIGNMENT;
const OFFSET_WORD = OFFSET;
const COMMITTED_WORD = COMMITTED;
const load = readOnce;
const store = writeOnce;

const NO_WORDS: Int32Array = new Int32Array(0);
const NO_RUNS: readonly FrameRun[] = [];

/**
 * The writing end of a ring: reserves slots in the order of calls, has them filled by the caller,
 * takes commits in any order. Only the thread that attached it may call it; nothing it does waits,
 * and `reserve` and `commit` allocate nothing.
 *
 * As long as each slot is committed before the next one is reserved, a slot costs two stores to the
 * control page: OFFSET when it is reserved, COMMITTED when it is committed. What the commit count
 * would be follows from COMMITTED then. It is brought up to date where it does not: when slots nest,
 * and when the sub-buffer is left.
 */
export class RingWriter {
  // All fields start with a value of the kind they will have: V8 keeps the fast path short then.

  /** Where in the sub-buffer to reserve next; its size once it is closed. */
  #at = 0;
  /** Before which place in the sub-buffer slots must end, or ONE_OPEN or NO_ROOM. */
  #room = NO_ROOM;
  /** Where in the sub-buffer the run of frames ends that #at is in. */
  #runEnd = 0;
  /** Start of the sub-buffer, as an offset. */
  #trunc = 0;
  /** Start of the sub-buffer in RAM if it all were the run that #at is in. */
  #base: Address = 0;
  /** What the slow path answered last. */
  #answer = 0;
  #control: Int32Array = NO_WORDS;

  readonly #memory: RingMemory;
  readonly #geometry: RingGeometry;
  readonly #words: Int32Array;
  readonly #doorbells: Int32Array | null;
  readonly #subbufs: WriteSubbufs;
  /** Runs of frames of the sub-buffer. */
  #runs = NO_RUNS;
  #attached = false;
  /** Whether the ring is finalized: nothing is reserved any more. */
  #isFinal = false;
  #switching = false;
  /** Slots while they are counted, each with the padding before it. */
  readonly #open = new OpenSlots();
  #isOpen = false;
  readonly #bounce: Bounce;
  /** Events refused while detached, not counted in the ring yet. */
  #offline = 0;

  /**
   * A writer that is not attached yet. `doorbells` are rung at deliveries, at the CPU's number;
   * `null` leaves waking the reader to a timer. `EINVAL` when the client's header has another size
   * than the ring's.
   * @ignore
   */
  constructor(memory: RingMemory, doorbells: Int32Array | null, client: RingClient) {
    if (client.headerSize !== memory.headerSize) {
      const sizes = `${client.headerSize} bytes, the ring's ${memory.headerSize}`;
      throw new KernelError("EINVAL", `Cannot write to the ring: the client's header has ${sizes}`);
    }
    this.#memory = memory;
    this.#geometry = memory.geometry;
    this.#words = memory.words;
    this.#control = memory.control;
    this.#doorbells = doorbells;
    this.#subbufs = new WriteSubbufs(memory, doorbells, client);
    this.#bounce = new Bounce(memory);
  }

  /** The CPU it writes for. */
  get cpu(): number {
    return this.#memory.cpu;
  }

  /** The memory that addresses are in. */
  get ram(): ArrayBufferLike {
    return this.#memory.bytes.buffer;
  }

  /** Whether a slot is open. */
  get hasOpenSlot(): boolean {
    return this.#room === ONE_OPEN || this.#open.count > 0;
  }

  /** Whether it may write. */
  get attached(): boolean {
    return this.#attached;
  }

  /** Events lost so far, by whoever wrote. */
  get lost(): LostCounts {
    return readLost(this.#control, LOST);
  }

  /**
   * Attaches to the ring and goes on where the last writer was; opens the first sub-buffer of a new
   * ring, unless that is finalized. `EBUSY` while a writer is attached.
   */
  attach(): void {
    if (cmpxchg(this.#control, WRITER, 0, 1) !== 0) {
      throw new KernelError("EBUSY", `Cannot write to the ring of CPU ${this.cpu}: somebody does`);
    }
    this.#resume();
  }

  /**
   * Attaches in the place of a writer whose thread is dead, and repairs what it left. Slots that it
   * had not committed are lost, with those of the same sub-buffer committed since the nest of slots
   * began, {@linkcode LOST_TORN}; up to there the sub-buffer is delivered, and all others are whole.
   * If the thread died within the commit of a nested slot, one too many may be counted. Nobody may
   * write while the thread could still be running.
   */
  takeOver(): void {
    storeRelease(this.#control, WRITER, 1);
    this.#open.clear();
    this.#bounce.drop();
    repair(this.#memory, this.#subbufs);
    this.#resume();
  }

  /**
   * Lets another writer attach, in the middle of a sub-buffer. Whatever is reserved from now on is
   * lost, {@linkcode LOST_OFFLINE}, which the next `attach` of this writer counts. A `TypeError`
   * when it is not attached or a slot is open.
   */
  detach(): void {
    if (!this.#attached) throw new TypeError("Cannot detach the writer: it is not attached");
    if (this.hasOpenSlot || this.#switching) {
      const why = this.#switching ? "within a callback" : "a slot is open";
      throw new TypeError(`Cannot detach the writer: ${why}`);
    }
    this.#attached = false;
    this.#room = NO_ROOM;
    storeRelease(this.#control, WRITER, 0);
  }

  /**
   * Reserves `size` bytes, from 1 on, that start at a multiple of `alignment`, a power of two up to
   * 4,096. Returns the address in RAM to write them to, in one piece, or why the event is lost:
   * one of `LOST_*`, all negative; the loss is counted. A `RangeError` for another size or
   * alignment.
   *
   * The slot must be committed, or its sub-buffer never reaches the reader. Up to {@linkcode
   * MAX_NESTING} slots can be open at a time.
   */
  reserve(size: number, alignment: number = 1): number {
    const at = this.#at;
    // The last term is 0 for powers of two up to 4,096. Constants cost nothing: V8 folds the terms.
    if (
      at + size >= this.#room || size < 1 || (size | 0) !== size || ((alignment - 1) & at) !== 0 ||
      (alignment | 0) !== alignment || ((alignment - 1) & (alignment | -MAX_ALIGNMENT)) !== 0
    ) {
      this.#reserveSlow(size, alignment);
      return this.#answer;
    }
    this.#room = ONE_OPEN;
    const end = at + size;
    this.#at = end;
    store(this.#control, OFFSET_WORD, (this.#trunc + end) | 0);
    return this.#base + at;
  }

  /**
   * Commits a slot: of those open the one reserved last, or the one that {@linkcode
   * RingWriter.openSlot} named. The last commit of a closed sub-buffer delivers it. A `TypeError`
   * when there is no such slot.
   */
  commit(slot?: number): void {
    if (this.#room !== ONE_OPEN || slot !== undefined) {
      this.#commitSlow(slot);
      return;
    }
    this.#room = this.#runEnd;
    store(this.#control, COMMITTED_WORD, load(this.#control, OFFSET_WORD));
  }

  /** Names the slot reserved last of those open, for `commit`. A `TypeError` when none is open. */
  openSlot(): number {
    if (this.#room === ONE_OPEN) return readOnce(this.#control, COMMITTED);
    if (this.#open.count === 0) throw new TypeError("Cannot name the open slot: none is open");
    return this.#open.last;
  }

  /**
   * Hands what was written to the reader. `"active"` closes the sub-buffer if it holds any slot, and
   * opens the next one, if that is free: what a timer does. `"even-if-empty"` closes it in any case,
   * and opens one for it if none is open. `"final"` closes it if it holds anything, a header for
   * instance, and tells the reader that nothing more will come: what is reserved from then on is
   * lost, {@linkcode LOST_OFFLINE}. `"dead"` closes it if it holds any
   * slot. Returns whether a sub-buffer was closed; one with open slots is delivered by the last
   * commit. A `TypeError` from within a callback or when not attached.
   */
  flush(mode: FlushMode): boolean {
    if (!this.#attached || this.#switching) {
      const why = this.#attached ? "within a callback" : "the writer is not attached";
      throw new TypeError(`Cannot flush the ring: ${why}`);
    }
    const closed = this.#flush(mode);
    if (mode === "final") {
      this.#isFinal = true;
      if (!this.hasOpenSlot) this.#room = NO_ROOM;
      storeRelease(this.#control, FINALIZED, 1);
      if (this.#doorbells !== null) ringDoorbell(this.#doorbells, this.#memory.cpu);
    }
    this.#subbufs.throwThrown();
    return closed;
  }

  #flush(mode: FlushMode): boolean {
    const isOpen = this.#isOpen;
    if (this.#isFinal) return false;
    switch (mode) {
      case "active":
        if (!isOpen || this.#at === this.#memory.headerSize) return false;
        if (this.#subbufs.whyClosed(this.#next) !== 0) return false;
        this.#switch(true);
        return true;
      case "even-if-empty":
        if (!isOpen) {
          if (this.#subbufs.whyClosed(this.#next) !== 0) return false;
          this.#switch(true);
        }
        this.#switch(false);
        return true;
      case "final":
      case "dead":
        if (!isOpen || this.#at <= (mode === "final" ? 0 : this.#memory.headerSize)) return false;
        this.#switch(false);
        return true;
      default:
        throw new TypeError(`Cannot flush the ring: there is no mode "${mode}"`);
    }
  }

  #reserveSlow(size: number, alignment: number): void {
    assertSlot(size, alignment);
    if (!this.#attached) {
      this.#offline++;
      this.#answer = LOST_OFFLINE;
      return;
    }
    if (this.#isFinal) return this.#lose(LOST_OFFLINE);
    const { subbufSize } = this.#geometry;
    if (this.#switching || this.#open.count >= MAX_NESTING) return this.#lose(LOST_NESTED);
    if (size > this.#memory.longestSlot) return this.#lose(LOST_BIG);
    let begin = alignUp(this.#at, alignment);
    if (begin + size > subbufSize) {
      begin = alignUp(this.#memory.headerSize, alignment);
      if (begin + size > subbufSize) return this.#lose(LOST_BIG);
      const refusal = this.#subbufs.whyClosed(this.#next);
      if (refusal !== 0) return this.#lose(refusal);
      this.#switch(true);
      this.#subbufs.throwThrown();
    }
    this.#place(begin, begin + size);
  }

  #lose(cause: Refusal): void {
    addLost(this.#control, LOST, cause, 1);
    this.#answer = cause;
  }

  /** Places a slot that the sub-buffer has room for. */
  #place(begin: number, end: number): void {
    if (begin >= this.#runEnd) this.#enterRun(begin);
    const isWhole = end <= this.#runEnd;
    if (!isWhole && this.#bounce.busy) {
      this.#enterRun(this.#at);
      return this.#lose(LOST_NESTED);
    }
    const fills = end === this.#geometry.subbufSize;
    const slot = (this.#trunc + this.#at) | 0;
    if (isWhole && !fills && this.#room > 0) {
      this.#room = ONE_OPEN;
    } else {
      this.#countSlots();
      this.#open.push(slot, (this.#trunc + end) | 0);
      writeOnce(this.#control, OPEN_SLOTS, this.#open.count);
    }
    this.#answer = isWhole
      ? this.#base + begin
      : this.#bounce.take(slot, begin, end - begin, this.#runs);
    this.#at = end;
    writeOnce(this.#control, OFFSET, this.#trunc + end);
    // What the callback throws then comes out of the commit.
    if (fills) this.#switch(false);
  }

  #commitSlow(slot: number | undefined): void {
    if (this.#room === ONE_OPEN) this.#countSlots();
    const begin = slot ?? this.#open.last;
    const size = this.#switching ? 0 : this.#open.take(begin);
    if (size === 0) {
      const what = slot === undefined ? "a slot" : `slot ${slot}`;
      const why = this.#switching ? "within a callback" : "it is not open";
      throw new TypeError(`Cannot commit ${what}: ${why}`);
    }
    this.#bounce.release(begin);
    const record = this.#subbufs.recordAt(begin);
    const count = (readOnce(this.#words, record + COMMIT_COUNT) + size) | 0;
    writeOnce(this.#words, record + COMMIT_COUNT, count);
    const open = this.#open.count;
    if (open > 0) writeOnce(this.#words, record + HELD, readOnce(this.#words, record + HELD) + 1);
    this.#subbufs.deliver(begin, count);
    if (open === 0) {
      this.#room = this.#roomAfter;
      writeOnce(this.#control, COMMITTED, this.#trunc + this.#at);
    }
    writeOnce(this.#control, OPEN_SLOTS, open);
    this.#subbufs.throwThrown();
  }

  /** Begins to count slots, unless that is done already. */
  #countSlots(): void {
    if (this.#open.count > 0) return;
    this.#settle();
    writeOnce(this.#words, this.#subbufs.recordAt(this.#trunc) + HELD, 0);
    if (this.#room === ONE_OPEN) {
      this.#open.push(readOnce(this.#control, COMMITTED), (this.#trunc + this.#at) | 0);
      writeOnce(this.#control, OPEN_SLOTS, 1);
    }
    this.#room = NO_ROOM;
  }

  /** Brings the commit count up to date while slots are not counted. */
  #settle(): void {
    if (!this.#isOpen) return;
    const committed = readOnce(this.#control, COMMITTED) - this.#trunc;
    const count = this.#geometry.lap(this.#trunc) + (committed | 0);
    writeOnce(this.#words, this.#subbufs.recordAt(this.#trunc) + COMMIT_COUNT, count);
  }

  /** Closes the sub-buffer if it is open, and opens the next one if asked to. */
  #switch(toNext: boolean): void {
    if (this.#room === ONE_OPEN) this.#countSlots();
    else if (this.#open.count === 0) this.#settle();
    this.#switching = true;
    this.#room = NO_ROOM;
    if (this.#isOpen) {
      const record = this.#subbufs.recordAt(this.#trunc);
      writeOnce(this.#control, UNPADDED, readOnce(this.#words, record + COMMIT_COUNT));
      writeOnce(this.#control, SWITCHING, CLOSING);
      this.#subbufs.close(this.#trunc, this.#at);
      this.#at = this.#geometry.subbufSize;
      this.#isOpen = false;
    }
    if (toNext) {
      writeOnce(this.#control, SWITCHING, OPENING);
      this.#subbufs.open(this.#next);
      this.#enterSubbuf();
    }
    this.#switching = false;
    if (this.#open.count === 0) {
      writeOnce(this.#control, COMMITTED, this.#trunc + this.#at);
      this.#room = this.#roomAfter;
    }
    writeOnce(this.#control, SWITCHING, 0);
  }

  /** Goes on where OFFSET is. */
  #resume(): void {
    this.#attached = true;
    addLost(this.#control, LOST, LOST_OFFLINE, this.#offline);
    this.#offline = 0;
    this.#enterSubbuf();
    this.#isFinal = loadAcquire(this.#control, FINALIZED) === 1;
    this.#room = this.#roomAfter;
    if (readOnce(this.#control, WRAPS) < 0 && !this.#isFinal) this.#switch(true);
    this.#subbufs.throwThrown();
  }

  /** Takes the sub-buffer opened last for the current one. */
  #enterSubbuf(): void {
    this.#trunc = readOnce(this.#control, OPENED);
    this.#at = (readOnce(this.#control, OFFSET) - this.#trunc) | 0;
    this.#isOpen = this.#at < this.#geometry.subbufSize;
    this.#runs = this.#memory.runs[this.#subbufs.subbufAt(this.#trunc)];
    this.#enterRun(this.#isOpen ? this.#at : 0);
  }

  /** What #room is when no slot is open. */
  get #roomAfter(): number {
    return this.#isFinal ? NO_ROOM : this.#runEnd;
  }

  /** Start of the next sub-buffer. */
  get #next(): number {
    return (this.#trunc + this.#geometry.subbufSize) | 0;
  }

  /** Takes the run of frames that holds `at` for the current one. */
  #enterRun(at: number): void {
    const { end, base } = this.#runs[runAt(this.#runs, at)];
    this.#runEnd = end;
    this.#base = base;
  }
}
