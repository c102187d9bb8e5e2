import { KernelError } from "../../hw/errno.ts";
import { PAGE_SIZE } from "../../hw/ram.ts";
import type { OpenOptions } from "../open_options.ts";
import type { RingClient } from "./client.ts";

/** What channel to open, and what ring to put on its buffers. */
export interface RingOptions extends OpenOptions {
  /**
   * What becomes of events when all sub-buffers are full: `"discard"` loses the newest, `"overwrite"`
   * the oldest, a sub-buffer at a time. Initially `"discard"`.
   */
  readonly mode?: "discard" | "overwrite";
  /** Makes the client of each CPU's ring. Initially none: sub-buffers have no header. */
  readonly client?: (cpu: number) => RingClient;
  /**
   * Milliseconds after which a sub-buffer with anything in it is handed to the reader, on the
   * thread that writes while that runs its event loop. Initially 0: only when it is full.
   */
  readonly switchTimerMs?: number;
  /**
   * Milliseconds after which the reader is woken if there is something for him. Initially 0: the
   * writer wakes him at each delivery.
   */
  readonly readTimerMs?: number;
}

/** Refuses with `EINVAL` what no ring can be put on. */
export function assertRingOptions(options: RingOptions): void {
  const { baseFilename, subbufSize, nSubbufs, mode = "discard" } = options;
  const refuse = (why: string): KernelError =>
    new KernelError("EINVAL", `Cannot open channel "${baseFilename}": ${why}`);
  if (nSubbufs < 2) throw refuse(`a ring needs 2 sub-buffers, not ${nSubbufs}`);
  if (subbufSize < PAGE_SIZE) {
    throw refuse(`sub-buffers of ${subbufSize} bytes are below ${PAGE_SIZE}`);
  }
  if (mode !== "discard" && mode !== "overwrite") throw refuse(`there is no mode "${mode}"`);
  for (const name of ["switchTimerMs", "readTimerMs"] as const) {
    const period = options[name] ?? 0;
    if (!(period >= 0 && period < 2 ** 31)) throw refuse(`${name} ${period} is no period`);
  }
}

/** Refuses with `EINVAL` a header that does not fit into a sub-buffer. */
export function assertHeader(headerSize: number, { baseFilename, subbufSize }: RingOptions): void {
  if (Number.isInteger(headerSize) && headerSize >= 0 && headerSize <= PAGE_SIZE) {
    if (headerSize < subbufSize) return;
  }
  const why = `a header of ${headerSize} bytes does not fit`;
  throw new KernelError("EINVAL", `Cannot open channel "${baseFilename}": ${why}`);
}
