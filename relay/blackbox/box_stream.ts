import { type Address, PAGE_SIZE } from "../../hw/ram.ts";
import {
  PACKET_HEADER_SIZE,
  PACKET_MAGIC,
  type PacketEnd,
  packetView,
  readPacketInfo,
  readPacketUuid,
  writePacketEnd,
} from "../ctf/packet.ts";
import { openExtent, openIndex, type OpenSubbuf, peekOpenSubbuf, ringLost } from "../ring/peek.ts";
import type { RingMemory } from "../ring/ring_memory.ts";
import {
  assertRepairable,
  isStored,
  openSlots,
  type StoredSubbuf,
  storedSubbufs,
} from "../ring/stored_subbufs.ts";
import { RingWriter } from "../ring/writer.ts";
import { packetEnd } from "../trace/stream_client.ts";
import type { StreamState } from "../trace/stream_state.ts";
import type { BoxFile } from "./box_file.ts";
import { assertState, STATE_BEGIN, streamParts, type StreamPlace } from "./stream_parts.ts";

/** The stream of a CPU in a black box. What it says is checked; what cannot be is a `TypeError`. */
export class BoxStream {
  readonly #box: BoxFile;
  readonly #cpu: number;
  readonly #stateAddress: Address;
  readonly #memory: RingMemory;
  readonly #state: StreamState;
  /** Ends of packets that are only known here, by address of the header. */
  readonly #ends = new Map<Address, PacketEnd>();

  /** Takes the frames of a stream. */
  constructor(box: BoxFile, cpu: number, place: StreamPlace) {
    this.#box = box;
    this.#cpu = cpu;
    this.#stateAddress = place.state;
    const load = (address: Address, length: number): void => box.load(address, length);
    ({ state: this.#state, memory: this.#memory } = streamParts(box, box.ram, cpu, place, load));
  }

  /** Its state. */
  get state(): StreamState {
    return this.#state;
  }

  /** Name of the thread that wrote it. */
  get thread(): string {
    return this.#state.thread;
  }

  /** Slots that are reserved and not committed. */
  get openSlots(): number {
    return openSlots(this.#memory);
  }

  /** Events lost, without those of threads that had no CPU. */
  get discarded(): number {
    return this.#state.discardedNow(() => ringLost(this.#memory));
  }

  /**
   * Brings in order what the writer left: sub-buffers that it was in end at what was committed, the open
   * slots are counted as lost. In this thread's copy; the file stays as it is.
   */
  repair(): void {
    assertRepairable(this.#memory);
    const writer = new RingWriter(this.#memory, null, {
      headerSize: PACKET_HEADER_SIZE,
      bufferEnd: (header, dataSize, lost) => {
        this.#ends.set(header, packetEnd(this.#state, dataSize, this.#state.discard(lost)));
      },
    });
    writer.takeOver();
    writer.flush("dead");
  }

  /** Loads its words again: the program goes on. */
  reload(): void {
    const { records } = this.#memory;
    // The first page last: what it says was opened is not older than the rest.
    for (let i = records.length - 1; i >= 0; i--) {
      const page = records[i] * 4 & -PAGE_SIZE;
      if (i === 0 || page !== (records[i - 1] * 4 & -PAGE_SIZE)) this.#box.load(page, PAGE_SIZE);
    }
    this.#loadState();
  }

  /** The sub-buffers that are delivered, the oldest first. */
  get stored(): StoredSubbuf[] {
    return storedSubbufs(this.#memory);
  }

  /** Copies a sub-buffer to the start of `into`, which has room for it, and returns that. */
  copy({ index, dataSize }: StoredSubbuf, into: Uint8Array): Uint8Array {
    const packet = into.subarray(0, Math.ceil(dataSize / PAGE_SIZE) * PAGE_SIZE);
    let at = 0;
    for (const { byteOffset, length } of this.#memory.views(index, packet.length)) {
      this.#box.read(byteOffset, packet.subarray(at, at + length));
      at += length;
    }
    return packet;
  }

  /** Completes the packet that was copied from a sub-buffer; a `TypeError` if it is none of this stream. */
  complete({ seq, index, dataSize }: StoredSubbuf, packet: Uint8Array): void {
    const view = packetView(packet);
    const end = this.#ends.get(this.#memory.subbufAddress(index));
    if (end !== undefined) {
      // Behind an open slot the writer went on in the next sub-buffer, where later events are.
      const { timestampBegin } = readPacketInfo(view, 0);
      const before = Math.max(timestampBegin, this.#beginOf(seq + 1));
      writePacketEnd(view, 0, { ...end, timestampEnd: Math.min(end.timestampEnd, before) });
    }
    const info = readPacketInfo(view, 0);
    const is = [info.cpu, info.seq, info.contentSize, info.packetSize];
    const wanted = [this.#cpu, seq, dataSize, packet.length];
    const isWhole = is.every((value, i) => value === wanted[i]) &&
      info.timestampBegin <= info.timestampEnd &&
      readPacketUuid(view, 0).every((byte, i) => byte === this.#box.info.uuid[i]);
    if (!isWhole) {
      throw new TypeError(`Cannot read sub-buffer ${seq}: its packet's header is damaged`);
    }
  }

  /** Whether nothing was written over a sub-buffer of a living program before it was copied. */
  isWhole(stored: StoredSubbuf): boolean {
    const { records, control } = this.#memory;
    this.#box.load(records[stored.index] * 4 & -PAGE_SIZE, PAGE_SIZE);
    this.#box.load(control.byteOffset, PAGE_SIZE);
    return isStored(this.#memory, stored);
  }

  /**
   * Copies what a living program has committed to the sub-buffer that it is in, and then loads its state:
   * no event in the copy is younger. `null` when it is in none, or left it meanwhile.
   */
  peek(): OpenSubbuf | null {
    const open = openExtent(this.#memory);
    if (open === null || open.size === this.#memory.geometry.subbufSize) return null;
    const index = openIndex(this.#memory, open.position | 0);
    if (index === null) return null;
    for (const { byteOffset, length } of this.#memory.views(index, open.size)) {
      this.#box.load(byteOffset, length);
    }
    const copy = peekOpenSubbuf(this.#memory);
    this.#box.load(this.#memory.control.byteOffset, PAGE_SIZE);
    if (openExtent(this.#memory)?.position !== open.position) return null;
    this.#loadState();
    return copy;
  }

  /** When the packet of that number begins; infinity if there is none. */
  #beginOf(seq: number): number {
    const next = this.stored.find((one) => one.seq === seq);
    if (next === undefined) return Infinity;
    const page = this.copy({ ...next, dataSize: PACKET_HEADER_SIZE }, new Uint8Array(PAGE_SIZE));
    const view = new DataView(page.buffer);
    return view.getUint32(0, true) === PACKET_MAGIC
      ? readPacketInfo(view, 0).timestampBegin
      : Infinity;
  }

  #loadState(): void {
    this.#box.load(this.#stateAddress, STATE_BEGIN);
    assertState(this.#state);
  }
}
