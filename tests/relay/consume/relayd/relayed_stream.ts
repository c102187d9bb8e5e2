import { assertEquals } from "@std/assert";
import type { RelaydAddress } from "../../../../relay/consume/relayd/address.ts";
import {
  RelaydConsumer,
  type RelaydSurroundings,
} from "../../../../relay/consume/relayd/relayd_consumer.ts";
import {
  RelaydLink,
  type RelaydLinkOptions,
} from "../../../../relay/consume/relayd/relayd_link.ts";
import { numbersOf, type Packet, parsePackets, type StreamSetup, TestStream } from "../support.ts";
import type { FakeDaemon } from "./fake_daemon.ts";

export interface RelayedSetup extends StreamSetup {
  readonly link?: Partial<RelaydLinkOptions>;
  readonly around?: Partial<RelaydSurroundings>;
  /** CPUs that have a stream each, which a thread of its own would write. */
  readonly cpus?: number;
}

/** Streams that this thread records into, and that go to a daemon. */
export class RelayedStreams implements AsyncDisposable {
  readonly streams: readonly TestStream[];
  readonly link: RelaydLink;
  readonly consumer: RelaydConsumer;
  /** What the user was told. */
  readonly said: string[] = [];
  /** Rung, for each CPU, when there may be more. */
  readonly doorbells: Int32Array<SharedArrayBuffer>;
  #recorded = 0;
  #isClosed = false;

  static async open(address: RelaydAddress, setup: RelayedSetup = {}): Promise<RelayedStreams> {
    const link = await RelaydLink.open({
      address,
      name: "s",
      hostname: "h",
      path: "h/s",
      livePeriodMs: setup.around?.livePeriodMs ?? 0,
      retryMs: 1,
      ...setup.link,
    });
    return new RelayedStreams(link, setup);
  }

  private constructor(link: RelaydLink, { around, cpus = 1, ...setup }: RelayedSetup) {
    this.link = link;
    this.streams = Array.from({ length: cpus }, () => new TestStream(setup));
    const [{ source, channel }] = this.streams;
    this.doorbells = cpus === 1
      ? new Int32Array(channel.shared.doorbells)
      : new Int32Array(new SharedArrayBuffer(4 * cpus));
    this.consumer = new RelaydConsumer(link, {
      ...source,
      doorbells: this.doorbells,
      quietUntil: (cpu) => this.streams[cpu].time,
      livePeriodMs: 0,
      maxFileSize: 0,
      maxFiles: 0,
      spill: null,
      say: (text) => this.said.push(text),
      ...around,
    });
    for (const [cpu, { stream }] of this.streams.entries()) this.consumer.add({ ...stream, cpu });
  }

  /** Records so many numbers, that follow those before, in each stream. */
  record(count: number): void {
    for (const stream of this.streams) stream.record(this.#recorded, count);
    this.#recorded += count;
  }

  /** Numbers recorded in each stream. */
  get recorded(): number {
    return this.#recorded;
  }

  /** Events lost in a stream. */
  lost(cpu: number): number {
    return this.streams[cpu].lost;
  }

  /** Rejects when not everything was sent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.consumer.close();
    } finally {
      for (const stream of this.streams) stream[Symbol.dispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => {});
  }
}

/** Packets of a CPU that a daemon has, in all its sessions: those that came twice were the same. */
export function packetsOf(daemon: FakeDaemon, cpu: number): Packet[] {
  const packets: Packet[] = [];
  for (const stream of daemon.streams(`channel0_${cpu}`)) {
    for (const [i, bytes] of stream.packets.entries()) {
      const [packet] = parsePackets(bytes);
      assertIndex(packet, i, stream.indexes[i]);
      put(packets, packet);
    }
  }
  return packets;
}

/** Packets of two places, in order: those that are in both must be the same. */
export function mergePackets(some: readonly Packet[], others: readonly Packet[]): Packet[] {
  const packets = [...some];
  for (const packet of others) put(packets, packet);
  return packets;
}

function put(packets: Packet[], packet: Packet): void {
  const { seq } = packet;
  if (packets[seq] !== undefined) assertEquals(packet, packets[seq], `packet ${seq} came twice`);
  packets[seq] = packet;
}

/** An index says what the packet says. */
function assertIndex(packet: Packet, netSeq: number, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const said = Array.from({ length: 9 }, (_, i) => Number(view.getBigUint64(8 * (i + 1))));
  const { packetSize, contentSize, timestampBegin, timestampEnd, eventsDiscarded } = packet;
  const times = [timestampBegin, timestampEnd, eventsDiscarded];
  assertEquals(
    said,
    [netSeq, 8 * packetSize, 8 * contentSize, ...times, 0, packet.cpu, packet.seq],
    "index",
  );
}

/** Packets follow one on the other, from the first, and have what was recorded but what was lost. */
export function assertComplete(
  packets: readonly Packet[],
  streams: RelayedStreams,
  cpu: number,
): void {
  const missing = packets.findIndex((packet) => packet === undefined);
  assertEquals(missing, -1, `packet ${missing} of ${packets.length} of CPU ${cpu} is missing`);
  const numbers = numbersOf(packets);
  const lost = streams.lost(cpu);
  assertEquals(numbers.length + lost, streams.recorded, `recorded on CPU ${cpu}`);
  assertEquals(packets.at(-1)?.eventsDiscarded, lost, `lost on CPU ${cpu}`);
  if (lost === 0) assertEquals(numbers, numbers.map((_, i) => i));
}
