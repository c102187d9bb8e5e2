import { assertReplaceable, inUse, LOCK_FILE, removeOurs } from "./output_directory.ts";

/**
 * Keeps a directory for the snapshots of one session: what is there of earlier ones is removed, and
 * another session is refused until this one is closed or the process ends.
 */
export class DirectoryLock {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /** Makes the directory, or empties it; a `TypeError` as of `assertReplaceable`. */
  constructor(directory: string) {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    assertReplaceable(directory);
    this.#path = `${directory}/${LOCK_FILE}`;
    // Never removed to be made again: another session may have the lock by now.
    this.#file = Deno.openSync(this.#path, { create: true, write: true, mode: 0o600 });
    try {
      if (!this.#file.tryLockSync(true)) throw inUse(directory);
      removeOurs(directory, LOCK_FILE);
      this.#file.truncateSync();
      this.#file.writeSync(new TextEncoder().encode(`vpid = ${Deno.pid};\n`));
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** Gives the directory free, and removes the file if that needs nobody to be asked. */
  close(): void {
    const { state } = Deno.permissions.querySync({ name: "write", path: this.#path });
    try {
      if (state === "granted") Deno.removeSync(this.#path);
    } catch {
      // It is not locked any more: the next session replaces it.
    }
    this.#file.close();
  }
}
