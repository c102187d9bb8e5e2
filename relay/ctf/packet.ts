/**
 * The start of a packet: LTTng's packet header and packet context, little-endian and without gaps.
 *
 * ```text
 *  header     0  u32 magic  0xC1FC1FC1        context  32  u64 timestamp_begin
 *             4  u8  uuid[16]                          40  u64 timestamp_end
 *            20  u32 stream_id                         48  u64 content_size    bits, header included
 *            24  u64 stream_instance_id                56  u64 packet_size     bits, padding included
 *                                                      64  u64 packet_seq_num
 *                                                      72  u64 events_discarded, all so far
 *                                                      80  u32 cpu_id
 *  events    84  …
 * ```
 *
 * @module
 */

/** First word of a packet. CTF 1.8, 5.1. */
export const PACKET_MAGIC: number = 0xc1fc1fc1;
/** Bytes of packet header and packet context. */
export const PACKET_HEADER_SIZE: number = 84;

const UUID = 4;
const STREAM_ID = 20;
const STREAM_INSTANCE_ID = 24;
const TIMESTAMP_BEGIN = 32;
const TIMESTAMP_END = 40;
const CONTENT_SIZE = 48;
const PACKET_SIZE = 56;
const PACKET_SEQ_NUM = 64;
const EVENTS_DISCARDED = 72;
const CPU_ID = 80;

/** What is known of a packet when its first byte is written. */
export interface PacketBegin {
  /** The trace it belongs to. */
  readonly uuid: Uint8Array;
  /** The CPU, whose stream it belongs to. */
  readonly cpu: number;
  /** Its number in the stream, from 0. */
  readonly seq: number;
  /** No event in it is older, in the clock's units. */
  readonly timestampBegin: number;
}

/** What is known of a packet when its last event is written. */
export interface PacketEnd {
  /** No event in it is younger. */
  readonly timestampEnd: number;
  /** Bytes from the start to the end of the last event. */
  readonly contentSize: number;
  /** Bytes of the whole packet. */
  readonly packetSize: number;
  /** Events lost in the stream since it began. */
  readonly eventsDiscarded: number;
}

/** What the start of a packet says. */
export interface PacketInfo extends PacketEnd {
  /** Its stream's CPU. */
  readonly cpu: number;
  /** Its number in the stream, from 0. */
  readonly seq: number;
  /** No event in it is older. */
  readonly timestampBegin: number;
}

/** Writes what is known at the beginning of a packet that starts at byte `at`. */
export function writePacketBegin(view: DataView, at: number, packet: PacketBegin): void {
  view.setUint32(at, PACKET_MAGIC, true);
  for (let i = 0; i < 16; i++) view.setUint8(at + UUID + i, packet.uuid[i]);
  view.setUint32(at + STREAM_ID, 0, true);
  setUint64(view, at + STREAM_INSTANCE_ID, packet.cpu);
  setUint64(view, at + TIMESTAMP_BEGIN, packet.timestampBegin);
  setUint64(view, at + PACKET_SEQ_NUM, packet.seq);
  view.setUint32(at + CPU_ID, packet.cpu, true);
}

/** Writes what is known at the end of a packet that starts at byte `at`. */
export function writePacketEnd(view: DataView, at: number, packet: PacketEnd): void {
  setUint64(view, at + TIMESTAMP_END, packet.timestampEnd);
  setUint64(view, at + CONTENT_SIZE, 8 * packet.contentSize);
  setUint64(view, at + PACKET_SIZE, 8 * packet.packetSize);
  setUint64(view, at + EVENTS_DISCARDED, packet.eventsDiscarded);
}

/** The bytes of a packet, as what the functions here take. */
export function packetView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Reads the start of a packet at byte `at`. A `TypeError` if there is none. */
export function readPacketInfo(view: DataView, at: number): PacketInfo {
  if (view.byteLength - at < PACKET_HEADER_SIZE || view.getUint32(at, true) !== PACKET_MAGIC) {
    throw new TypeError(`Cannot read a packet at byte ${at}: none begins there`);
  }
  return {
    cpu: view.getUint32(at + CPU_ID, true),
    seq: getUint64(view, at + PACKET_SEQ_NUM),
    timestampBegin: getUint64(view, at + TIMESTAMP_BEGIN),
    timestampEnd: getUint64(view, at + TIMESTAMP_END),
    contentSize: getUint64(view, at + CONTENT_SIZE) / 8,
    packetSize: getUint64(view, at + PACKET_SIZE) / 8,
    eventsDiscarded: getUint64(view, at + EVENTS_DISCARDED),
  };
}

/** The trace that the packet at byte `at` belongs to. */
export function readPacketUuid(view: DataView, at: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at + UUID, 16);
}

function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value / 2 ** 32, true);
}

function getUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
