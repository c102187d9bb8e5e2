import { assertThere, inUse, LOCK_FILE, takeDirectory } from "./output_directory.ts";

/**
 * Keeps a directory for the snapshots of one session: what is there of earlier ones is removed, and
 * another session is refused until this one is closed or the process ends.
 */
export class DirectoryLock {
  readonly #directory: string;
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /** Makes the directory, or empties it; a `TypeError` as of `assertReplaceable`. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#path = `${directory}/${LOCK_FILE}`;
    this.#file = takeDirectory(directory, () => {
      const file = Deno.openSync(this.#path, { create: true, write: true, mode: 0o600 });
      try {
        if (!file.tryLockSync(true)) throw inUse(directory);
        file.writeSync(new TextEncoder().encode(`vpid = ${Deno.pid};\n`));
        return file;
      } catch (error) {
        file.close();
        throw error;
      }
    });
  }

  /** Refuses with a `NotFound` error to go on when the directory was removed. */
  assertHeld(): void {
    assertThere(this.#file, this.#directory);
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
