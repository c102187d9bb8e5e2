/**
 * The black box: a session's memory as a file, which outlives the program. {@linkcode BlackBox} makes it,
 * {@linkcode recover} takes the trace out of it when the program is dead, or while it lives. What is where
 * in the file is drawn in `superblock.ts`.
 *
 * @module
 */
export * from "./black_box.ts";
export * from "./box_file.ts";
export * from "./drain.ts";
export * from "./drain_lock.ts";
export * from "./recovery.ts";
export type { BoxFacts } from "./superblock.ts";
export * from "./trace_completion.ts";
