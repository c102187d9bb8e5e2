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
export type { Field } from "../ctf/field_types.ts";
export * from "../ctf/fields.ts";
export type { Clock, ClockOrigin } from "./clock.ts";
export { MAX_TRACEPOINTS } from "./registry_layout.ts";
export * from "./tracepoint.ts";
