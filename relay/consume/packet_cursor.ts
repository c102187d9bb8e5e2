import { EXTENDED_HEADER_SIZE, EXTENDED_ID } from "../ctf/event_header.ts";
import {
  PACKET_HEADER_SIZE,
  type PacketInfo,
  packetView,
  readPacketInfo,
  writePacketBegin,
  writePacketEnd,
} from "../ctf/packet.ts";
import { openExtent, ringLost } from "../ring/peek.ts";
import type { ConsumedStream } from "./consumer.ts";

/** Looks at a stream whose writer has recorded an event each time meanwhile. */
const TRIES = 1000;

/** A packet of a stream. */
export interface CutPacket {
  /** What its header says. */
  readonly info: PacketInfo;
  /** Its bytes: a header of its own, then RAM itself, which stays until the packet is released. */
  readonly pieces: readonly Uint8Array[];
}

/** What of the sub-buffer that the writer is in can be taken. */
interface Uncut {
  /** Bytes that are committed. */
  readonly size: number;
  /** The time up to which they hold everything. */
  readonly time: number;
}

/**
 * Takes packets of a stream from its ring without waiting for whole sub-buffers, and without consuming
 * them: what is committed in the open one can be cut off as a packet, the rest of it comes later. What
 * was taken stays in RAM until it is released, so it can be sent twice. The first packet is empty: a
 * reader counts losses from there. For rings in discard mode, on the reader's thread.
 *
 * A packet begins where the one before ends. No two begin at the same time, unless the clock has not
 * moved: who puts packets of several files in order, and drops those that come twice, goes by that.
 */
export class PacketCursor {
  readonly #stream: ConsumedStream;
  readonly #uuid: Uint8Array;
  /** Those taken and not released, the oldest first. */
  readonly #unreleased: CutPacket[] = [];
  /** Sub-buffers that are the writer's again when these are released. */
  readonly #ending: number[] = [];
  /** Start of the sub-buffer it is in. */
  #position: number;
  /** Bytes of that which are in packets. */
  #taken = PACKET_HEADER_SIZE;
  /** Nothing older comes. */
  #time: number;
  /** Where the packet taken last begins. */
  #begin = -1;
  #nextSeq = 0;
  #discarded = 0;

  /** Begins with what is not consumed, and takes the first packet. */
  constructor(stream: ConsumedStream, uuid: Uint8Array) {
    this.#stream = stream;
    this.#uuid = uuid;
    this.#position = stream.reader.snapshot().consumed;
    // Before it is seen whether there are events: those that come later are not older.
    const [time] = stream.state.times;
    this.#time = Math.max(Math.min(time, this.#firstTime()) - 1, 0);
    this.takeEmpty();
  }

  /** Packets taken and not released, the oldest first. */
  get unreleased(): readonly CutPacket[] {
    return this.#unreleased;
  }

  /** Nothing older comes. */
  get time(): number {
    return this.#time;
  }

