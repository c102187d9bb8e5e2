/* Traces that are put together by hand: packets of events with a number each. */
import {
  bytesSource,
  eventMetadata,
  EXTENDED_ID,
  PACKET_HEADER_SIZE,
  string,
  type TraceInput,
  traceMetadata,
  u64,
  writePacketBegin,
  writePacketEnd,
} from "@ltt/relay/ctf";

/** A packet to make. */
export interface SmallPacket {
  readonly cpu?: number;
  readonly seq: number;
  /** Of its events. */
  readonly times: readonly number[];
  /** Bytes of its padding. */
  readonly padding?: number;
  readonly lost?: number;
  /** Of each of its events: one with it if it is given. */
  readonly text?: string;
}

/** Tells the traces. */
export const UUID: Uint8Array<ArrayBuffer> = Uint8Array.fromHex("6ad89fc36ed84870980cffb272a70824");

/** Metadata with the events `number` and `text`. */
export function smallMetadata(uuid: Uint8Array = UUID, offsetNs: bigint = 1000n): Uint8Array {
  const clock = { name: "monotonic", description: "A clock", offsetNs };
  return new TextEncoder().encode(
    traceMetadata({ uuid, env: { hostname: "h" }, clock, eventContext: [] }) +
      eventMetadata({ name: "number", id: 0, loglevel: 13, fields: [u64("n")] }) +
      eventMetadata({ name: "text", id: 1, loglevel: 13, fields: [u64("n"), string("text")] }),
  );
}

/** A packet: `n` of its events is their time. */
export function smallPacket(packet: SmallPacket): Uint8Array<ArrayBuffer> {
  const { cpu = 0, seq, times, padding = 0, lost = 0, text } = packet;
  const textBytes = text === undefined ? new Uint8Array(0) : new TextEncoder().encode(`${text}\0`);
  const contentSize = PACKET_HEADER_SIZE + times.length * (14 + 8 + textBytes.length);
  const bytes = new Uint8Array(contentSize + padding);
  const view = new DataView(bytes.buffer);
  writePacketBegin(view, 0, { uuid: UUID, cpu, seq, timestampBegin: times[0] ?? 0 });
  let at = PACKET_HEADER_SIZE;
  for (const time of times) {
    view.setUint16(at, EXTENDED_ID, true);
    view.setUint32(at + 2, text === undefined ? 0 : 1, true);
    view.setBigUint64(at + 6, BigInt(time), true);
    view.setBigUint64(at + 14, BigInt(time), true);
    bytes.set(textBytes, at + 22);
    at += 22 + textBytes.length;
  }
  const packetSize = bytes.length;
  const end = { timestampEnd: times.at(-1) ?? 0, contentSize, packetSize, eventsDiscarded: lost };
  writePacketEnd(view, 0, end);
  return bytes;
}

/** A file of packets. */
export function smallFile(...packets: readonly SmallPacket[]): Uint8Array<ArrayBuffer> {
  const all = packets.map(smallPacket);
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  all.reduce((at, one) => {
    bytes.set(one, at);
    return at + one.length;
  }, 0);
  return bytes;
}

/** A trace of such files, named by their index. */
export function smallTrace(...files: readonly Uint8Array[]): TraceInput {
  const streams = files.map((bytes, i) => ({ name: `file${i}`, source: bytesSource(bytes) }));
  return { metadata: smallMetadata(), streams };
}
