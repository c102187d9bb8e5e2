import type { CtfError } from "../ctf_error.ts";
import { DecodeState } from "./decode_state.ts";
import { MetadataParser } from "../tsdl/metadata_parser.ts";
import { type PacketHead, readPacketHead } from "./packet_head.ts";
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
  readonly #state = new DecodeState(null);

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
    const state = this.#state;
    state.load(packet, null, 0);
    try {
      const head = readPacketHead(state, this.#format, this.#code);
      if (head === null) throw state.error("Cannot read a packet: its begin is cut off", 0);
      const contentBits = head.contentBits ?? 8 * packet.length;
      if ((head.packetSize ?? packet.length) > packet.length) {
        const there = `of ${head.packetSize} bytes only ${packet.length} are there`;
        throw state.error(`Cannot read a packet: ${there}`, 0);
      }
      return { events: this.#events(head, contentBits), contentSize: Math.ceil(contentBits / 8) };
    } finally {
      state.load(new Uint8Array(0), null, 0);
    }
  }

  #events({ code, eventsAt }: PacketHead, contentBits: number): number {
    const state = this.#state;
    const { header, isBytewise, stream } = code;
    const end = Math.ceil(contentBits / 8);
    const [only] = stream.events.size === 1 ? stream.events.keys() : [0];
    state.elementsLeft = 65_536 + 2 * contentBits;
    let at = eventsAt;
    if (isBytewise && state.bit > 0) {
      at++;
      state.bit = 0;
    }
    let events = 0;
    for (let bits = at * 8 + state.bit; bits < contentBits; events++) {
      state.id = only;
      state.elements = 0;
      let next = header(state, at, end);
      if (next >= 0) {
        const skip = code.event(state.id);
        if (skip === null) throw unknownEvent(state, at);
        next = skip(state, next, end);
      }
      if (next < 0) throw endlessEvent(state, at);
      const after = next * 8 + state.bit;
      if (after <= bits) throw state.error("Cannot read an event: it has no size", at);
      bits = after;
      at = next;
    }
    return events;
  }
}

/** An error about an event at a byte, whose number the metadata does not have. */
function unknownEvent(state: DecodeState, at: number): CtfError {
  return state.error(`Cannot read an event: number ${state.id} is unknown`, at);
}

/** An error about an event at a byte, which goes on behind the end of its packet. */
function endlessEvent(state: DecodeState, at: number): CtfError {
  return state.error("Cannot read an event: it goes on behind the packet's content", at);
}
