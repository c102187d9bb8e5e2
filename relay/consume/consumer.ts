import { thrownText } from "../../hw/log.ts";
import { PACKET_HEADER_SIZE, packetView, readPacketInfo } from "../ctf/packet.ts";
import { type OpenSubbuf, peekOpenSubbuf, ringLost } from "../ring/peek.ts";
import type { RingReader } from "../ring/reader.ts";
import type { RingMemory } from "../ring/ring_memory.ts";
import type { StreamState } from "../trace/stream_state.ts";
import { closedPacket, emptyPacket } from "./closed_packet.ts";
import { GrowingMetadata, type MetadataSource } from "./growing_metadata.ts";
import type { TraceOutput } from "./trace_output.ts";

/** Looks at a stream whose writer has delivered a sub-buffer each time meanwhile. */
const TRIES = 4;

/** A stream to take packets from. */
export interface ConsumedStream {
  /** Its CPU. */
  readonly cpu: number;
  /** The ring's reader, of this thread. */
  readonly reader: RingReader;
  /** The ring's memory. */
  readonly memory: RingMemory;
  /** What the stream remembers. */
  readonly state: StreamState;
  /** Events it has to tell of as lost beside those of its ring. */
  readonly alsoLost: () => number;
}

/**
 * Takes the packets of a session's streams to an output. When the output fails it stops, and says
 * why; what was written stays readable, what comes is left to the rings, which count it as lost when
 * they are full. For one thread, which attached the readers.
 */
export class Consumer {
  readonly #output: TraceOutput;
  readonly #uuid: Uint8Array;
  readonly #metadata: GrowingMetadata;
  /** Number of the packet to come, and events discarded by the last one, by CPU. */
  readonly #written = new Map<number, { nextSeq: number; discarded: number }>();
  #failure: unknown = null;

  /** Begins with metadata of the registry at byte `from`, in place of what is before with `preamble`. */
  constructor(
    output: TraceOutput,
    source: MetadataSource,
    from: number = 0,
    preamble: Uint8Array = new Uint8Array(0),
  ) {
    this.#output = output;
    this.#uuid = source.uuid;
    this.#metadata = new GrowingMetadata(source, from);
    this.#write(() => {
      if (preamble.length > 0) output.metadata(preamble);
      this.#appendMetadata();
    });
  }

  /** Why it has stopped; `null` while it goes on. */
  get failure(): string | null {
    return this.#failure === null ? null : thrownText(this.#failure);
  }

  /**
   * Consumes what a stream has delivered, as much as its ring can hold: whoever writes as fast as this
   * reads must not keep it for ever. Says how many packets that were.
   */
  drain({ cpu, reader, memory }: ConsumedStream): number {
    for (let packets = 0;; packets++) {
      const isEnough = packets === memory.geometry.nSubbufs || this.#failure !== null;
      const subbuf = isEnough ? null : reader.getNextSubbuf();
      if (subbuf === null) return packets;
      try {
        this.#packet(cpu, subbuf.views(subbuf.paddedSize), subbuf.seq);
      } finally {
        if (this.#failure === null) reader.putNextSubbuf();
        else reader.putSubbuf();
      }
    }
  }

  /** Looks whether what was written is still there: its output fails if not. */
  look(): void {
    this.#write(() => this.#output.assertThere?.());
  }

  /**
   * Writes all that a stream has recorded by now, and how many events it has lost, though whoever
   * writes goes on: consumes what is delivered, and writes what is not as a packet that the next one
   * replaces.
   */
  flush(stream: ConsumedStream): void {
    this.#upToDate(stream, () => this.drain(stream));
  }

  /** Writes all that a stream holds, from the oldest on, and consumes nothing: for a snapshot. */
  copy(stream: ConsumedStream): void {
    this.#upToDate(stream, () => this.#copyDelivered(stream));
  }

  /** Brings the metadata up to date, and closes the output. */
  close(): void {
    this.#write(() => this.#appendMetadata());
    try {
      this.#output.close();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Writes what is delivered, by `deliver`, which says how many packets that were, and what is not. */
  #upToDate(stream: ConsumedStream, deliver: () => number): void {
    const { cpu, memory } = stream;
    let open: OpenSubbuf | null = null;
    for (let tries = 0; tries < TRIES; tries++) {
      const packets = deliver();
      open = peekOpenSubbuf(memory);
      // The writer may have delivered a sub-buffer in between: that comes before the open one.
      const isNext = open === null ? packets === 0 : open.seq === this.#last(cpu).nextSeq;
      if (isNext) return this.#open(stream, open);
    }
    // What was open when this began is delivered by now, and written, or overwritten like all others.
    if (!this.#written.has(cpu) && memory.overwrite) this.#open(stream, open);
  }

  #copyDelivered({ cpu, reader }: ConsumedStream): number {
    let packets = 0;
    for (const subbuf of reader.snapshot()) {
      if (subbuf.seq < this.#last(cpu).nextSeq) continue;
      this.#packet(cpu, subbuf.views(subbuf.paddedSize), subbuf.seq);
      packets++;
    }
    return packets;
  }

  /** Writes what is not delivered yet. */
  #open({ cpu, memory, state, alsoLost }: ConsumedStream, open: OpenSubbuf | null): void {
    const { nextSeq, discarded } = this.#last(cpu);
    const eventsDiscarded = state.discardedNow(() => ringLost(memory)) + alsoLost();
    if (open !== null && open.bytes.length > PACKET_HEADER_SIZE) {
      this.#provisional(cpu, closedPacket(open.bytes, state, eventsDiscarded));
    } else if (eventsDiscarded > discarded) {
      const [timestampBegin] = state.times;
      const begin = { uuid: this.#uuid, cpu, seq: nextSeq, timestampBegin };
      this.#provisional(cpu, emptyPacket(begin, state, eventsDiscarded));
    }
  }

  /** What the last packet of a CPU says. */
  #last(cpu: number): { readonly nextSeq: number; readonly discarded: number } {
    return this.#written.get(cpu) ?? { nextSeq: 0, discarded: 0 };
  }

  #packet(cpu: number, pieces: readonly Uint8Array[], seq: number): void {
    this.#write(() => {
      this.#appendMetadata();
      this.#output.packet(cpu, pieces);
    });
    const { eventsDiscarded: discarded } = readPacketInfo(packetView(pieces[0]), 0);
    this.#written.set(cpu, { nextSeq: seq + 1, discarded });
  }

  #provisional(cpu: number, packet: Uint8Array): void {
    this.#write(() => {
      this.#appendMetadata();
      this.#output.provisional(cpu, packet);
    });
  }

  #appendMetadata(): void {
    this.#metadata.take((bytes) => this.#output.metadata(bytes));
  }

  #write(write: () => void): void {
    if (this.#failure !== null) return;
    try {
      write();
    } catch (error) {
      this.#failure = error;
    }
  }
}
