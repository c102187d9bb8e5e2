import type { Address } from "../../hw/ram.ts";
import type { CpuPoolHandle } from "../ring/claim_cpu.ts";
import type { RingDescriptor } from "../ring/descriptor.ts";
import type { ClockOrigin } from "../trace/clock.ts";
import type { ContextName } from "./options.ts";

/** Names a session to another thread of the process: what `postMessage` takes as it is. */
export interface SessionHandle {
  /** Where threads get a CPU. */
  readonly pool: CpuPoolHandle;
  /** Address of the registry in the pool's RAM. */
  readonly registry: Address;
  /** A ring whose writer is never attached by those who are given it. */
  readonly idleRing: RingDescriptor;
  /** Where requests to the session's thread go. */
  readonly mailbox: SharedArrayBuffer;
  /** When the session began. */
  readonly origin: ClockOrigin;
  /** Where the trace goes, as statistics say. */
  readonly output: string;
  /** Milliseconds between two looks of a live session; 0 for one that is not live. */
  readonly livePeriodMs: number;
  /** Tells the trace's packets. */
  readonly uuid: Uint8Array;
  /** Bytes of a sub-buffer. */
  readonly subbufSize: number;
  /** What every event has before its own fields. */
  readonly contexts: readonly ContextName[];
  /** CPUs there can be, with that of the session's own thread, the last. */
  readonly cpus: number;
}
