import type { Dentry } from "../hw/dentry.ts";
import type { Machine } from "../hw/machine.ts";
import type { RelayBuffer } from "./buffer.ts";
import { relayFileOperations } from "./file_operations.ts";

/**
 * What a client does at the edges of a buffer's life (`struct rchan_callbacks`). A member left out
 * makes a file in the machine's debugfs, and removes it.
 */
export interface RelayCallbacks {
  /**
   * Makes the file that stands for a buffer, `mode` being its permissions, and returns it; `null`
   * or an exception refuses the buffer. Called with the relay layer locked.
   */
  createBufFile?(
    filename: string,
    parent: Dentry | null,
    mode: number,
    buffer: RelayBuffer,
  ): Dentry | null;
  /** Removes the file when nobody refers to the buffer any more. The buffer goes in any case. */
  removeBufFile?(dentry: Dentry): void;
}

/** Makes the file of a buffer, by the client's callback or in debugfs. */
export function createBufFile(
  machine: Machine,
  callbacks: RelayCallbacks,
  ...[filename, parent, mode, buffer]: Parameters<NonNullable<RelayCallbacks["createBufFile"]>>
): Dentry | null {
  if (callbacks.createBufFile) return callbacks.createBufFile(filename, parent, mode, buffer);
  return machine.debugfs.createFile(filename, mode, parent, buffer, relayFileOperations);
}

/** Removes the file of a buffer, by the client's callback or itself. */
export function removeBufFile(callbacks: RelayCallbacks, dentry: Dentry): void {
  if (callbacks.removeBufFile) callbacks.removeBufFile(dentry);
  else if (dentry.exists) dentry.remove();
}
