/**
 * LTTng's lockless ring on relay buffers: slots are reserved and committed, whole sub-buffers are
 * handed to a reader on any thread. {@linkcode RingChannel} opens a channel with a ring on each
 * buffer.
 *
 * @module
 */
export * from "./client.ts";
export * from "./descriptor.ts";
export * from "./file_operations.ts";
export * from "./geometry.ts";
export {
  LOST_BIG,
  LOST_FULL,
  LOST_NESTED,
  LOST_OFFLINE,
  LOST_TORN,
  LOST_WRAP,
  type LostCounts,
  type Refusal,
} from "./lost.ts";
export * from "./reader.ts";
export * from "./ring_buffer.ts";
export * from "./ring_channel.ts";
export { RingMemory, type Run } from "./ring_memory.ts";
export * from "./subbuf.ts";
export * from "./writer.ts";
