/**
 * What a producer and `lttng-relayd` say to each other, version 2.10 of the protocol: all numbers
 * big-endian, nothing between them, texts of a fixed length filled up with zeros.
 *
 * ```text
 *  control   0  u64 circuit_id, 0        data   0  u64 circuit_id, 0
 *  header    8  u64 bytes that follow    header 8  u64 stream
 *           16  u32 command                    16  u64 number of the packet in the stream, from 0
 *           20  u32 version, 0                 24  u32 bytes that follow
 *           24  …                              28  u32 zeros the daemon is to add
 *                                              32  …
 * ```
 *
 * Replies have no header; each has the length its request knows. Data has no reply. Source:
 * lttng-tools 2.13, `src/common/sessiond-comm/relayd.h`.
 *
 * @module
 */
import type { PacketInfo } from "../../ctf/packet.ts";

/** Version of the protocol that is spoken: messages of fixed length, any daemon from 2.4 on takes it. */
export const RELAYD_VERSION: { readonly major: number; readonly minor: number } = {
  major: 2,
  minor: 10,
};
/** Bytes of a data header. */
export const DATA_HEADER_SIZE: number = 32;
/** Answer of a daemon that did what was asked. LTTng, `lttng_error_code`. */
const LTTNG_OK = 10;

const CONTROL_HEADER_SIZE = 24;
const NAME_SIZE = 255;
const HOSTNAME_SIZE = 64;
const CHANNEL_SIZE = 264;
const PATH_SIZE = 4096;
/** More files than a directory can reasonably have. */
const MANY_FILES = 2 ** 20;
/** In the place of a packet's number: there is none. */
const NO_PACKET = 2n ** 64n - 1n;

const ADD_STREAM = 1;
const CREATE_SESSION = 2;
const VERSION = 5;
const SEND_METADATA = 6;
const CLOSE_STREAM = 7;
const DATA_PENDING = 8;
const SEND_INDEX = 13;
const STREAMS_SENT = 16;

const encoder = new TextEncoder();

/** What is sent on the control connection. */
export interface ControlRequest {
  /** What is asked, for errors. */
  readonly what: string;
  /** Header and all. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the reply; 0 for a request that has none. */
  readonly replySize: number;
}

/** A session as the daemon makes it. */
export interface RelayedSession {
  /** Its name, for viewers: 1 to 254 bytes, without "/" and not beginning with ".". */
  readonly name: string;
  /** Where it comes from; cut at 63 bytes. */
  readonly hostname: string;
  /** Microseconds between two looks of a live session; 0 for one that is not live. */
  readonly liveTimerUs: number;
}

/** A stream as the daemon makes it. */
export interface RelayedStream {
  /** Name of its file; `metadata` is that of the metadata. */
  readonly channel: string;
  /** Directory of the trace, below the daemon's output. */
  readonly path: string;
  /** Bytes a file may have; 0 for any number. */
  readonly maxFileSize: number;
  /** Files it may have, the oldest of which is written over; 0 for any number. */
  readonly maxFiles: number;
}

/** Asks for the daemon's version. Its reply: u32 major, u32 minor. */
export function versionRequest(): ControlRequest {
  return request("version", VERSION, 8, 8, (view, at) => {
    view.setUint32(at, RELAYD_VERSION.major);
    view.setUint32(at + 4, RELAYD_VERSION.minor);
  });
}

/** Makes the session of the connection. Its reply: u64 session, u32 code. */
export function createSessionRequest(session: RelayedSession): ControlRequest {
  const size = NAME_SIZE + HOSTNAME_SIZE + 8;
  return request("a session", CREATE_SESSION, size, 12, (view, at) => {
    setText(view, at, NAME_SIZE, session.name);
    setText(view, at + NAME_SIZE, HOSTNAME_SIZE, session.hostname);
    view.setUint32(at + NAME_SIZE + HOSTNAME_SIZE, session.liveTimerUs);
  });
}

/** Makes a stream. Its reply: u64 stream, u32 code. */
export function addStreamRequest(stream: RelayedStream): ControlRequest {
  const size = CHANNEL_SIZE + PATH_SIZE + 16;
  return request(`stream ${stream.channel}`, ADD_STREAM, size, 12, (view, at) => {
    setText(view, at, CHANNEL_SIZE, stream.channel);
    setText(view, at + CHANNEL_SIZE, PATH_SIZE, stream.path);
    const { maxFileSize, maxFiles } = stream;
    // A daemon that is to make files of a size, but any number of them, divides by their number.
    const files = maxFileSize > 0 && maxFiles === 0 ? MANY_FILES : maxFiles;
    setUint64(view, at + CHANNEL_SIZE + PATH_SIZE, maxFileSize);
    setUint64(view, at + CHANNEL_SIZE + PATH_SIZE + 8, files);
  });
}

