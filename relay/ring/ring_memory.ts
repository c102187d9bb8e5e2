import { type Address, PAGE_SHIFT, PAGE_SIZE, type Pfn } from "../../hw/mod.ts";
import {
  BOUNCE,
  CPU,
  HEADER_SIZE,
  LINE_WORDS,
  MAGIC,
  MORE_RUNS,
  N_SUBBUFS_ORDER,
  NEXT,
  NO_PAGE,
  OVERWRITE,
  PFN,
  RECORDS,
  RECORDS_PER_PAGE,
  RING_MAGIC,
  RING_VERSION,
  SUBBUF_ORDER,
  VERSION,
} from "./control.ts";
import { RingGeometry } from "./geometry.ts";

/** A run of adjacent page frames in a sub-buffer. */
export interface Run {
  /** Where in the sub-buffer it ends, in bytes. */
  readonly end: number;
  /** Address at which the sub-buffer would start if it all were this run. */
  readonly base: Address;
}

/** Words of a control page. */
const PAGE_WORDS = PAGE_SIZE / 4;
/** Longest block of frames there is: 4 MiB. */
const MAX_BOUNCE_SIZE = PAGE_SIZE << 10;

/**
 * The memory of a ring as one thread sees it: views of RAM, and the words of the control pages that
 * never change, read once.
 */
export class RingMemory {
  /** All of RAM as bytes. */
  readonly bytes: Uint8Array;
  /** All of RAM as words. */
  readonly words: Int32Array;
  /** The first control page. */
  readonly control: Int32Array;
  /** Arithmetic on offsets. */
  readonly geometry: RingGeometry;
  /** Bytes of a sub-buffer's header. */
  readonly headerSize: number;
  /** Whether the newest events are kept, not the oldest. */
  readonly overwrite: boolean;
  /** The CPU it belongs to. */
  readonly cpu: number;
  /** Word at which each record starts. */
  readonly records: readonly number[];
  /** Runs of each sub-buffer, the reader's spare one the last. */
  readonly runs: readonly (readonly Run[])[];
  /** Where slots across two runs are assembled. */
  readonly bounce: Address;
  /** Longest slot there can be, in bytes: one that can be assembled, if it may have to be. */
  readonly longestSlot: number;

  /** Looks at the ring whose first control page is at `address`; a `TypeError` if there is none. */
  constructor(ram: ArrayBufferLike, address: Address) {
    const pfn = address / PAGE_SIZE;
    if (!Number.isInteger(pfn) || pfn < 0 || address + PAGE_SIZE > ram.byteLength) {
      throw new TypeError(`Cannot look at a ring at ${address}: no page of RAM`);
    }
    const control = new Int32Array(ram, address, PAGE_WORDS);
    if (control[MAGIC] !== RING_MAGIC || control[VERSION] !== RING_VERSION) {
      throw new TypeError(`Cannot look at a ring at ${address}: there is none of this version`);
    }
    this.bytes = new Uint8Array(ram);
    this.words = new Int32Array(ram);
    this.control = control;
    this.geometry = new RingGeometry(control[SUBBUF_ORDER], control[N_SUBBUFS_ORDER]);
    this.headerSize = control[HEADER_SIZE];
    this.overwrite = control[OVERWRITE] === 1;
    this.cpu = control[CPU];
    this.bounce = control[BOUNCE] * PAGE_SIZE;
    const { subbufSize } = this.geometry;
    this.longestSlot = control[BOUNCE] === NO_PAGE ? subbufSize : bounceSize(subbufSize);
    this.records = recordWords(this.words, address);
    const nSubbufs = this.geometry.nSubbufs + (this.overwrite ? 1 : 0);
    this.runs = Array.from({ length: nSubbufs }, (_, i) => this.#runsOf(i));
  }

  /** Address of the start of a sub-buffer. */
  subbufAddress(subbuf: number): Address {
    return this.runs[subbuf][0].base;
  }

  /** Views of the first `length` bytes of a sub-buffer, one for each run. */
  views(subbuf: number, length: number): Uint8Array[] {
    let begin = 0;
    const views: Uint8Array[] = [];
    for (const { end, base } of this.runs[subbuf]) {
      if (begin >= length) break;
      views.push(this.bytes.subarray(base + begin, base + Math.min(end, length)));
      begin = end;
    }
    return views;
  }

  #runsOf(subbuf: number): Run[] {
    const record = this.records[subbuf];
    const runs: Run[] = [];
    let end = 0;
    const push = (word: number): void => {
      const base = this.words[word] * PAGE_SIZE - end;
      end += this.words[word + 1] << PAGE_SHIFT;
      runs.push({ end, base });
    };
    push(record + PFN);
    for (let more = this.words[record + MORE_RUNS]; end < this.geometry.subbufSize; more++) {
      for (let pair = 0; pair < LINE_WORDS && end < this.geometry.subbufSize; pair += 2) {
        push(this.records[more] + pair);
      }
    }
    return runs;
  }
}

/** Bytes of the area in which slots across two runs are assembled. */
export function bounceSize(subbufSize: number): number {
  return Math.min(subbufSize, MAX_BOUNCE_SIZE);
}

/** Word at which each record starts, following the pages from the first on. */
export function recordWords(words: Int32Array, address: Address): number[] {
  const records: number[] = [];
  let pfn: Pfn = address / PAGE_SIZE;
  do {
    const page = pfn * PAGE_WORDS;
    for (let i = 0; i < RECORDS_PER_PAGE; i++) records.push(page + RECORDS + i * LINE_WORDS);
    pfn = words[page + NEXT];
  } while (pfn !== NO_PAGE);
  return records;
}
