import { PAGE_SIZE } from "../../mod.ts";
import type { Command } from "./commands.ts";
import type { MachineState } from "./state.ts";

/**
 * What the patch does instead of what a command was answered with, `error` or none, in one sentence;
 * `undefined` when it does the same. The table in `relay/mod.ts` has all differences.
 */
export function differsOf(
  command: Command,
  { channels }: MachineState,
  error?: unknown,
): string | undefined {
  switch (command.do) {
    case "open":
      // What a ring refuses is not the patch's.
      return error === undefined || command.mode !== "relay"
        ? undefined
        : "The patch answers NULL, without saying why";
    case "close":
    case "put_channel":
    case "put_buffer":
      return error === undefined
        ? undefined
        : "The patch does not notice: it gives somebody else's reference away, and memory is corrupted";
    case "write":
    case "read": {
      const { subbufSize, nSubbufs } = channels[command.channel];
      const isOnePage = subbufSize * nSubbufs === PAGE_SIZE;
      if (error !== undefined) {
        return "The patch warns, then follows a page that is not there: an oops";
      }
      return isOnePage && command.offset % PAGE_SIZE > PAGE_SIZE / 2
        ? "In a buffer of one page the patch finds no page above offset 2,048: an oops"
        : undefined;
    }
    default:
      return undefined;
  }
}

/** What the patch leaks when a failed open has come to the buffer of a CPU behind a gap; nothing before. */
export function leakOf(cpu: number, cpus: MachineState["cpus"]): { readonly differs?: string } {
  const gap = cpus.findIndex(({ online }) => !online);
  if (gap < 0 || gap > cpu) return {};
  return {
    differs:
      `The patch stops at CPU ${gap}, which has no buffer: the buffers behind it and the channel leak`,
  };
}