/** Shows the streams made so far to viewers. Its reply: u32 code. */
export function streamsSentRequest(): ControlRequest {
  return request("streams to be shown", STREAMS_SENT, 0, 4, () => {});
}

/** Appends to the metadata. It has no reply. */
export function metadataRequest(stream: bigint, text: Uint8Array): ControlRequest {
  return request("metadata", SEND_METADATA, 12 + text.length, 0, (view, at) => {
    view.setBigUint64(at, stream);
    new Uint8Array(view.buffer).set(text, at + 12);
  });
}

/** Tells of a packet, that comes on the data connection. Its reply: u32 code. */
export function indexRequest(stream: bigint, netSeq: number, packet: PacketInfo): ControlRequest {
  return request("an index", SEND_INDEX, 80, 4, (view, at) => {
    view.setBigUint64(at, stream);
    setUint64(view, at + 8, netSeq);
    setUint64(view, at + 16, 8 * packet.packetSize);
    setUint64(view, at + 24, 8 * packet.contentSize);
    setUint64(view, at + 32, packet.timestampBegin);
    setUint64(view, at + 40, packet.timestampEnd);
    setUint64(view, at + 48, packet.eventsDiscarded);
    setUint64(view, at + 64, packet.cpu);
    setUint64(view, at + 72, packet.seq);
  });
}

/** Tells live viewers that nothing older than `time` will come. Its reply: u32 code. */
export function beaconRequest(stream: bigint, time: number, cpu: number): ControlRequest {
  return request("a beacon", SEND_INDEX, 80, 4, (view, at) => {
    view.setBigUint64(at, stream);
    view.setBigUint64(at + 8, NO_PACKET);
    setUint64(view, at + 40, time);
    setUint64(view, at + 64, cpu);
    view.setBigUint64(at + 72, NO_PACKET);
  });
}

/** Asks whether all up to a packet is written. Its reply: u32, 0 if it is. */
export function dataPendingRequest(stream: bigint, netSeq: number): ControlRequest {
  return request("what is pending", DATA_PENDING, 16, 4, (view, at) => {
    view.setBigUint64(at, stream);
    setUint64(view, at + 8, netSeq);
  });
}

/** Ends a stream, of which `packets` were sent. Its reply: u32 code. */
export function closeStreamRequest(stream: bigint, packets: number): ControlRequest {
  return request("the end of a stream", CLOSE_STREAM, 16, 4, (view, at) => {
    view.setBigUint64(at, stream);
    view.setBigUint64(at + 8, packets === 0 ? NO_PACKET : BigInt(packets - 1));
  });
}

/** What stands before a packet on the data connection. */
export function dataHeader(
  stream: bigint,
  netSeq: number,
  dataSize: number,
  paddingSize: number,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(DATA_HEADER_SIZE));
  view.setBigUint64(8, stream);
  setUint64(view, 16, netSeq);
  view.setUint32(24, dataSize);
  view.setUint32(28, paddingSize);
  return new Uint8Array(view.buffer);
}

/** Throws what a daemon has refused, by the code of its reply. */
export function assertOk({ what }: ControlRequest, code: number): void {
  if (code !== LTTNG_OK) throw new Error(`it has refused ${what} with code ${code}`);
}

function request(
  what: string,
  command: number,
  size: number,
  replySize: number,
  fill: (view: DataView<ArrayBuffer>, at: number) => void,
): ControlRequest {
  const view = new DataView(new ArrayBuffer(CONTROL_HEADER_SIZE + size));
  setUint64(view, 8, size);
  view.setUint32(16, command);
  fill(view, CONTROL_HEADER_SIZE);
  return { what, bytes: new Uint8Array(view.buffer), replySize };
}

/** Writes a text, cut so that a zero follows it. */
function setText(view: DataView<ArrayBuffer>, at: number, size: number, text: string): void {
  encoder.encodeInto(text, new Uint8Array(view.buffer, at, size - 1));
}

function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value / 2 ** 32);
  view.setUint32(at + 4, value);
}
