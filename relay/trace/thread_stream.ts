import { COMPACT_HEADER_SIZE, EXTENDED_HEADER_SIZE, EXTENDED_ID } from "../ctf/event_header.ts";
import type { RingWriter } from "../ring/writer.ts";
import type { Registry } from "./registry.ts";
import { MAX_TRACEPOINTS } from "./registry_layout.ts";
import type { StreamState } from "./stream_state.ts";

/** In the place of a stream's figures while there is no stream. */
const NONE = new Float64Array(MAX_TRACEPOINTS);
/**
 * After so many lost events of a tracepoint the ring's counts are looked at: those of all tracepoints
 * are fewer than 2^32 then, though no packet is closed any more.
 */
const LOOK_EVERY = 2 ** 16;

/**
 * The stream a thread writes to: what all its tracepoints share. Generated writers read the fields,
 * so they are plain ones; nobody else stores to them.
 */
export class ThreadStream {
  /** Reserves and commits. While the thread has no CPU it is one that refuses. */
  writer: RingWriter;
  /** One number: the time of the event written last. */
  times: Float64Array = new Float64Array(1);
  /** One number: events before that time have the high half that a reader knows. */
  readonly limit: Float64Array = new Float64Array(1);
  /** Events recorded, by tracepoint. */
  events: Float64Array = NONE;
  /** Bytes recorded beyond what an event of the tracepoint has at least, by tracepoint. */
  bytes: Float64Array = NONE;
  readonly #idle: RingWriter;
  readonly #registry: Registry;
  /** Events lost, by tracepoint. */
  #lost: Float64Array = NONE;
  #state: StreamState | null = null;

  /** Attached to no CPU yet; `idle` is a writer that is not attached, and never will be. */
  constructor(registry: Registry, idle: RingWriter) {
    this.#registry = registry;
    this.#idle = idle;
    this.writer = idle;
  }

  /** Writes to a CPU's ring from now on. */
  attach(writer: RingWriter, state: StreamState): void {
    this.times = state.times;
    this.events = state.events;
    this.bytes = state.bytes;
    this.#lost = state.lost;
    this.#state = state;
    // What the reader knows came from another thread: say the whole time first.
    this.limit[0] = 0;
    this.writer = writer;
  }

  /** Writes to none any more; says whether it did. */
  detach(): boolean {
    const wasAttached = this.writer !== this.#idle;
    this.writer = this.#idle;
    // The CPU's next thread stores its times there.
    this.times = new Float64Array(1);
    this.events = NONE;
    this.bytes = NONE;
    this.#lost = NONE;
    this.#state = null;
    return wasAttached;
  }

  /** Counts an event that is lost. */
  lose(id: number): void {
    if (this.writer === this.#idle) this.#registry.countUnattached();
    else if (++this.#lost[id] % LOOK_EVERY === 0) this.#state?.discard(this.writer.lost);
  }

  /** Writes the header of an event that says the whole time; returns the address behind it. */
  extended(view: DataView, at: number, id: number): number {
    const time = this.times[0];
    const high = Math.floor(time / 2 ** 32);
    this.limit[0] = (high + 1) * 2 ** 32;
    view.setUint16(at, EXTENDED_ID, true);
    view.setUint32(at + 2, id, true);
    view.setUint32(at + 6, time, true);
    view.setUint32(at + 10, high, true);
    this.bytes[id] += EXTENDED_HEADER_SIZE - COMPACT_HEADER_SIZE;
    return at + EXTENDED_HEADER_SIZE;
  }
}
