/**
 * Tracing for Deno programs, and what it stands on, down to a small machine: a floor each, of which every
 * one has a module and a guide of its own.
 *
 * | module | begin with | for |
 * | --- | --- | --- |
 * | `./session` | {@linkcode TraceSession} | recording what a program does, on all its threads |
 * | `./trace` | {@linkcode u32}, {@linkcode string} … | the fields of tracepoints |
 * | `./ctf` | {@linkcode TraceReader}, {@linkcode traceMetadata} | reading traces, and writing them by hand; also in a browser |
 * | `./ring` | {@linkcode RingChannel} | a ring of records between threads |
 * | `./relay` | {@linkcode Relay} | LTTng's kernel patch `ltt-relay` |
 * | `./hw` | {@linkcode Machine} | the machine it runs on, which can be broken on purpose |
 *
 * This module is all of these. Two do something when they are imported, and are not in it: `./probes`, which
 * records a program that knows nothing of it, and `./cli`, the command line.
 *
 * @module
 */

// Members marked @ignore are called by this package alone, and may change any time.
export * from "./hw/mod.ts";
export * from "./relay/mod.ts";
export * from "./relay/ring/mod.ts";
export * from "./relay/ctf/mod.ts";
export * from "./relay/trace/mod.ts";
export * from "./relay/session/mod.ts";
