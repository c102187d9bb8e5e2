/**
 * The trace format, CTF 1.8 in LTTng's layout: types of fields, metadata in TSDL, the start of
 * packets, event headers; and a reader of traces that LTTng, barectf or this module wrote. It knows no ring
 * and nothing of Deno, and runs in a browser.
 *
 * @module
 */
export * from "./byte_source.ts";
export * from "./ctf_error.ts";
export * from "./event_counter.ts";
export * from "./event_header.ts";
export * from "./field_size.ts";
export * from "./field_types.ts";
export * from "./field_class.ts";
export * from "./fields.ts";
export * from "./loglevel.ts";
export * from "./metadata.ts";
export * from "./metadata_packet.ts";
export * from "./packet.ts";
export * from "./trace_event.ts";
export * from "./trace_format.ts";
export * from "./trace_reader.ts";
