/**
 * The trace format, CTF 1.8 in LTTng's layout: types of fields, metadata in TSDL, the start of
 * packets, event headers; and a reader of traces that LTTng, barectf or this module wrote. It knows no ring
 * and nothing of Deno, and runs in a browser.
 *
 * Who reads begins with {@linkcode TraceReader}; who writes with the fields, {@linkcode u8} to
 * {@linkcode struct}, and {@linkcode traceMetadata}. A trace by hand, and read:
 *
 * ```ts
 * import * as ctf from "@ltt/relay/ctf";
 * import { assertEquals } from "@std/assert";
 *
 * const uuid = crypto.getRandomValues(new Uint8Array(16));
 * const clock = { name: "monotonic", description: "Monotonic Clock", offsetNs: 0n };
 * const event = { name: "tick", id: 0, loglevel: ctf.LOGLEVELS.info, fields: [ctf.u32("n")] };
 * const metadata = ctf.traceMetadata({ uuid, env: {}, clock, eventContext: [] }) +
 *   ctf.eventMetadata(event);
 *
 * const packet = new DataView(new ArrayBuffer(4096));
 * ctf.writePacketBegin(packet, 0, { uuid, cpu: 0, seq: 0, timestampBegin: 1000 });
 * const at = ctf.PACKET_HEADER_SIZE;
 * packet.setUint16(at, event.id, true); // a compact header: the event's number, the time
 * packet.setUint32(at + 2, 1000, true);
 * packet.setUint32(at + ctf.COMPACT_HEADER_SIZE, 7, true); // its field
 * const contentSize = at + ctf.COMPACT_HEADER_SIZE + 4;
 * const end = { timestampEnd: 1000, contentSize, packetSize: 4096, eventsDiscarded: 0 };
 * ctf.writePacketEnd(packet, 0, end);
 *
 * const reader = new ctf.TraceReader([{
 *   metadata: new TextEncoder().encode(metadata),
 *   streams: [{ name: "stream", source: ctf.bytesSource(new Uint8Array(packet.buffer)) }],
 * }]);
 * const found = [...reader].map(({ class: { name }, fields }) => `${name} ${fields.n}`);
 * assertEquals(found, ["tick 7"]);
 * ```
 *
 * A trace is metadata and streams, each a {@linkcode ByteSource}: a file, or bytes in memory by
 * {@linkcode bytesSource}. Its {@linkcode TraceEvent}s come in order of time, those of lost events between
 * them to `onLost`. What makes no sense is a {@linkcode CtfError} with file and byte. Everything is for one
 * thread. `@ltt/relay/trace` writes events by code made of their fields, into a ring.
 *
 * What writes lies in this folder. `tsdl/` takes metadata apart, into the classes of fields; `reader/` reads
 * packets and events by code that it makes of them.
 *
 * @module
 */
export * from "./ctf_error.ts";
export * from "./event_header.ts";
export * from "./field_types.ts";
export * from "./fields.ts";
export * from "./loglevel.ts";
export {
  type ClockInfo,
  type EventInfo,
  eventMetadata,
  type TraceInfo,
  traceMetadata,
} from "./metadata.ts";
export {
  PACKET_HEADER_SIZE,
  type PacketBegin,
  type PacketEnd,
  type PacketInfo,
  readPacketInfo,
  writePacketBegin,
  writePacketEnd,
} from "./packet.ts";
export * from "./reader/byte_source.ts";
export * from "./reader/trace_event.ts";
export * from "./reader/trace_reader.ts";
export * from "./tsdl/field_class.ts";
export * from "./tsdl/trace_format.ts";
