import type { SessionHandle } from "./handle.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a session's thread is sent. */
export interface ThreadStart {
  /** How to record. */
  readonly options: ResolvedOptions;
  /** Where requests come from. */
  readonly mailbox: SharedArrayBuffer;
  /** Words of signals, if the program is to be ended when it does not come to its event loop. */
  readonly signals: SharedArrayBuffer | null;
}

/** What it answers. */
export type ThreadAnswer =
  | { readonly type: "started"; readonly handle: SessionHandle }
  | { readonly type: "failed"; readonly name: string; readonly message: string };
