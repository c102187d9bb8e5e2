import type { Change } from "./changes.ts";

/** What kind of thing happened. */
export type StepKind =
  | "command"
  | "notifier"
  | "page"
  | "slab"
  | "fault"
  | "log"
  | "cpu"
  | "file"
  | "kref"
  | "cache"
  | "ring"
  | "lost"
  | "done"
  | "error";

/** A notifier that is told something. */
export interface NotifierTold {
  /** Who. */
  readonly name: string;
  /** What, as `CPU_ONLINE`. */
  readonly action: string;
  /** What was answered, as `NOTIFY_OK`. */
  readonly answer: string | null;
}

/** One thing that happened in a command. */
export interface Step {
  /** What kind of thing. */
  readonly kind: StepKind;
  /** What happened, as a sentence; of `log` the line. */
  readonly text: string;
  /** Where it happens: file and function of the patch, of the kernel, or of what stands on them. */
  readonly place: string;
  /** What the patch does instead, where that is something else. */
  readonly differs?: string;
  /** Of `notifier`: who is told what, and the answer; `null` while there is none. */
  readonly notifier?: NotifierTold;
  /** How the state differs from that after the step before. */
  readonly changes: readonly Change[];
}
