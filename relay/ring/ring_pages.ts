import { __GFP_ZERO, GFP_KERNEL } from "../../hw/gfp.ts";
import type { Machine } from "../../hw/machine.ts";
import { type Page, pageAddress } from "../../hw/page.ts";
import { type Address, PAGE_SHIFT, PAGE_SIZE, type Pfn } from "../../hw/ram.ts";
import type { RelayBuffer } from "../buffer.ts";
import {
  BOUNCE,
  CPU,
  HEADER_SIZE,
  ID,
  MAGIC,
  MORE_RUNS,
  N_SUBBUFS_ORDER,
  NEXT,
  NO_PAGE,
  NOREF,
  OPENED,
  OVERWRITE,
  PAGES,
  PFN,
  READER_ID,
  RECORDS_PER_PAGE,
  RING_MAGIC,
  RING_VERSION,
  RUNS_PER_RECORD,
  SUBBUF_ORDER,
  VERSION,
  WRAPS,
} from "./control.ts";
import { bounceSize, recordWords } from "./ring_memory.ts";

/** Adjacent frames: number of the first one, and how many. */
type PfnRun = [pfn: Pfn, frames: number];

/**
 * The pages a ring needs beside those of its buffer, from the buffer's node: control pages, in
 * overwrite mode the reader's spare sub-buffer, and where a sub-buffer's frames are not adjacent a
 * block of frames to assemble slots in.
 */
export class RingPages {
  /** Address of the first control page. */
  readonly control: Address;
  readonly #machine: Machine;
  readonly #blocks: { readonly page: Page; readonly order: number }[] = [];

  /** Takes the pages and fills in the words. `ENOMEM` when they are short: then none is taken. */
  constructor(buffer: RelayBuffer, headerSize: number, overwrite: boolean) {
    const { relay, subbufSize, nSubbufs, subbufSizeOrder } = buffer.chan;
    this.#machine = relay.machine;
    const nid = this.#machine.numa.cpuToNode(buffer.cpu);
    try {
      const pfns = buffer.pages.map(({ page }) => page.pfn);
      const framesEach = subbufSize >>> PAGE_SHIFT;
      if (overwrite) {
        for (let i = 0; i < framesEach; i++) pfns.push(this.#take(nid, 0).pfn);
      }
      const subbufs = Array.from(
        { length: pfns.length / framesEach },
        (_, i) => frameRuns(pfns.slice(i * framesEach, (i + 1) * framesEach)),
      );
      const isSplit = subbufs.some((runs) => runs.length > 1);
      const bounce = isSplit ? this.#take(nid, orderOf(bounceSize(subbufSize))).pfn : NO_PAGE;
      this.control = this.#takeControl(nid, subbufs);

      const words = new Int32Array(this.#machine.ram.buffer);
      const records = recordWords(words, this.control);
      writeRuns(words, records, subbufs);
      for (let i = 0; i < nSubbufs; i++) words[records[i] + ID] = i << 1 | NOREF;
      const first = this.control / 4;
      words[first + READER_ID] = nSubbufs << 1;
      words[first + OPENED] = -subbufSize;
      words[first + WRAPS] = -1;
      words[first + BOUNCE] = bounce;
      words[first + CPU] = buffer.cpu;
      words[first + OVERWRITE] = overwrite ? 1 : 0;
      words[first + HEADER_SIZE] = headerSize;
      words[first + N_SUBBUFS_ORDER] = Math.log2(nSubbufs);
      words[first + SUBBUF_ORDER] = subbufSizeOrder;
      words[first + VERSION] = RING_VERSION;
      words[first + MAGIC] = RING_MAGIC;
    } catch (error) {
      this.#give();
      throw error;
    }
  }

  /** Gives the pages back. Nobody may look at the ring any more. */
  free(): void {
    new Int32Array(this.#machine.ram.buffer)[this.control / 4 + MAGIC] = 0;
    this.#give();
  }

  #give(): void {
    for (const { page, order } of this.#blocks) this.#machine.pages.freePages(page, order);
    this.#blocks.length = 0;
  }

  #take(nid: number, order: number): Page {
    const page = this.#machine.pages.allocPagesNode(nid, GFP_KERNEL | __GFP_ZERO, order);
    this.#blocks.push({ page, order });
    return page;
  }

  /** Takes the control pages, as many as there are records for, and chains them. */
  #takeControl(nid: number, subbufs: readonly PfnRun[][]): Address {
    let records = subbufs.length;
    for (const runs of subbufs) records += Math.ceil((runs.length - 1) / RUNS_PER_RECORD);
    const pages: Page[] = [];
    while (pages.length * RECORDS_PER_PAGE < records) pages.push(this.#take(nid, 0));
    const words = new Int32Array(this.#machine.ram.buffer);
    for (const [i, page] of pages.entries()) {
      words[pageAddress(page) / 4 + NEXT] = pages[i + 1]?.pfn ?? NO_PAGE;
    }
    return pageAddress(pages[0]);
  }
}

/** Writes down where the sub-buffers lie. */
function writeRuns(
  words: Int32Array,
  records: readonly number[],
  subbufs: readonly PfnRun[][],
): void {
  let more = subbufs.length;
  for (const [i, [first, ...others]] of subbufs.entries()) {
    [words[records[i] + PFN], words[records[i] + PAGES]] = first;
    words[records[i] + MORE_RUNS] = more;
    for (const [j, run] of others.entries()) {
      const pair = records[more + Math.floor(j / RUNS_PER_RECORD)] + 2 * (j % RUNS_PER_RECORD);
      [words[pair], words[pair + 1]] = run;
    }
    more += Math.ceil(others.length / RUNS_PER_RECORD);
  }
}

/** Longest runs of adjacent frames, in order. */
function frameRuns(pfns: readonly Pfn[]): PfnRun[] {
  const runs: PfnRun[] = [];
  for (const pfn of pfns) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === pfn) last[1]++;
    else runs.push([pfn, 1]);
  }
  return runs;
}

/** Order of the block of frames that has so many bytes. */
function orderOf(sizeBytes: number): number {
  return Math.log2(sizeBytes / PAGE_SIZE);
}
