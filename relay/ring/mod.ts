/**
 * LTTng's lockless ring on relay buffers: slots of any length are reserved and committed, whole
 * sub-buffers are handed to a reader on any thread. {@linkcode RingChannel} opens a channel with a
 * ring on each buffer; {@linkcode RingWriter} and {@linkcode RingReader} are its two ends.
 *
 * A ring has one writing thread and one reader. The writer never waits: an event costs two plain
 * stores beside its own bytes, atomic operations are paid once a sub-buffer. All that is known of a
 * ring stands in RAM, drawn in `control.ts`; a thread needs RAM and an address, which is what a
 * {@linkcode RingDescriptor} says.
 *
 * A CPU of the machine can be a thread. Either the machine starts a worker for a CPU ({@linkcode
 * CpuWorker}; the worker's module calls {@linkcode runCpu}), or CPUs are kept up for threads that
 * exist already ({@linkcode CpuPool}, {@linkcode claimCpu}).
 *
 * No event is lost silently. `reserve` says why it refuses, the loss is counted by its cause, and the
 * counts travel with the data:
 *
 * | cause | why |
 * | --- | --- |
 * | `full` | discard mode: no sub-buffer is free |
 * | `wrap` | the next sub-buffer still holds a slot that is not committed |
 * | `big` | the slot is longer than a sub-buffer, its header left out |
 * | `nested` | four slots are open, or one was asked for from within a callback |
 * | `torn` | its thread died with the slot open, or open before it in the same sub-buffer |
 * | `offline` | the CPU was down (counted in the ring when its writer attaches again), or the ring finalized |
 *
 * In overwrite mode sub-buffers that were overwritten are no loss of the writer's; the reader sees
 * them by their numbers ({@linkcode Subbuf.seq}, {@linkcode RingReader.missed}).
 *
 * Where it departs from LTTng's ring (version 2 of its rules, as of Linux 2.6.32, and later ones):
 *
 * | LTTng | here |
 * | --- | --- |
 * | commit counts are brought up to date at each commit | while slots do not nest they follow from one word, and are stored when it does not say enough |
 * | a compare-and-exchange on the offset, for interrupts | a thread's code is not interrupted: plain stores |
 * | the reader is refused (`-EIO`) what was overwritten while it read | in overwrite mode it takes the sub-buffer out first, in discard mode nothing is overwritten |
 * | a slot that fits no sub-buffer counts as `full` while there is no room | it always counts as `big` |
 * | a put without a get is a warning | a `TypeError`, and nothing moved |
 * | sub-buffers of one buffer are pages anywhere | where a sub-buffer's frames are not adjacent, a slot across the gap is assembled beside it: one at a time, up to 4 MiB |
 *
 * @module
 */
export { claimCpu, type ClaimedCpu, type ClaimOptions, type CpuPoolHandle } from "./claim_cpu.ts";
export * from "./client.ts";
export * from "./cpu_pool.ts";
export * from "./cpu_worker.ts";
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
export { MAX_NESTING } from "./open_slots.ts";
export * from "./reader.ts";
export { RingBuffer } from "./ring_buffer.ts";
export * from "./ring_channel.ts";
export { type FrameRun, RingMemory } from "./ring_memory.ts";
export type { RingOptions } from "./ring_options.ts";
export * from "./ring_snapshot.ts";
export { type ClientOfChannel } from "./ring_writers.ts";
export * from "./run_cpu.ts";
export * from "./subbuf.ts";
export * from "./writer.ts";
