import type { Command } from "./commands.ts";

/** A lesson: what is done to a machine, bit by bit, and what to look at. */
export interface Scenario {
  /** Name in addresses and files. */
  readonly id: string;
  /** What it is called. */
  readonly title: string;
  /** What it is about, in a paragraph. */
  readonly intro: string;
  /** CPUs that are online at first. */
  readonly online: readonly number[];
  /** Its parts, in order. */
  readonly stages: readonly Stage[];
}

/** A part of a scenario. */
export interface Stage {
  /** What it is called. */
  readonly title: string;
  /** What is about to happen. */
  readonly say: string;
  /** What is done. */
  readonly commands: readonly Command[];
  /** Whether it only prepares the others: then it, the first, is played when the scenario is loaded. */
  readonly prepares?: boolean;
  /** What `look` speaks of, to be brought into sight: paths in the state, of CPUs, nodes, channels, buffers. */
  readonly shows?: readonly string[];
  /** What to look at when it has happened, and what it teaches. */
  readonly look: string;
}
