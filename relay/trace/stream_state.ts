import type { Address } from "../../hw/mod.ts";
import { LOST_CAUSES, type LostCounts } from "../ring/lost.ts";
import { SharedText } from "./shared_text.ts";
import { MAX_TRACEPOINTS } from "./registry_layout.ts";

/*
 * State of a stream, in a block of RAM of its own:
 *
 *  byte      0  f64  LAST_TIME   time of the event written last
 *            8  f64  DISCARDED   events lost by the packet closed last
 *           16  u32  SEEN…       counts of the ring that are in DISCARDED, by cause
 *          256  u32  length      of the text behind it: name of the thread that attached last
 *          512  u32  length      of the text behind it: name of its clock
 *        4 Ki   f64  EVENTS      recorded, by tracepoint
 *       36 Ki   f64  LOST        by tracepoint
 *       68 Ki   f64  BYTES       recorded, by tracepoint, without what each event has at least
 *      100 Ki
 */
const SEEN_AT = 16;
const THREAD_AT = 256;
const CLOCK_AT = 512;
const TEXT_SIZE = 256;
const EVENTS_AT = 4096;
const LOST_AT = EVENTS_AT + 8 * MAX_TRACEPOINTS;
const BYTES_AT = LOST_AT + 8 * MAX_TRACEPOINTS;
/** Bytes of it, up to the next power of two. */
export const STREAM_STATE_SIZE: number = 128 * 1024;

/**
 * What a stream remembers beside its ring, in RAM: so it outlives the thread that wrote, and others
 * can look at any time. The CPU's thread stores; what others read may be late.
 */
export class StreamState {
  /** One number: the time of the event written last. */
  readonly times: Float64Array;
  /** Events recorded, by tracepoint. */
  readonly events: Float64Array;
  /** Events lost, by tracepoint. */
  readonly lost: Float64Array;
  /** Bytes recorded beyond what an event of the tracepoint has at least, by tracepoint. */
  readonly bytes: Float64Array;
  readonly #discarded: Float64Array;
  readonly #seen: Uint32Array;
  readonly #thread: SharedText;
  readonly #clock: SharedText;

  /** The state at an address. */
  constructor(ram: ArrayBufferLike, address: Address) {
    this.times = new Float64Array(ram, address, 1);
    this.#discarded = new Float64Array(ram, address + 8, 1);
    this.#seen = new Uint32Array(ram, address + SEEN_AT, LOST_CAUSES);
    this.#thread = new SharedText(ram, address + THREAD_AT, TEXT_SIZE);
    this.#clock = new SharedText(ram, address + CLOCK_AT, TEXT_SIZE);
    this.events = new Float64Array(ram, address + EVENTS_AT, MAX_TRACEPOINTS);
    this.lost = new Float64Array(ram, address + LOST_AT, MAX_TRACEPOINTS);
    this.bytes = new Float64Array(ram, address + BYTES_AT, MAX_TRACEPOINTS);
  }

  /** Name of the thread that attached last; cut at about 250 bytes. */
  get thread(): string {
    return this.#thread.text;
  }

  set thread(name: string) {
    this.#thread.text = name;
  }

  /** Name of that thread's clock. */
  get clock(): string {
    return this.#clock.text;
  }

  set clock(name: string) {
    this.#clock.text = name;
  }

  /**
   * Events lost by now, of which the ring counts each cause modulo 2^32; from any thread. `lost` reads
   * the ring's counts.
   */
  discardedNow(lost: () => LostCounts): number {
    for (;;) {
      // The writer may close a packet meanwhile: then what was read does not belong together.
      const discarded = this.#discarded[0];
      const seen = this.#seen.slice();
      const counts = lost();
      const isSame = this.#discarded[0] === discarded && this.#seen.every((n, i) => n === seen[i]);
      if (isSame) return discarded + newlyLost(counts, seen);
    }
  }

  /** Counts the events lost by now to those that packets tell of, and returns all; for the writer. */
  discard(lost: LostCounts): number {
    const newly = newlyLost(lost, this.#seen);
    this.#seen.set(Object.values(lost));
    this.#discarded[0] += newly;
    return this.#discarded[0];
  }
}

/** Events counted since the counts were `seen`. */
function newlyLost(lost: LostCounts, seen: Uint32Array): number {
  return Object.values(lost).reduce((sum, count, i) => sum + ((count - seen[i]) >>> 0), 0);
}
