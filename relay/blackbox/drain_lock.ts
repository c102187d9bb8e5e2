import type { BoxFile } from "./box_file.ts";

/**
 * Makes a process the only one that drains a black box, until it is disposed of or the process ends. It is
 * a file beside the black box, which its own program has locked.
 */
export class DrainLock implements Disposable {
  /** The black box. */
  readonly box: BoxFile;
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /**
   * A `TypeError`, and nothing changed, for a black box whose program has an output of its own, a flight
   * recorder's, and one that another process drains. Needs `--allow-write` for `FILE.drained`.
   */
  constructor(box: BoxFile) {
    const { mode, output } = box.info.facts;
    const refuse = (why: string): never => {
      throw new TypeError(`Cannot drain ${box.path}: ${why}`);
    };
    if (output !== null) refuse(`its own session writes it to ${output}`);
    if (mode !== "continuous") refuse("it is a flight recorder's, which --live looks at");
    this.box = box;
    this.#path = `${box.path}.drained`;
    if (entryOf(this.#path)?.isFile === false) refuse(`${this.#path} is something else`);
    this.#file = Deno.openSync(this.#path, { create: true, write: true, mode: 0o600 });
    // Whoever had it may have removed it before it was locked here.
    const isOurs = this.#file.tryLockSync(true) &&
      entryOf(this.#path)?.ino === this.#file.statSync().ino;
    if (isOurs) return;
    this.#file.close();
    refuse("another process does");
  }

  /** Gives it free, and leaves no file. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.#path);
    this.#file.close();
  }
}

/** What is at a path, `null` for nothing; not where a link leads. */
function entryOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
