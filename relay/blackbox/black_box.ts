import { assertMappable, mapNewFile } from "../../hw/mapped_file.ts";
import { type MappedRam, PAGE_SIZE } from "../../hw/ram.ts";
import {
  type BoxInfo,
  type BoxState,
  readState,
  STATE_AT,
  stateOf,
  stateWord,
  SUPERBLOCK_SIZE,
  writeSuperblock,
} from "./superblock.ts";

/**
 * The file in which a session's memory lies, for the thread that makes it. It is locked while the session
 * records, also against a program that has the same name for it.
 */
export class BlackBox {
  /** Where it is. */
  readonly path: string;
  /** What the session's machine has as RAM. */
  readonly ram: MappedRam;
  readonly #superblock: Uint8Array;
  readonly #state: Int32Array;
  readonly #frames: number;
  readonly #close: () => void;

  /**
   * Makes a file for so many pages of RAM, in place of a black box that holds nothing. An error, and nothing
   * changed, for a file that holds a trace nobody has recovered, that is in use, or is something else, a
   * link too; and as of `mapNewFile`.
   */
  constructor(path: string, frames: number) {
    const length = frames * PAGE_SIZE;
    assertMappable(path);
    ifReplaceable(path, () => Deno.removeSync(path));
    const { address, buffer, reserve, close } = mapNewFile(path, SUPERBLOCK_SIZE + length);
    this.ram = {
      address: address + BigInt(SUPERBLOCK_SIZE),
      length,
      reserve: (offset, length) => reserve(SUPERBLOCK_SIZE + offset, length),
    };
    this.#superblock = new Uint8Array(buffer, 0, SUPERBLOCK_SIZE);
    this.#state = new Int32Array(buffer, STATE_AT, 1);
    this.path = path;
    this.#frames = frames;
    this.#close = close;
    if (!reserve(0, SUPERBLOCK_SIZE)) {
      this.remove();
      throw new Error(`Cannot make black box ${path}: its disk is full`);
    }
    writeSuperblock(this.#superblock, null);
  }

  /** Says what is in it, before the first event: from now on it holds a trace. */
  describe(info: Omit<BoxInfo, "frames">): void {
    writeSuperblock(this.#superblock, { ...info, frames: this.#frames });
    this.state = "holds a trace";
  }

  /** What is in it. */
  get state(): BoxState {
    return stateOf(Atomics.load(this.#state, 0))!;
  }

  /** Says what is in it now. */
  set state(state: BoxState) {
    Atomics.store(this.#state, 0, stateWord(state));
  }

  /** Unlocks the file. Its memory stays until the process ends. */
  close(): void {
    this.#close();
  }

  /** Closes the file and removes it: the session could not begin. */
  remove(): void {
    this.#close();
    Deno.removeSync(this.path);
  }
}

/** Refuses a file that a session must not replace; errors as of {@linkcode BlackBox}. Changes nothing. */
export function assertBoxReplaceable(path: string): void {
  ifReplaceable(path, () => {});
}

/** Does something to a black box that holds nothing, if it is there; anything else is refused. */
function ifReplaceable(path: string, body: () => void): void {
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot make black box ${path}: ${why}`);
  };
  let file;
  try {
    // To open a pipe would wait for somebody at its other end.
    if (!Deno.lstatSync(path).isFile) refuse("there is something else");
    file = Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  try {
    if (!file.tryLockSync(true)) refuse("another process uses it");
    const page = new Uint8Array(SUPERBLOCK_SIZE);
    file.readSync(page);
    const state = readState(page) ?? refuse("there is something else");
    if (state === "holds a trace") {
      refuse("it holds a trace that was not recovered: recover it, or remove it");
    }
    // Somebody else may have made it anew before it was locked here.
    if (Deno.lstatSync(path).ino !== file.statSync().ino) refuse("another process uses it");
    body();
  } finally {
    file.close();
  }
}
