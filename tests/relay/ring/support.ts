import { Machine, PAGE_SIZE } from "@ltt/relay/hw";
import { assert } from "@std/assert";
import { Relay } from "@ltt/relay/relay";
import {
  type LostCounts,
  type RingBuffer,
  RingChannel,
  type RingClient,
  RingMemory,
  type RingReader,
  type RingWriter,
  type Subbuf,
} from "@ltt/relay/ring";
import {
  COMMIT_COUNT,
  COMMITTED,
  CONSUMED,
  DELIVERED,
  ID,
  NOREF,
  OFFSET,
  OPEN_SLOTS,
  OPENED,
  READ_SEQ,
  SUBBUF_SEQ,
  WRAPS,
} from "../../../relay/ring/control.ts";
import { describedEvent, eventBytes, joined } from "./bytes.ts";
import { write } from "./fixture.ts";

/** What ring to make; initially two sub-buffers of a page, in discard mode, without a header. */
export interface RingSetup {
  readonly subbufSize?: number;
  readonly nSubbufs?: number;
  readonly mode?: "discard" | "overwrite";
  readonly headerSize?: number;
  readonly client?: Omit<RingClient, "headerSize">;
  /** Number of the sub-buffer that is opened first, as if all before had been read. Initially 0. */
  readonly firstSeq?: number;
  /** Frames free for the ring: runs of so many adjacent ones. Initially as many as it needs, in one. */
  readonly freeRuns?: readonly number[];
}

/** Runs of free frames of which sub-buffers of two pages take several. */
export const SEVERAL_RUNS: readonly number[] = [1, 1, 1, 2, 1, 2, 4, 4, 4];

/** No event lost. */
export const NOTHING_LOST: LostCounts = {
  full: 0,
  wrap: 0,
  big: 0,
  nested: 0,
  torn: 0,
  offline: 0,
};

/** Both modes a ring can have. */
export const MODES = ["discard", "overwrite"] as const;

/** Bytes of half a one-page sub-buffer. */
export const HALF = PAGE_SIZE / 2;

/** A ring on a machine of its own. */
export class TestRing {
  readonly machine: Machine;
  readonly channel: RingChannel;
  readonly ring: RingBuffer;
  readonly memory: RingMemory;
  readonly control: Int32Array;
  #writer: RingWriter | null = null;

  constructor(setup: RingSetup = {}) {
    const { freeRuns, headerSize = 0, client = {}, firstSeq = 0 } = setup;
    const { subbufSize = PAGE_SIZE, nSubbufs = 2 } = setup;
    // A spare sub-buffer and control pages come on top; small, for RAM is copied often.
    const needed = 2 ** Math.ceil(Math.log2((nSubbufs + 1) * subbufSize / PAGE_SIZE + 8));
    this.machine = new Machine({ nodes: [freeRuns === undefined ? needed : 256] });
    if (freeRuns !== undefined) leaveFree(this.machine, freeRuns);
    this.channel = RingChannel.open(Relay.start(this.machine), {
      baseFilename: "t",
      subbufSize,
      nSubbufs,
      mode: setup.mode ?? "discard",
      client: () => ({ headerSize, ...client }),
    });
    this.ring = this.channel.buf[0]!;
    this.memory = this.ring.memory;
    this.control = this.memory.control;
    if (firstSeq > 0) startAt(this.memory, firstSeq);
  }

  /** The writer of this thread, attached when first asked for. */
  get writer(): RingWriter {
    return this.#writer ??= this.ring.writer;
  }

  /** Attaches a reader. */
  reader(): RingReader {
    return this.ring.reader();
  }

  get offset(): number {
    return this.control[OFFSET] >>> 0;
  }

  get consumed(): number {
    return this.control[CONSUMED] >>> 0;
  }

  /** Writes event `number`, of `size` bytes; an answer below 0 is a refusal. */
  event(size: number, number: number = 0, alignment: number = 1): number {
    return write(this.machine, this.writer, eventBytes(size, number), alignment);
  }

  /** The same of an event whose bytes tell its number and size. */
  describedEvent(size: number, number: number): number {
    return write(this.machine, this.writer, describedEvent(size, number));
  }

  /** Fills one-page sub-buffers with an event each, which {@linkcode pageEvent} tells. */
  fillSubbufs(count: number, first: number = 0): void {
    for (let number = first; number < first + count; number++) {
      assert(this.event(PAGE_SIZE, number) >= 0, `event ${number}`);
    }
  }

  /** Writes the bytes of event `number`. */
  fill(address: number, size: number, number: number): void {
    this.machine.ram.bytes.set(eventBytes(size, number), address);
  }

