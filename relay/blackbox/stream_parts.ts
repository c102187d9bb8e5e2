import { type Address, PAGE_SIZE } from "../../hw/ram.ts";
import { PACKET_HEADER_SIZE } from "../ctf/packet.ts";
import { RingMemory } from "../ring/ring_memory.ts";
import { STREAM_STATE_SIZE, StreamState } from "../trace/stream_state.ts";
import type { BoxFile } from "./box_file.ts";

/** Where a stream is in RAM. */
export interface StreamPlace {
  /** Address of its state. */
  readonly state: Address;
  /** Address of its ring's control page. */
  readonly control: Address;
}

/** What a stream in a black box consists of. */
export interface StreamParts {
  readonly state: StreamState;
  readonly memory: RingMemory;
}

/** Bytes of what of a stream's state is not its tracepoints' figures. */
export const STATE_BEGIN = PAGE_SIZE;

/**
 * The stream of a CPU, its frames taken for it; `load` brings parts of `ram` before they are read. A
 * `TypeError` for what cannot be.
 */
export function streamParts(
  box: BoxFile,
  ram: ArrayBuffer,
  cpu: number,
  place: StreamPlace,
  load: (address: Address, length: number) => void,
): StreamParts {
  box.claim(place.state / PAGE_SIZE, STREAM_STATE_SIZE / PAGE_SIZE, "stream's state");
  load(place.state, STATE_BEGIN);
  const state = new StreamState(ram, place.state);
  const memory = new RingMemory(ram, place.control, (pfn, frames, use) => {
    box.claim(pfn, frames, use);
    if (use === "control page") load(pfn * PAGE_SIZE, frames * PAGE_SIZE);
  });
  if (memory.cpu !== cpu) {
    throw new TypeError(`Cannot read the ring: it says it is CPU ${memory.cpu}'s`);
  }
  if (memory.headerSize !== PACKET_HEADER_SIZE) {
    throw new TypeError(`Cannot read the ring: its headers have ${memory.headerSize} bytes`);
  }
  assertState(state);
  return { state, memory };
}

/** Refuses with a `TypeError` a state that no stream has. */
export function assertState(state: StreamState): void {
  if (!state.isPossible) throw new TypeError("Cannot read the stream's state: it is damaged");
}
