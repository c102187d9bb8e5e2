/**
 * The trace format, CTF 1.8 in LTTng's layout: types of fields, metadata in TSDL, the start of
 * packets, event headers; and a reader of traces that LTTng, barectf or this module wrote. It knows no ring
 * and nothing of Deno, and runs in a browser.
 *
 * Who writes begins with the fields, {@linkcode u8} to {@linkcode struct}, and {@linkcode traceMetadata}. Who
 * reads makes a {@linkcode TraceReader} of a trace's metadata and streams, each a {@linkcode ByteSource}
 * ({@linkcode bytesSource} of bytes in memory), and goes through its {@linkcode TraceEvent}s, which come in
 * order of time. What makes no sense is a {@linkcode CtfError} with file and byte.
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
