import { PAGE_SIZE } from "../../hw/ram.ts";
import { closedPacket, emptyPacket } from "../consume/closed_packet.ts";
import type { TraceOutput } from "../consume/trace_output.ts";
import { PACKET_HEADER_SIZE, packetView, readPacketInfo } from "../ctf/packet.ts";
import { Registry } from "../trace/registry.ts";
import { REGISTRY_SIZE } from "../trace/registry_layout.ts";
import type { BoxFile } from "./box_file.ts";
import { BoxStream } from "./box_stream.ts";
import { Faults } from "./faults.ts";
import { CountingOutput, type PacketCounts } from "./packet_counts.ts";
import type { StreamPlace } from "./stream_parts.ts";

/** Looks at a stream of a living program, which has delivered a sub-buffer each time meanwhile. */
const TRIES = 4;

/** What was found of the stream of a CPU. */
export interface RecoveredStream extends PacketCounts {
  /** Its CPU. */
  readonly cpu: number;
  /** Name of the thread that wrote it. */
  readonly thread: string;
  /** Slots that were reserved and not committed. */
  readonly openSlots: number;
  /** Events lost since the stream began, those in open slots included. */
  readonly lost: number;
}

/** What was found in a black box. */
export interface Recovered {
  /** Streams with anything in them, by CPU. */
  readonly streams: readonly RecoveredStream[];
  /** What is damaged and was left out: the first of it, each a sentence. */
  readonly faults: readonly string[];
  /** How many such faults there are. */
  readonly faultCount: number;
  /** Whether nothing is left to be taken: the program has ended. */
  readonly isAll: boolean;
}

/**
 * Takes the trace out of a black box to an output, a packet at a time: every sub-buffer that was delivered
 * and not written over, and of those being written what was committed. What is damaged is left out and
 * told. Of a program that `isLive` it takes what is there at the moment, and does not disturb it. What the
 * output throws is thrown; the trace's metadata cannot be done without, so is a `TypeError` for that.
 */
export function recover(box: BoxFile, output: TraceOutput, isLive: boolean): Recovered {
  return new Recovery(box, output, isLive).run();
}

class Recovery {
  readonly #box: BoxFile;
  readonly #output: CountingOutput;
  readonly #isLive: boolean;
  #registry: Registry;
  #metadataLength = 0;
  readonly #faults = new Faults();
  /** What packets are copied to, one at a time. */
  #packet = new Uint8Array(0);

  constructor(box: BoxFile, output: TraceOutput, isLive: boolean) {
    this.#box = box;
    this.#output = new CountingOutput(output);
    this.#isLive = isLive;
    box.claim(box.info.registryPfn, REGISTRY_SIZE / PAGE_SIZE, "registry");
    this.#registry = this.#loadRegistry();
    this.#appendMetadata();
  }

  run(): Recovered {
    const streams: RecoveredStream[] = [];
    for (let cpu = 0; cpu < this.#box.info.cpus; cpu++) {
      const place = this.#registry.stream(cpu);
      // Its CPU was about to come up.
      if (place === null || place.control === 0) continue;
      this.#faults.sparing(cpu, () => {
        const found = this.#stream(cpu, place);
        if (found.subbufs > 0 || found.lost > 0) streams.push(found);
      });
    }
    const { told: faults, count: faultCount } = this.#faults;
    return { streams, faults, faultCount, isAll: !this.#isLive };
  }

  #stream(cpu: number, place: StreamPlace): RecoveredStream {
    const stream = new BoxStream(this.#box, cpu, place);
    const { openSlots } = stream;
    const last = this.#isLive ? this.#takeLive(cpu, stream) : this.#takeDead(cpu, stream);
    const isLastCpu = cpu === this.#box.info.cpus - 1;
    const lost = stream.discarded + (isLastCpu ? this.#registry.unattached : 0);
    if (lost > (last.eventsDiscarded ?? 0)) {
      const empty = (seq: number, lost: number): void => {
        const [timestampBegin] = stream.state.times;
        const begin = { uuid: this.#box.info.uuid, cpu, seq, timestampBegin };
        this.#output.packet(cpu, [emptyPacket(begin, stream.state, lost)]);
      };
      // Babeltrace gives no number for losses in the first packet of a stream. A program that goes on
      // will have a packet of that number.
      const isFirst = last.eventsDiscarded === null && !this.#isLive;
      if (isFirst) empty(last.seq + 1, 0);
      empty(last.seq + (isFirst ? 2 : 1), lost);
    }
    return { cpu, thread: stream.thread, ...this.#output.counts(cpu), openSlots, lost };
  }

  #takeDead(cpu: number, stream: BoxStream): Progress {
    stream.repair();
    return this.#takeStored(cpu, stream, NONE);
  }

  #takeLive(cpu: number, stream: BoxStream): Progress {
    let last = NONE;
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0) stream.reload();
      last = this.#takeStored(cpu, stream, last);
      const open = stream.peek();
      // What was delivered meanwhile comes first, unless the program is too fast.
      if (open === null || (open.seq > last.seq + 1 && tries < TRIES - 1)) continue;
      if (open.seq <= last.seq || open.bytes.length === PACKET_HEADER_SIZE) return last;
      const packet = closedPacket(open.bytes, stream.state, stream.discarded);
      return { seq: open.seq, eventsDiscarded: this.#write(cpu, packet) };
    }
    return last;
  }

  /** Writes what is delivered behind the packet that was looked at last. */
  #takeStored(cpu: number, stream: BoxStream, last: Progress): Progress {
    let { eventsDiscarded } = last;
    let { seq } = last;
    for (const stored of stream.stored) {
      if (stored.seq <= seq) continue;
      seq = stored.seq;
      this.#faults.sparing(cpu, () => {
        const packet = stream.copy(stored, this.#room(stored.dataSize));
        if (this.#isLive && !stream.isWhole(stored)) return;
        stream.complete(stored, packet);
        eventsDiscarded = this.#write(cpu, packet);
      });
    }
    return { seq, eventsDiscarded };
  }

  /** Writes a packet; says how many events were lost by then. */
  #write(cpu: number, packet: Uint8Array): number {
    if (this.#isLive) {
      // Tracepoints are declared before their events are recorded.
      this.#registry = this.#loadRegistry();
      this.#appendMetadata();
    }
    this.#output.packet(cpu, [packet]);
    return readPacketInfo(packetView(packet), 0).eventsDiscarded;
  }

  #loadRegistry(): Registry {
    const address = this.#box.info.registryPfn * PAGE_SIZE;
    return Registry.checked(this.#box.ram, address, (at, length) => this.#box.load(at, length));
  }

  #appendMetadata(): void {
    const bytes = this.#registry.metadata(this.#metadataLength);
    if (bytes.length === 0) return;
    this.#output.metadata(bytes);
    this.#metadataLength += bytes.length;
  }

  /** Room for a packet of so many bytes. */
  #room(size: number): Uint8Array {
    const length = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
    if (this.#packet.length < length) this.#packet = new Uint8Array(length);
    return this.#packet;
  }
}

/** How far a stream was taken. */
interface Progress {
  /** Number of the packet that was looked at last. */
  readonly seq: number;
  /** Events lost by the packet that was written last; `null` if none was. */
  readonly eventsDiscarded: number | null;
}
const NONE: Progress = { seq: -1, eventsDiscarded: null };
