import { PAGE_SIZE } from "../../hw/ram.ts";
import { RECORDS_PER_PAGE } from "../ring/control.ts";
import { bounceSize } from "../ring/ring_memory.ts";
import { REGISTRY_SIZE } from "../trace/registry_layout.ts";
import { STREAM_STATE_SIZE } from "../trace/stream_state.ts";
import type { ResolvedOptions } from "./options.ts";

/** Longest block of frames there is. */
const MAX_BLOCK = 2 ** 22;

/** Bytes of RAM that a session's machine needs, rings for all its CPUs included. */
export function ramSize({ subbufSize, nSubbufs, maxCpus, mode }: ResolvedOptions): number {
  const spare = mode === "flight-recorder" ? subbufSize : 0;
  // Where a sub-buffer's frames are not adjacent a ring has room to assemble slots.
  const bounce = bounceSize(subbufSize);
  const controlPages = 1 + Math.ceil((nSubbufs + 1) / RECORDS_PER_PAGE);
  const cpu = subbufSize * nSubbufs + spare + bounce + STREAM_STATE_SIZE + controlPages * PAGE_SIZE;
  // Blocks are cut from it: some is left between them.
  return cpu * (maxCpus + 1) + REGISTRY_SIZE + 2 * MAX_BLOCK;
}

/** Page frames of that machine. */
export function ramFrames(options: ResolvedOptions): number {
  return Math.ceil(ramSize(options) / PAGE_SIZE);
}
