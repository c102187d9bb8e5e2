import { NR_CPUS } from "../../hw/cpus.ts";
import { type Address, PAGE_SHIFT, PAGE_SIZE, type Pfn } from "../../hw/ram.ts";
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
export interface FrameRun {
  /** Where in the sub-buffer it ends, in bytes. */
  readonly end: number;
  /** Address at which the sub-buffer would start if it all were this run. */
  readonly base: Address;
}

/** What frames of a ring are for. */
export type FrameUse = "control page" | "sub-buffer" | "bounce area";

/**
 * Is told of the frames a ring has, before anything in them is believed. It throws for frames that are not
 * there, or that it has been told of already.
 */
export type ClaimFrames = (pfn: Pfn, frames: number, use: FrameUse) => void;

/** Words of a control page. */
const PAGE_WORDS = PAGE_SIZE / 4;
/** Binary logarithm of the largest buffer there is: 1 GiB. */
const MAX_ORDER_SUM = 30;
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
  readonly runs: readonly (readonly FrameRun[])[];
  /** Where slots across two runs are assembled. */
  readonly bounce: Address;
  /** Longest slot there can be, in bytes: one that can be assembled, if it may have to be. */
  readonly longestSlot: number;

  /**
   * Looks at the ring whose first control page is at `address`; a `TypeError` if there is none, or its
   * words contradict each other. `claim` is told of all its frames.
   * @ignore
   */
  constructor(ram: ArrayBufferLike, address: Address, claim: ClaimFrames = () => {}) {
    const pfn = address / PAGE_SIZE;
    if (!Number.isInteger(pfn) || pfn < 0 || address + PAGE_SIZE > ram.byteLength) {
      throw new TypeError(`Cannot look at a ring at ${address}: no page of RAM`);
    }
    claim(pfn, 1, "control page");
    const control = new Int32Array(ram, address, PAGE_WORDS);
    if (control[MAGIC] !== RING_MAGIC || control[VERSION] !== RING_VERSION) {
      throw new TypeError(`Cannot look at a ring at ${address}: there is none of this version`);
    }
    assertFixedWords(control, address);
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
    const nSubbufs = this.geometry.nSubbufs + (this.overwrite ? 1 : 0);
    this.records = recordWords(this.words, address, claim);
    if (this.records.length < nSubbufs) throw contradiction(address, "its records are cut off");
    this.runs = Array.from({ length: nSubbufs }, (_, i) => this.#runsOf(i, claim));
    if (control[BOUNCE] !== NO_PAGE) {
      claim(control[BOUNCE], bounceSize(subbufSize) / PAGE_SIZE, "bounce area");
    }
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

  #runsOf(subbuf: number, claim: ClaimFrames): FrameRun[] {
    const { subbufSize } = this.geometry;
    const address = this.control.byteOffset;
    const record = this.records[subbuf];
    const runs: FrameRun[] = [];
    let end = 0;
    const push = (word: number): void => {
      const [pfn, pages] = [this.words[word], this.words[word + 1]];
      if (!(pages > 0 && pages <= (subbufSize - end) >>> PAGE_SHIFT)) {
        throw contradiction(address, `sub-buffer ${subbuf} has a run of ${pages} pages`);
      }
      claim(pfn, pages, "sub-buffer");
      const base = pfn * PAGE_SIZE - end;
      end += pages << PAGE_SHIFT;
      runs.push({ end, base });
    };
    push(record + PFN);
    for (let more = this.words[record + MORE_RUNS]; end < subbufSize; more++) {
      if (this.records[more] === undefined) {
        throw contradiction(address, `sub-buffer ${subbuf} has no record ${more}`);
      }
      for (let pair = 0; pair < LINE_WORDS && end < subbufSize; pair += 2) {
        push(this.records[more] + pair);
      }
    }
    return runs;
  }
}

function assertFixedWords(control: Int32Array, address: Address): void {
  const between = (word: number, least: number, most: number, what: string): void => {
    if (control[word] >= least && control[word] <= most) return;
    throw contradiction(address, `${what} is ${control[word]}, not ${least} to ${most}`);
  };
  between(SUBBUF_ORDER, PAGE_SHIFT, MAX_ORDER_SUM - 1, "the order of its sub-buffers");
  between(N_SUBBUFS_ORDER, 1, MAX_ORDER_SUM - control[SUBBUF_ORDER], "the order of their number");
  between(
    HEADER_SIZE,
    0,
    Math.min(PAGE_SIZE, (1 << control[SUBBUF_ORDER]) - 1),
    "its header's size",
  );
  between(OVERWRITE, 0, 1, "its mode");
  between(CPU, 0, NR_CPUS - 1, "its CPU");
}

function contradiction(address: Address, what: string): TypeError {
  return new TypeError(`Cannot look at the ring at ${address}: ${what}`);
}

/** Bytes of the area in which slots across two runs are assembled. */
export function bounceSize(subbufSize: number): number {
  return Math.min(subbufSize, MAX_BOUNCE_SIZE);
}

/** Word at which each record starts, following the pages from the first on. */
export function recordWords(
  words: Int32Array,
  address: Address,
  claim: ClaimFrames = () => {},
): number[] {
  const records: number[] = [];
  for (let pfn: Pfn = address / PAGE_SIZE;;) {
    const page = pfn * PAGE_WORDS;
    for (let i = 0; i < RECORDS_PER_PAGE; i++) records.push(page + RECORDS + i * LINE_WORDS);
    pfn = words[page + NEXT];
    if (pfn === NO_PAGE) return records;
    claim(pfn, 1, "control page");
  }
}
