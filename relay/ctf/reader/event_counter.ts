import { CtfError } from "../ctf_error.ts";
import { MetadataParser } from "../tsdl/metadata_parser.ts";
import { bytesSource } from "./byte_source.ts";
import { PacketFile } from "./packet_file.ts";
import { TraceCode } from "./trace_code.ts";

/** What a packet holds. */
export interface PacketCount {
  /** Events in it. */
  readonly events: number;
  /** Bytes from its begin to the end of the last event. */
  readonly contentSize: number;
}

/** Counts the events of packets, of any stream of a trace, without a look at what else is in them. */
export class EventCounter {
  readonly #format: MetadataParser;
  readonly #code: TraceCode;

  /** Of the trace with this metadata, text or packets. A `CtfError` if it makes no sense. */
  constructor(metadata: Uint8Array) {
    this.#format = new MetadataParser(metadata);
    this.#code = new TraceCode(this.#format, false);
  }

  /** Takes more metadata, whole declarations. A `CtfError` if it makes no sense. */
  append(metadata: Uint8Array): void {
    this.#format.append(metadata);
    this.#code.update();
  }

  /** Counts the events of a whole packet. A `CtfError` if they cannot be told apart. */
  count(packet: Uint8Array): PacketCount {
    const source = bytesSource(packet);
    const packets = new PacketFile("", source, this.#format, this.#code, null, 0, packet);
    const head = packets.nextPacket();
    if (head === null) throw new CtfError("Cannot read a packet: it has no bytes", null, 0);
    let events = 0;
    while (packets.skipEvent()) events++;
    return { events, contentSize: Math.ceil((head.contentBits ?? 8 * packet.length) / 8) };
  }
}
