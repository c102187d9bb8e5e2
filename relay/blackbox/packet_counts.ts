import type { TraceOutput } from "../consume/trace_output.ts";
import { PACKET_HEADER_SIZE } from "../ctf/packet.ts";
import { EventCounter } from "../ctf/reader/event_counter.ts";

/** What packets held. */
export interface PacketCounts {
  /** Events in them. */
  readonly events: number;
  /** Packets with any. */
  readonly subbufs: number;
  /** Bytes of events. */
  readonly bytes: number;
}

const NONE: PacketCounts = { events: 0, subbufs: 0, bytes: 0 };

/**
 * An output that counts what goes through it to another one. A packet whose events cannot be told apart is
 * refused, with a `CtfError`, and not handed on.
 */
export class CountingOutput implements TraceOutput {
  /** The other one's. */
  readonly name: string;
  readonly #output: TraceOutput;
  #counter: EventCounter | null = null;
  readonly #counts = new Map<number, PacketCounts>();
  /** Of a stream's last packet, while the next one replaces it. */
  readonly #provisional = new Map<number, PacketCounts>();

  /** Hands everything on to `output`. */
  constructor(output: TraceOutput) {
    this.name = output.name;
    this.#output = output;
  }

  /** What went to the stream of a CPU. */
  counts(cpu: number): PacketCounts {
    return sum(this.#counts.get(cpu) ?? NONE, this.#provisional.get(cpu) ?? NONE);
  }

  /** Appends to the metadata; a `CtfError` when it makes no sense, and nothing is handed on. */
  metadata(bytes: Uint8Array): void {
    if (this.#counter === null) this.#counter = new EventCounter(bytes);
    else this.#counter.append(bytes);
    this.#output.metadata(bytes);
  }

  /** Appends a packet. */
  packet(cpu: number, pieces: readonly Uint8Array[]): void {
    const counts = this.#count(pieces);
    this.#output.packet(cpu, pieces);
    this.#provisional.delete(cpu);
    this.#counts.set(cpu, sum(this.#counts.get(cpu) ?? NONE, counts));
  }

  /** Appends a packet that the next one replaces. */
  provisional(cpu: number, packet: Uint8Array): void {
    const counts = this.#count([packet]);
    this.#output.provisional(cpu, packet);
    this.#provisional.set(cpu, counts);
  }

  /** Closes the other one. */
  close(): void {
    this.#output.close();
  }

  #count(pieces: readonly Uint8Array[]): PacketCounts {
    const packet = pieces.length === 1 ? pieces[0] : concat(pieces);
    const { events, contentSize } = this.#counter!.count(packet);
    if (events === 0) return NONE;
    return { events, subbufs: 1, bytes: contentSize - PACKET_HEADER_SIZE };
  }
}

function sum(a: PacketCounts, b: PacketCounts): PacketCounts {
  const { events, subbufs, bytes } = a;
  return { events: events + b.events, subbufs: subbufs + b.subbufs, bytes: bytes + b.bytes };
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
