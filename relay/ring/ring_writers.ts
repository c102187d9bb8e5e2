import type { RingClient } from "./client.ts";
import { type RingDescriptor, ringWriter } from "./descriptor.ts";
import type { FlushMode, RingWriter } from "./writer.ts";

/** Makes the client of a CPU's ring; a channel's number is its place in the list of channels. */
export type ClientOfChannel = (channel: number, cpu: number) => RingClient;

/** A client for those who want no header. */
export const NO_CLIENT: RingClient = { headerSize: 0 };

/** The writers of a CPU, one a channel, on the CPU's own thread; with their switch timers. */
export class RingWriters {
  /** In the order of the channels. */
  readonly writers: RingWriter[] = [];
  /** Every writer there ever was, by its ring: it counts what was refused while it was detached. */
  readonly #byControl = new Map<number, RingWriter>();
  readonly #cpu: number;
  readonly #client: ClientOfChannel;
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  /** None yet. */
  constructor(cpu: number, client: ClientOfChannel = () => NO_CLIENT) {
    this.#cpu = cpu;
    this.#client = client;
  }

  /** Attaches a writer to each ring, or to none. Errors as {@linkcode RingWriter.attach}. */
  attach(rings: readonly RingDescriptor[]): void {
    this.writers.length = 0;
    try {
      for (const [i, ring] of rings.entries()) this.#attach(ring, i);
    } catch (error) {
      this.detach();
      throw error;
    }
  }

  /** Detaches all. A `TypeError`, with none detached, while a slot is open. */
  detach(): void {
    if (this.writers.some((writer) => writer.hasOpenSlot)) {
      throw new TypeError("Cannot detach the writers: a slot is open");
    }
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    for (const writer of this.writers) if (writer.attached) writer.detach();
  }

  /** Hands over what was written; says whether any sub-buffer was closed. */
  flush(mode: FlushMode): boolean {
    const attached = this.writers.filter((writer) => writer.attached);
    return attached.map((writer) => writer.flush(mode)).includes(true);
  }

  #attach(ring: RingDescriptor, i: number): void {
    const writer = this.#byControl.get(ring.control) ??
      ringWriter(ring, this.#client(i, this.#cpu));
    this.#byControl.set(ring.control, writer);
    this.writers.push(writer);
    writer.attach();
    if (ring.switchTimerMs === 0) return;
    const timer = setInterval(() => writer.flush("active"), ring.switchTimerMs);
    timer.unref();
    this.#timers.push(timer);
  }
}