  /** Where in its sub-buffer an address in the first run is. */
  subbufOffset(address: number): number {
    for (const [first] of this.memory.runs) {
      if (address >= first.base && address < first.base + first.end) return address - first.base;
    }
    throw new RangeError(`No sub-buffer at ${address}`);
  }

  [Symbol.dispose](): void {
    this.channel[Symbol.dispose]();
  }
}

/** Causes for which events were lost, with how many. */
export function allLost(counts: LostCounts): Partial<LostCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Bytes of an event that fills a one-page sub-buffer. */
export function pageEvent(number: number): Uint8Array<ArrayBuffer> {
  return eventBytes(PAGE_SIZE, number);
}

/** Copy of the data of a sub-buffer, or of the bytes from `begin` to `end`. */
export function dataOf(subbuf: Subbuf, begin = 0, end = subbuf.dataSize): Uint8Array<ArrayBuffer> {
  return joined(...subbuf.views(end)).slice(begin);
}

/** Numbers, positions and data sizes of all that can be read, which is consumed. */
export function readAll(reader: RingReader): { seq: number; dataSize: number; data: Uint8Array }[] {
  const all = [];
  for (;;) {
    const subbuf = reader.getNextSubbuf();
    if (subbuf === null) return all;
    all.push({ seq: subbuf.seq, dataSize: subbuf.dataSize, data: dataOf(subbuf) });
    reader.putNextSubbuf();
  }
}

/**
 * Commit count of each place. While slots are not counted the word of the current sub-buffer is
 * brought up to date only when it is needed; what it would be follows from COMMITTED then.
 */
export function commitCounts(memory: RingMemory): number[] {
  const { geometry, control, words, records } = memory;
  const opened = control[OPENED];
  const counts = records.slice(0, geometry.nSubbufs).map((record) => words[record + COMMIT_COUNT]);
  const isOpen = ((control[OFFSET] - opened) | 0) < geometry.subbufSize;
  if (isOpen && control[OPEN_SLOTS] === 0) {
    const committed = (control[COMMITTED] - opened) | 0;
    counts[geometry.subbufIndex(opened)] = geometry.lap(opened) + committed;
  }
  return counts;
}

/** Commit count at which each place was delivered last. */
export function deliveredCounts({ geometry, words, records }: RingMemory): number[] {
  return records.slice(0, geometry.nSubbufs).map((record) => words[record + DELIVERED]);
}

/** Copies RAM and looks at the ring there: what a thread leaves that dies here and now. */
export function copyRing({ machine, memory }: TestRing): RingMemory {
  const copy = new SharedArrayBuffer(machine.ram.buffer.byteLength);
  new Uint8Array(copy).set(machine.ram.bytes);
  return new RingMemory(copy, memory.control.byteOffset);
}

/** Makes a new ring one whose sub-buffers below number `seq` were all written and read. */
export function startAt({ geometry, control, words, records }: RingMemory, seq: number): void {
  const { subbufSize, nSubbufs } = geometry;
  if (seq < nSubbufs) throw new RangeError(`Not all places were written before ${seq}`);
  const offset = (seq * subbufSize) | 0;
  for (let i = seq - nSubbufs; i < seq; i++) {
    const position = (i * subbufSize) | 0;
    const place = geometry.subbufIndex(position);
    const record = records[place];
    words[record + COMMIT_COUNT] = geometry.lap(position) + subbufSize;
    words[record + DELIVERED] = geometry.lap(position) + subbufSize;
    words[record + ID] = geometry.bufTrunc(position) | place << 1 | NOREF;
    words[record + SUBBUF_SEQ] = i;
    words[record + SUBBUF_SEQ + 1] = i / 2 ** 32;
  }
  control[OFFSET] = offset;
  control[COMMITTED] = offset;
  control[CONSUMED] = offset;
  control[OPENED] = offset - subbufSize;
  control[WRAPS] = Math.floor((seq - 1) * subbufSize / 2 ** 32);
  control[READ_SEQ] = seq;
  control[READ_SEQ + 1] = seq / 2 ** 32;
}

/** Takes all frames but runs of adjacent ones, none of which is adjacent to another. */
function leaveFree({ pages }: Machine, runs: readonly number[]): void {
  const taken = [];
  for (;;) {
    try {
      taken.push(pages.allocPages(0, 0));
    } catch {
      break;
    }
  }
  taken.sort((a, b) => a.pfn - b.pfn);
  let at = 0;
  for (const run of runs) {
    at = Math.ceil(at / run) * run;
    for (let i = 0; i < run; i++) pages.freePage(taken[at + i]);
    at += run + 1;
  }
}
