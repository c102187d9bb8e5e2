/**
 * LTTng's lockless ring on relay buffers: slots of any length are reserved and committed, whole
 * sub-buffers are handed to a reader on any thread.
 *
 * Begin with {@linkcode RingChannel}, which opens a channel with a ring on each buffer:
 *
 * ```ts
 * import { Machine } from "@ltt/relay/hw";
 * import { Relay } from "@ltt/relay/relay";
 * import { RingChannel } from "@ltt/relay/ring";
 * import { assertEquals } from "@std/assert";
 *
 * const machine = new Machine();
 * using channel = RingChannel.open(Relay.start(machine), {
 *   baseFilename: "numbers",
 *   subbufSize: 4096,
 *   nSubbufs: 2,
 * });
 * const ring = channel.buf[0]!; // that of CPU 0
 *
 * for (let i = 0; i < 2050; i++) {
 *   const address = ring.writer.reserve(4, 4); // bytes, alignment
 *   if (address < 0) break; // lost, and counted: nobody has read yet
 *   machine.ram.view.setUint32(address, i, true);
 *   ring.writer.commit();
 * }
 * ring.flush("final"); // nothing more will come
 *
 * let bytes = 0;
 * for await (const subbuf of ring.reader()) bytes += subbuf.dataSize; // subbuf.views() are its bytes
 * assertEquals([bytes, ring.lost.full], [8192, 1]);
 * ```
 *
 * 1. {@linkcode RingChannel.open}, on the thread that booted the machine. {@linkcode RingOptions} say how
 *    large a ring is, what becomes of events when it is full, and which header its sub-buffers have.
 * 2. The thread of a CPU writes, {@linkcode RingWriter}: `reserve`, store the bytes, `commit`. A sub-buffer
 *    that is full is delivered by itself; `flush` delivers one that is not.
 * 3. Somebody reads, {@linkcode RingReader}: a loop takes sub-buffer after sub-buffer, and consumes each when
 *    it asks for the next.
 * 4. `flush("final")` ends the reader's loop, {@linkcode RingChannel.close} gives the memory back.
 *
 * A ring has one writing thread and one reader. The writer never waits: an event costs two plain
 * stores beside its own bytes, atomic operations are paid once a sub-buffer. All that is known of a
 * ring stands in RAM, drawn in `control.ts`; a thread needs RAM and an address, which is what a
 * {@linkcode RingDescriptor} says. How a thread comes by its end:
 *
 * | thread | writer | reader |
 * | --- | --- | --- |
 * | the one that booted the machine | {@linkcode RingBuffer.writer} | {@linkcode RingBuffer.reader} |
 * | a worker that the machine starts for a CPU, {@linkcode CpuWorker} | {@linkcode runCpu}, in its module | |
 * | one that exists already, of a {@linkcode CpuPool} | {@linkcode claimCpu} | |
 * | any one that is sent a descriptor | {@linkcode ringWriter} | {@linkcode ringReader} |
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
  sumLost,
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
