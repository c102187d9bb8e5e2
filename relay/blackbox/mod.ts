/**
 * The black box: a session's memory as a file, which outlives the program. It is not exported: a session
 * makes one, the command line's `recover` takes the trace out.
 *
 * Begin with `superblock.ts`, which draws what is where in the file. {@linkcode BlackBox} makes it, on the
 * session's own thread; all other classes are for another process, and believe nothing that they have not
 * checked:
 *
 * 1. {@linkcode BoxFile} opens it.
 * 2. {@linkcode recover} takes the trace out to an output, when the program is dead, or while it lives;
 *    {@linkcode drain} does it all the time a program lives, as the consumer of its rings, with a
 *    {@linkcode DrainLock}.
 * 3. The output is a new directory, or the program's own, which {@linkcode TraceCompletion} mends.
 *
 * `box_stream.ts` is the stream of a CPU in a file that is read, `stream_parts.ts` what is checked of it.
 *
 * @module
 */
export * from "./black_box.ts";
export * from "./box_file.ts";
export * from "./drain.ts";
export * from "./drain_lock.ts";
export type { PacketCounts } from "./packet_counts.ts";
export * from "./recovery.ts";
export type { BoxFacts, BoxInfo, BoxState } from "./superblock.ts";
export * from "./trace_completion.ts";