  /**
   * Says that nothing older than `time` comes that is not committed by now. Answers whether that was
   * not known; `false` too when there is something to take first.
   */
  advance(time: number): boolean {
    const uncut = this.#uncut();
    // An empty packet that ends here is older than the next event, if that comes at `time`.
    if (time - 1 <= this.#time || uncut === null || uncut.size > this.#taken) return false;
    this.#time = time - 1;
    return true;
  }

  /** Takes the next packet of the sub-buffers that are delivered; `null` when all are taken. */
  next(): CutPacket | null {
    const { reader, memory, alsoLost } = this.#stream;
    for (;;) {
      const subbuf = reader.getSubbuf(this.#position);
      if (subbuf === null) return null;
      reader.putSubbuf();
      const { timestampEnd, eventsDiscarded } = this.#header();
      const content = this.#contentTo(subbuf.dataSize);
      this.#position = (subbuf.position + memory.geometry.subbufSize) >>> 0;
      this.#taken = PACKET_HEADER_SIZE;
      const discarded = eventsDiscarded + alsoLost();
      const isNews = content.length > 0 || discarded > this.#discarded;
      const packet = isNews ? this.#take(content, timestampEnd, discarded) : null;
      if (this.#unreleased.length === 0) this.#consume();
      else this.#ending[this.#ending.length - 1]++;
      if (packet !== null) return packet;
    }
  }

  /**
   * Takes what is committed of the sub-buffer that the writer is in, and in no packet yet; an empty
   * packet if only events were lost and `tellsLosses`. `null` when there is nothing new, or sub-buffers
   * are to be taken first.
   */
  cut(tellsLosses: boolean = true): CutPacket | null {
    const { memory, state, alsoLost } = this.#stream;
    const uncut = this.#uncut();
    if (uncut === null) return null;
    const { size, time } = uncut;
    const discarded = state.discardedNow(() => ringLost(memory)) + alsoLost();
    const isNews = size > this.#taken || (tellsLosses && discarded > this.#discarded);
    if (!isNews) return null;
    const content = this.#contentTo(size);
    this.#taken = size;
    return this.#take(content, time, discarded);
  }

  /** Takes a packet without events. */
  takeEmpty(): CutPacket {
    return this.#take([], this.#time, this.#discarded);
  }

  /** Whether a sub-buffer is full that is about to be delivered. */
  get isClosing(): boolean {
    const { memory } = this.#stream;
    const open = openExtent(memory);
    return open?.position === this.#position && open.size === memory.geometry.subbufSize;
  }

  /** Whether sub-buffers are delivered that are not taken. */
  get isBehind(): boolean {
    const { reader } = this.#stream;
    if (reader.getSubbuf(this.#position) === null) return false;
    reader.putSubbuf();
    return true;
  }

  /** Releases the oldest packet: what of RAM it was the last of is the writer's again. */
  release(): void {
    this.#unreleased.shift();
    for (let subbufs = this.#ending.shift()!; subbufs > 0; subbufs--) this.#consume();
  }

  #consume(): void {
    const { reader } = this.#stream;
    if (reader.getNextSubbuf() !== null) reader.putNextSubbuf();
  }

  /** `null` when sub-buffers are to be taken first, or the writer is too fast to tell. */
  #uncut(): Uncut | null {
    const { memory, state } = this.#stream;
    const { subbufSize } = memory.geometry;
    for (let tries = 0; tries < TRIES; tries++) {
      const [time] = state.times;
      const open = openExtent(memory);
      // An event's time is stored before it is committed: those not committed are not older.
      if (state.times[0] !== time) continue;
      if (open === null) return this.isBehind ? null : { size: this.#taken, time: this.#time };
      const { position, size } = open;
      if (position === this.#position) return size < subbufSize ? { size, time } : null;
      // The writer is in none: it has opened the one that was taken last.
      const isTaken = ((position + subbufSize) >>> 0) === this.#position && size === subbufSize;
      return isTaken ? { size: this.#taken, time } : null;
    }
    return null;
  }

  /** A time that the first event is not older than; Infinity when there is none. */
  #firstTime(): number {
    const isOpen = openExtent(this.#stream.memory)?.position === this.#position;
    return isOpen || this.isBehind ? this.#header().timestampBegin : Infinity;
  }

  /** What stands before the sub-buffer it is in. */
  #header(): PacketInfo {
    const { memory } = this.#stream;
    const index = memory.geometry.subbufIndex(this.#position);
    const [header] = memory.views(index, PACKET_HEADER_SIZE);
    return readPacketInfo(packetView(header), 0);
  }

  #contentTo(size: number): Uint8Array[] {
    const { memory } = this.#stream;
    const views = memory.views(memory.geometry.subbufIndex(this.#position), size);
    let before = 0;
    return views.flatMap((view) => {
      const begin = Math.max(this.#taken - before, 0);
      before += view.length;
      return begin < view.length ? [view.subarray(begin)] : [];
    });
  }

  #take(
    content: readonly Uint8Array[],
    timestampEnd: number,
    eventsDiscarded: number,
  ): CutPacket {
    const end = Math.max(this.#time, timestampEnd);
    const latest = content.length === 0 ? end : firstEventTime(content, this.#time);
    const begin = this.#time > this.#begin ? this.#time : Math.min(this.#begin + 1, latest);
    this.#begin = begin;
    this.#time = end;
    this.#discarded = Math.max(this.#discarded, eventsDiscarded);
    const contentSize = content.reduce((sum, { length }) => sum + length, PACKET_HEADER_SIZE);
    const info = {
      cpu: this.#stream.cpu,
      seq: this.#nextSeq++,
      timestampBegin: begin,
      timestampEnd: this.#time,
      contentSize,
      packetSize: contentSize,
      eventsDiscarded: this.#discarded,
    };
    const header = new Uint8Array(PACKET_HEADER_SIZE);
    const view = new DataView(header.buffer);
    writePacketBegin(view, 0, { uuid: this.#uuid, ...info });
    writePacketEnd(view, 0, info);
    const packet = { info, pieces: [header, ...content] };
    this.#unreleased.push(packet);
    this.#ending.push(0);
    return packet;
  }
}

/** Time of the first event in some bytes, which is not older than `time`. */
function firstEventTime(content: readonly Uint8Array[], time: number): number {
  const header = new Uint8Array(EXTENDED_HEADER_SIZE);
  let size = 0;
  for (const piece of content) {
    const part = piece.subarray(0, EXTENDED_HEADER_SIZE - size);
    header.set(part, size);
    size += part.length;
  }
  const view = new DataView(header.buffer);
  if (view.getUint16(0, true) === EXTENDED_ID) {
    return view.getUint32(6, true) + view.getUint32(10, true) * 2 ** 32;
  }
  // The low half: nothing is older than `time`, so it is the first such time from there on.
  return time + ((view.getUint32(2, true) - time) >>> 0);
}
