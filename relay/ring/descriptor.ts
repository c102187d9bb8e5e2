import { type Address, openRam, type RamHandle } from "../../hw/ram.ts";
import type { RingClient } from "./client.ts";
import { RingReader } from "./reader.ts";
import { RingMemory } from "./ring_memory.ts";
import { RingWriter } from "./writer.ts";

/** What the rings of a channel have in common for other threads. */
export interface RingsShared {
  /** Words to wait for, outside RAM: one a CPU. */
  readonly doorbells: SharedArrayBuffer;
  /** Whether the writer rings them; else a read timer does. */
  readonly wakeup: boolean;
  /** Period of a switch timer on the thread that writes, in milliseconds; 0 for none. */
  readonly switchTimerMs: number;
}

/** Names a ring to another thread: what `postMessage` takes as it is. */
export interface RingDescriptor extends RingsShared {
  /** The machine's RAM. */
  readonly ram: RamHandle;
  /** Address of the first control page. */
  readonly control: Address;
}

/** Makes the writer of a ring, on the thread of its CPU; `attach` comes next. Errors as there. */
export function ringWriter(descriptor: RingDescriptor, client: RingClient): RingWriter {
  const memory = new RingMemory(openRam(descriptor.ram), descriptor.control);
  const doorbells = descriptor.wakeup ? new Int32Array(descriptor.doorbells) : null;
  return new RingWriter(memory, doorbells, client);
}

/** Attaches a reader to a ring, on any thread. `EBUSY` while there is one. */
export function ringReader(descriptor: RingDescriptor): RingReader {
  const memory = new RingMemory(openRam(descriptor.ram), descriptor.control);
  const reader = new RingReader(memory, new Int32Array(descriptor.doorbells));
  reader.attach();
  return reader;
}
