import { type Address, PAGE_SIZE } from "../../hw/ram.ts";
import {
  PACKET_HEADER_SIZE,
  type PacketEnd,
  writePacketBegin,
  writePacketEnd,
} from "../ctf/packet.ts";
import type { RingClient } from "../ring/client.ts";
import type { LostCounts } from "../ring/lost.ts";
import type { StreamState } from "./stream_state.ts";

/**
 * Makes a CTF packet of each sub-buffer. A packet begins and ends at the time of the event that
 * switched sub-buffers, or of the last one before: so packets of a stream touch and never overlap.
 */
export class StreamClient implements RingClient {
  /** Bytes of packet header and packet context. */
  readonly headerSize: number = PACKET_HEADER_SIZE;
  readonly #view: DataView;
  readonly #state: StreamState;
  readonly #uuid: Uint8Array;
  readonly #cpu: number;

  /** The packets of the trace `uuid` for a CPU. */
  constructor(ram: ArrayBufferLike, state: StreamState, uuid: Uint8Array, cpu: number) {
    this.#view = new DataView(ram);
    this.#state = state;
    this.#uuid = uuid;
    this.#cpu = cpu;
  }

  /** Writes what is known of a packet that begins. */
  bufferBegin(header: Address, seq: number): void {
    const [timestampBegin] = this.#state.times;
    const packet = { uuid: this.#uuid, cpu: this.#cpu, seq, timestampBegin };
    writePacketBegin(this.#view, header, packet);
  }

  /** Writes what is known of a packet that ends. */
  bufferEnd(header: Address, dataSize: number, lost: LostCounts): void {
    const eventsDiscarded = this.#state.discard(lost);
    writePacketEnd(this.#view, header, packetEnd(this.#state, dataSize, eventsDiscarded));
  }
}

/** The end of a packet that holds everything up to the last event of its stream, in whole pages. */
export function packetEnd(
  { times }: StreamState,
  contentSize: number,
  eventsDiscarded: number,
): PacketEnd {
  const packetSize = Math.ceil(contentSize / PAGE_SIZE) * PAGE_SIZE;
  return { timestampEnd: times[0], contentSize, packetSize, eventsDiscarded };
}
