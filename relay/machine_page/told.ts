import type { Change, Json } from "./changes.ts";
import type { BufferState, ChannelState, MachineState } from "./state.ts";
import type { Step } from "./steps.ts";

/** A step that changes of the state tell. Paths are joined by dots, and name all that is below too. */
export interface Told extends Omit<Step, "changes"> {
  /** What it changes. */
  readonly changes: readonly Change[];
  /** Paths of the changes that it tells: they are in `changes`, or what they led to is. */
  readonly tells: readonly string[];
  /** Paths of other changes that belong to it. */
  readonly with?: readonly string[];
}

/** Whether a change is at one of the paths, or below. */
export function isAt({ path }: Change, paths: readonly string[] = []): boolean {
  const joined = `${path.join(".")}.`;
  return paths.some((one) => joined.startsWith(`${one}.`));
}

/** States hold nothing that JSON does not. */
export function asJson(state: MachineState | ChannelState | BufferState): Json {
  return state as unknown as Json;
}
