/**
 * Typed events on a ring: {@linkcode Tracer} declares a thread's tracepoints, for each of which it
 * writes code that fits its fields alone; {@linkcode Registry} is what threads share; {@linkcode
 * StreamClient} makes CTF packets of sub-buffers. Field types, {@linkcode u8} to {@linkcode struct},
 * are `@ltt/relay/ctf`'s.
 *
 * Most programs need only the field types: a session (`@ltt/relay/session`) puts the rest together.
 *
 * @module
 */
export {
  array,
  bool,
  enumeration,
  f32,
  f64,
  type Field,
  hex,
  i16,
  i32,
  i64,
  i8,
  sequence,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "../ctf/mod.ts";
export * from "./clock.ts";
export * from "./registry.ts";
export { MAX_TRACEPOINTS, REGISTRY_SIZE } from "./registry_layout.ts";
export * from "./stream_client.ts";
export * from "./stream_state.ts";
export * from "./thread_stream.ts";
export * from "./tracepoint.ts";
export * from "./tracer.ts";
export { withLock } from "./shared_lock.ts";
export { SharedText } from "./shared_text.ts";
export { sleep } from "./sleep.ts";
