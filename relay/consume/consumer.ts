import { thrownText } from "../../hw/log.ts";
import {
  PACKET_HEADER_SIZE,
  type PacketBegin,
  readPacketInfo,
  writePacketBegin,
  writePacketEnd,
} from "../ctf/packet.ts";
import { type OpenSubbuf, peekOpenSubbuf, ringLost } from "../ring/peek.ts";
import type { RingReader } from "../ring/reader.ts";
import type { RingMemory } from "../ring/ring_memory.ts";
import type { Registry } from "../trace/registry.ts";
import { packetEnd } from "../trace/stream_client.ts";
import type { StreamState } from "../trace/stream_state.ts";
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

/** What is written before packets, from byte `from` of the registry's metadata on. */
export interface MetadataSource {
  /** Tells the trace's packets. */
  readonly uuid: Uint8Array;
  /** Where it comes from. */
  readonly registry: Registry;
}

/**
 * Takes the packets of a session's streams to an output. When the output fails it stops, and says
 * why; what was written stays readable, what comes is left to the rings, which count it as lost when
 * they are full. For one thread, which attached the readers.
 */
export class Consumer {
  readonly #output: TraceOutput;
  readonly #source: MetadataSource;
  #metadataLength: number;
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
    this.#source = source;
    this.#metadataLength = from;
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
      const { uuid } = this.#source;
      const begin = { uuid, cpu, seq: nextSeq, timestampBegin };
      this.#provisional(cpu, emptyPacket(begin, state, eventsDiscarded));
    }
  }

  /** What the last packet of a CPU says. */
  #last(cpu: number): { readonly nextSeq: number; readonly discarded: number } {
    return this.#written.get(cpu) ?? { nextSeq: 0, discarded: 0 };
  }

  #packet(cpu: number, pieces: readonly Uint8Array[], seq: number): void {
    this.#write(() => {
      // An event is declared before it is recorded, so what the packet needs is there by now.
      this.#appendMetadata();
      this.#output.packet(cpu, pieces);
    });
    const [header] = pieces;
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const { eventsDiscarded: discarded } = readPacketInfo(view, 0);
    this.#written.set(cpu, { nextSeq: seq + 1, discarded });
  }

  #provisional(cpu: number, packet: Uint8Array): void {
    this.#write(() => {
      this.#appendMetadata();
      this.#output.provisional(cpu, packet);
    });
  }

  #appendMetadata(): void {
    const { registry } = this.#source;
    if (registry.metadataLength === this.#metadataLength) return;
    const bytes = registry.metadata(this.#metadataLength);
    this.#output.metadata(bytes);
    this.#metadataLength += bytes.length;
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

/** Makes a packet without events, which tells of losses. */
export function emptyPacket(
  begin: PacketBegin,
  state: StreamState,
  eventsDiscarded: number,
): Uint8Array {
  const header = new Uint8Array(PACKET_HEADER_SIZE);
  writePacketBegin(new DataView(header.buffer), 0, begin);
  return closedPacket(header, state, eventsDiscarded);
}

/** Makes a packet of a copy of one that is open: it ends here. */
export function closedPacket(
  content: Uint8Array,
  state: StreamState,
  eventsDiscarded: number,
): Uint8Array {
  // Its time is read after what was committed was: no event in the packet is younger.
  const end = packetEnd(state, content.length, eventsDiscarded);
  const packet = new Uint8Array(end.packetSize);
  packet.set(content);
  writePacketEnd(new DataView(packet.buffer), 0, end);
  return packet;
}
