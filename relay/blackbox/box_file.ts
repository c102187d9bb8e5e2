import { type Address, PAGE_SIZE, type Pfn } from "../../hw/ram.ts";
import { readAt } from "../consume/file_bytes.ts";
import {
  type BoxInfo,
  type BoxState,
  readState,
  readSuperblock,
  STATE_AT,
  stateWord,
  SUPERBLOCK_SIZE,
} from "./superblock.ts";

/**
 * A black box as somebody else than its program reads it: nothing of it is believed before it is checked.
 * What is loaded stands in memory of the size of the machine's, of which the platform commits only that.
 */
export class BoxFile {
  /** Where it is. */
  readonly path: string;
  /** What its superblock says. */
  readonly info: BoxInfo;
  /** Whether its state can be set. */
  readonly writes: boolean;
  readonly #file: Deno.FsFile;
  /** A bit a frame: whether it is claimed. */
  readonly #claimed: Uint8Array;
  #ram: ArrayBuffer | null = null;

  /**
   * Opens a black box, to set its state too if `writes`. A `TypeError` that says what is wrong for a file
   * that is none, or damaged; what the system has against it is thrown as it is. Needs `--allow-read`, and
   * `--allow-write` if `writes`.
   */
  constructor(path: string, writes: boolean) {
    this.path = path;
    this.writes = writes;
    // To open a pipe would wait for somebody at its other end.
    const { isFile } = Deno.statSync(path);
    if (!isFile) throw new TypeError(`Cannot read black box ${path}: it is no file`);
    this.#file = Deno.openSync(path, { read: true, write: writes });
    try {
      const { size } = this.#file.statSync();
      const page = new Uint8Array(SUPERBLOCK_SIZE);
      const length = readAt(this.#file, 0, page);
      this.info = readSuperblock(path, page.subarray(0, length), size);
    } catch (error) {
      this.#file.close();
      throw error;
    }
    this.#claimed = new Uint8Array(Math.ceil(this.info.frames / 8));
  }

  /** What was loaded of the machine's RAM, at its address. */
  get ram(): ArrayBuffer {
    return this.#ram ??= new ArrayBuffer(this.#ramSize);
  }

  /** Locks it, unless its program still runs, or somebody else recovers it; says whether that is done. */
  tryLock(): boolean {
    return this.#file.tryLockSync(true);
  }

  /** What is in it; may change while its program runs. */
  get state(): BoxState {
    const page = new Uint8Array(SUPERBLOCK_SIZE);
    readAt(this.#file, 0, page);
    return readState(page) ?? "empty";
  }

  /** Says what is in it now. */
  set state(state: BoxState) {
    this.#file.seekSync(STATE_AT, Deno.SeekMode.Start);
    this.#file.writeSync(new Uint8Array([stateWord(state), 0, 0, 0]));
  }

  /** Reads a part of RAM; a `TypeError` when it is not there, or the file was cut off meanwhile. */
  read(address: Address, into: Uint8Array): void {
    const isInside = address >= 0 && address + into.length <= this.#ramSize;
    if (isInside && readAt(this.#file, SUPERBLOCK_SIZE + address, into) === into.length) return;
    throw new TypeError(
      `Cannot read black box ${this.path}: ${into.length} bytes at ${address} are not there`,
    );
  }

  /** Reads a part of RAM into its place in {@linkcode BoxFile.ram}. */
  load(address: Address, length: number): void {
    if (!(address >= 0 && address + length <= this.#ramSize)) {
      throw new TypeError(`Cannot read black box ${this.path}: RAM has no byte ${address}`);
    }
    this.read(address, new Uint8Array(this.ram, address, length));
  }

  /** Takes frames for one purpose. A `TypeError` for frames there are not, or that have another one. */
  claim(pfn: Pfn, frames: number, use: string): void {
    const refuse = (why: string): never => {
      throw new TypeError(`Cannot take ${frames} pages at page ${pfn} for a ${use}: ${why}`);
    };
    if (!(pfn >= 0 && frames > 0 && pfn + frames <= this.info.frames)) {
      refuse(`there are ${this.info.frames}`);
    }
    for (let frame = pfn; frame < pfn + frames; frame++) {
      const bit = 1 << (frame & 7);
      if ((this.#claimed[frame >>> 3] & bit) !== 0) refuse(`page ${frame} has another use`);
      this.#claimed[frame >>> 3] |= bit;
    }
  }

  /** Closes and unlocks it. */
  close(): void {
    this.#file.close();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  get #ramSize(): number {
    return this.info.frames * PAGE_SIZE;
  }
}
