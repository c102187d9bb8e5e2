import type { Address } from "../../hw/mod.ts";
import type { RingClient } from "./client.ts";
import { RingReader } from "./reader.ts";
import { RingMemory } from "./ring_memory.ts";
import { RingWriter } from "./writer.ts";

/** Names a ring to another thread: what `postMessage` takes as it is. */
export interface RingDescriptor {
  /** The machine's RAM. */
  readonly ram: { readonly sab: SharedArrayBuffer };
  /** Address of the first control page. */
  readonly control: Address;
  /** Words to wait for, outside RAM: one a CPU. */
  readonly doorbells: SharedArrayBuffer;
  /** Whether the writer rings them; else a read timer does. */
  readonly wakeup: boolean;
}

/** Makes the writer of a ring, on the thread of its CPU; `attach` comes next. Errors as there. */
export function ringWriter(descriptor: RingDescriptor, client: RingClient): RingWriter {
  const memory = new RingMemory(descriptor.ram.sab, descriptor.control);
  const doorbells = descriptor.wakeup ? new Int32Array(descriptor.doorbells) : null;
  return new RingWriter(memory, doorbells, client);
}

/** Attaches a reader to a ring, on any thread. `EBUSY` while there is one. */
export function ringReader(descriptor: RingDescriptor): RingReader {
  const memory = new RingMemory(descriptor.ram.sab, descriptor.control);
  const reader = new RingReader(memory, new Int32Array(descriptor.doorbells));
  reader.attach();
  return reader;
}
