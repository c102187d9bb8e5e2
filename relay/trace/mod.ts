/**
 * What a tracepoint is declared of, and what is called then: field types, {@linkcode Tracepoint} and
 * {@linkcode Span}, and the {@linkcode Clock} that times events.
 *
 * Begin with the fields, {@linkcode u32} or {@linkcode string}; a session (`@ltt/relay/session`) declares
 * tracepoints of them:
 *
 * ```ts
 * import { TraceSession } from "@ltt/relay/session";
 * import { array, bool, enumeration, string, u16, u32, u8 } from "@ltt/relay/trace";
 *
 * await using session = await TraceSession.start({ output: await Deno.makeTempDir() });
 * const state = enumeration("state", u8, { idle: 0, busy: 1 });
 * const poll = session.tracepoint("disk:poll", state, bool("urgent"), array(u16("queue"), 4));
 * poll("busy", false, [3, 0, 1]); // by position; the fourth element is written as 0
 *
 * const query = session.span({ name: "db:query", loglevel: "info", end: [u32("rows")] }, string("sql"));
 * const end = query("select 1"); // db:query_begin
 * end(1); // db:query_end, with the same number
 * ```
 *
 * A tracepoint is for the thread that declared it; the same declaration on another thread is the same event.
 *
 * Inside, `tracer.ts` declares a thread's tracepoints and has code written for each that fits its fields
 * alone (`writer_source.ts`); `registry.ts` is what the threads of a session share of them, `stream_state.ts`
 * what a CPU's stream remembers, both in RAM; `stream_client.ts` makes CTF packets of a ring's sub-buffers.
 *
 * @module
 */
export type { Field } from "../ctf/field_types.ts";
export * from "../ctf/fields.ts";
export type { Clock, ClockOrigin } from "./clock.ts";
export { MAX_TRACEPOINTS } from "./registry_layout.ts";
export * from "./tracepoint.ts";
