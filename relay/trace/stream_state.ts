import type { Address } from "../../hw/ram.ts";
import { LOST_CAUSES, type LostCounts, sumLost } from "../ring/lost.ts";
import { MAX_TIME_NS } from "./clock.ts";
import { MAX_TRACEPOINTS } from "./registry_layout.ts";
import { SharedText } from "./shared_text.ts";

/*
 * State of a stream, in a block of RAM of its own:
 *
 *  byte      0  f64  LAST_TIME   time of the event written last
 *           16  f64  LOST_BY…    events lost when the writer looked last, by cause
 *          256  u32  length      of the text behind it: name of the thread that attached last
 *          512  u32  length      of the text behind it: name of its clock
 *        4 Ki   f64  EVENTS      recorded, by tracepoint
 *       36 Ki   f64  LOST        by tracepoint
 *       68 Ki   f64  BYTES       recorded, by tracepoint, without what each event has at least
 *      100 Ki
 */
const LOST_BY_AT = 16;
const THREAD_AT = 256;
const CLOCK_AT = 512;
const TEXT_SIZE = 256;
const EVENTS_AT = 4096;
const LOST_AT = EVENTS_AT + 8 * MAX_TRACEPOINTS;
const BYTES_AT = LOST_AT + 8 * MAX_TRACEPOINTS;
/** Looks at counts that change meanwhile; no writer looks as often, but memory may be anybody's. */
const MOST_LOOKS = 1000;
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
  /** Modulo 2^32 each is what the ring's count was: so one store brings it up to date, at any time. */
  readonly #lostBy: Float64Array;
  readonly #thread: SharedText;
  readonly #clock: SharedText;

  /** The state at an address. */
  constructor(ram: ArrayBufferLike, address: Address) {
    this.times = new Float64Array(ram, address, 1);
    this.#lostBy = new Float64Array(ram, address + LOST_BY_AT, LOST_CAUSES);
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

  /** Whether its numbers can be those of a stream: to be asked of memory that comes from elsewhere. */
  get isPossible(): boolean {
    return [...this.times, ...this.#lostBy].every((value) => value >= 0 && value <= MAX_TIME_NS);
  }

  /** Says that nothing older than `time` will come, if that is a time and later than the last one. */
  goOn(time: number): void {
    if (time > this.times[0] && time <= MAX_TIME_NS) this.times[0] = time;
  }

  /**
   * Events lost by now, by cause, beyond the 2^32 that the ring counts to; from any thread. `lost`
   * reads the ring's counts.
   */
  lostNow(lost: () => LostCounts): LostCounts {
    for (let tries = 1;; tries++) {
      // The writer may look meanwhile: then what was read does not belong together.
      const before = this.#lostBy.slice();
      const counts = lost();
      const isSame = before.every((n, i) => n === this.#lostBy[i]);
      if (isSame || tries === MOST_LOOKS) return upToDate(before, counts);
    }
  }

  /** The sum of what `lostNow` says; from any thread. */
  discardedNow(lost: () => LostCounts): number {
    return sumLost(this.lostNow(lost));
  }

  /** Remembers the events lost by now, and returns how many; for the writer, before 2^32 more are lost. */
  discard(lost: LostCounts): number {
    const counts = upToDate(this.#lostBy, lost);
    // Each store is right by itself: whoever dies between them leaves the others for the next time.
    for (const [i, count] of Object.values(counts).entries()) this.#lostBy[i] = count;
    return sumLost(counts);
  }
}

/** Counts that go on from those before, of what the ring has counted modulo 2^32 since. */
function upToDate(before: Float64Array, counts: LostCounts): LostCounts {
  const { full, wrap, big, nested, torn, offline } = counts;
  const now = (i: number, count: number): number => before[i] + ((count - before[i]) >>> 0);
  return {
    full: now(0, full),
    wrap: now(1, wrap),
    big: now(2, big),
    nested: now(3, nested),
    torn: now(4, torn),
    offline: now(5, offline),
  };
}
