import { GFP_KERNEL, Machine, PAGE_SIZE, pageAddress } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { RingChannel, type RingWriter, ringWriter } from "@ltt/relay/ring";
import { string, u32 } from "@ltt/relay/trace";
import { Registry } from "../../../relay/trace/registry.ts";
import { REGISTRY_SIZE } from "../../../relay/trace/registry_layout.ts";
import { STREAM_STATE_SIZE, StreamState } from "../../../relay/trace/stream_state.ts";
import { StreamClient } from "../../../relay/trace/stream_client.ts";
import { Tracer } from "../../../relay/trace/tracer.ts";
import { PACKET_HEADER_SIZE, type PacketInfo, readPacketInfo, traceMetadata } from "@ltt/relay/ctf";
import { assertEquals } from "@std/assert";
import type { ConsumedStream, MetadataSource, TraceOutput } from "../../../relay/consume/mod.ts";
import { startAt } from "../ring/support.ts";

/** What stream to make. */
export interface StreamSetup {
  readonly subbufSize?: number;
  readonly nSubbufs?: number;
  readonly mode?: "discard" | "overwrite";
  /** Number of the first sub-buffer, as if those before had been written and read. */
  readonly firstSeq?: number;
}

const UUID = Uint8Array.from({ length: 16 }, (_, i) => i);

/** A stream of CPU 0 that this thread records into, and reads. */
export class TestStream implements Disposable {
  readonly channel: RingChannel;
  readonly writer: RingWriter;
  readonly tracer: Tracer;
  readonly stream: ConsumedStream;
  readonly source: MetadataSource;
  /** Records a number, in an event of as many bytes more. */
  readonly event: (n: number, text: string) => void;
  /** Events lost in other ways than by the ring. */
  alsoLost = 0;
  time = 1000;

  constructor(
    { subbufSize = PAGE_SIZE, nSubbufs = 4, mode = "discard", firstSeq = 0 }: StreamSetup = {},
  ) {
    const machine = new Machine({ nodes: [4096], cpus: 2, online: [0, 1] });
    const { buffer } = machine.ram;
    const allocate = (size: number): number =>
      pageAddress(machine.pages.allocPages(GFP_KERNEL, Math.log2(size / PAGE_SIZE)));
    const clock = { name: "c", description: "", offsetNs: 0n };
    const metadata = traceMetadata({ uuid: UUID, env: { hostname: "h" }, clock, eventContext: [] });
    const registry = Registry.create(buffer, allocate(REGISTRY_SIZE), metadata);
    const states = [0, 1].map(() => new StreamState(buffer, allocate(STREAM_STATE_SIZE)));
    this.channel = RingChannel.open(Relay.start(machine), {
      baseFilename: "t",
      subbufSize,
      nSubbufs,
      mode,
      client: (cpu) => new StreamClient(buffer, states[cpu], UUID, cpu),
    });
    const [ring, idleRing] = this.channel.buf;
    if (firstSeq > 0) startAt(ring!.memory, firstSeq);
    this.writer = ring!.writer;
    this.source = { uuid: UUID, registry };
    this.stream = {
      cpu: 0,
      reader: ring!.reader(),
      memory: ring!.memory,
      state: states[0],
      alsoLost: () => this.alsoLost,
    };
    this.tracer = new Tracer({
      ram: buffer,
      registry,
      clock: { name: "test", now: () => this.time++ },
      subbufSize,
      contextFields: [],
      idle: ringWriter(idleRing!.descriptor, new StreamClient(buffer, states[1], UUID, 1)),
    });
    this.tracer.stream.attach(this.writer, states[0]);
    registry.active = true;
    this.event = this.tracer.tracepoint("t:text", u32("n"), string("text"));
  }

  /** Records numbers from `from` on, each in an event of 100 bytes more or less. */
  record(from: number, count: number): void {
    for (let n = from; n < from + count; n++) this.event(n, "x".repeat(80 + n % 7));
  }

  /** Events lost so far. */
  get lost(): number {
    return Object.values(this.writer.lost).reduce((sum, count) => sum + count, 0);
  }

  [Symbol.dispose](): void {
    this.stream.reader.close();
    this.channel[Symbol.dispose]();
  }
}

/** A packet, taken apart. */
export interface Packet extends PacketInfo {
  /** Fields `n` of its events, which are all of the tracepoint with number 0. */
  readonly numbers: readonly number[];
}

/** Takes packets apart that stand one behind the other; fails unless they are whole. */
export function parsePackets(bytes: Uint8Array): Packet[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const info = readPacketInfo(view, at);
    const numbers: number[] = [];
    const end = at + info.contentSize;
    if (at + info.packetSize > bytes.length) throw new RangeError(`Cut packet at ${at}`);
    for (let event = at + PACKET_HEADER_SIZE; event < end;) {
      const isExtended = view.getUint16(event, true) === 65_535;
      const id = isExtended ? view.getUint32(event + 2, true) : view.getUint16(event, true);
      assertEquals(id, 0, `event at ${event - at} of packet ${info.seq}`);
      const fields = event + (isExtended ? 14 : 6);
      numbers.push(view.getUint32(fields, true));
      event = bytes.indexOf(0, fields + 4) + 1;
      if (event > end) throw new RangeError(`Event beyond the end of packet ${info.seq}`);
    }
    packets.push({ ...info, numbers });
    at += info.packetSize;
  }
  return packets;
}

/** Numbers in packets, which must follow one on the other, and their times too. */
export function numbersOf(packets: readonly Packet[]): number[] {
  for (const [i, packet] of packets.entries()) {
    if (i === 0) continue;
    const before = packets[i - 1];
    assertEquals(packet.seq, before.seq + 1, "packet_seq_num");
    if (packet.timestampBegin < before.timestampEnd) throw new RangeError("Time goes back");
    if (packet.eventsDiscarded < before.eventsDiscarded) throw new RangeError("Fewer discarded");
  }
  return packets.flatMap(({ numbers }) => numbers);
}

/** Keeps what is written. It can be told to fail. */
export class MemoryOutput implements TraceOutput {
  readonly name = "memory";
  /** What was called, in order. */
  readonly calls: string[] = [];
  readonly packets: Packet[] = [];
  text = "";
  last: Packet | null = null;
  isClosed = false;
  /** Calls that succeed. */
  room = Infinity;

  metadata(bytes: Uint8Array): void {
    this.#call("metadata");
    this.text += new TextDecoder().decode(bytes);
  }

  packet(_cpu: number, pieces: readonly Uint8Array[]): void {
    this.#call("packet");
    this.packets.push(...parsePackets(Uint8Array.from(pieces.flatMap((piece) => [...piece]))));
    this.last = null;
  }

  provisional(_cpu: number, packet: Uint8Array): void {
    this.#call("provisional");
    [this.last] = parsePackets(packet);
  }

  close(): void {
    this.isClosed = true;
    this.#call("close");
  }

  /** All packets a reader would find. */
  get all(): Packet[] {
    return this.last === null ? this.packets : [...this.packets, this.last];
  }

  #call(name: string): void {
    if (this.room-- <= 0) throw new Error("No space left");
    this.calls.push(name);
  }
}
