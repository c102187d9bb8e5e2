import type { SessionHandle } from "../session/handle.ts";
import type { WorkerProbes } from "./probe.ts";

/** How far a worker is: it loads its module, has loaded it, or has said that it ends. */
export const WORKER_STATE = { loading: 0, loaded: 1, ended: 2 } as const;

/** What a worker is sent before anything else. */
export interface WorkerInit {
  /** The session to attach to. */
  readonly handle: SessionHandle;
  /** Number of the worker. */
  readonly worker: number;
  /** Counts the workers of the process. */
  readonly counter: SharedArrayBuffer;
  /** Its probes. */
  readonly probes: WorkerProbes;
  /** How far it is, in word 0: one of {@linkcode WORKER_STATE}. */
  readonly state: SharedArrayBuffer;
}
