/**
 * Tracing for any Deno program: {@linkcode TraceSession} records typed events of all its threads into a
 * CTF trace.
 *
 * @module
 */
export { type AttachOptions } from "./attachment.ts";
export * from "./handle.ts";
export { type ContextName, type SessionOptions } from "./options.ts";
export * from "./session.ts";
export * from "./statistics.ts";
