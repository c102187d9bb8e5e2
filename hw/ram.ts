import { mapNewFile, mappedMemory } from "./mapped_file.ts";

/** Number of a page frame, counted from the start of RAM. */
export type Pfn = number;

/** Place of a byte in RAM: `pfn * PAGE_SIZE + offset in the page`. */
export type Address = number;

/** Binary logarithm of {@linkcode PAGE_SIZE}. x86-64, as all of this machine. */
export const PAGE_SHIFT: number = 12;
/** Bytes of a page. */
export const PAGE_SIZE: number = 4096;
/** Clears the offset within a page; for offsets below 2^31. */
export const PAGE_MASK: number = ~(PAGE_SIZE - 1);

/**
 * What RAM is made of: `"shared"`, a `SharedArrayBuffer` that workers can be given; `"plain"`, an
 * `ArrayBuffer` of this thread alone, on which long copies run about twice as fast; or a new file that is
 * mapped, and keeps what was stored when the process is killed. That takes `--allow-ffi`, `--allow-read`
 * and `--allow-write`, and of workers `--allow-ffi`.
 */
export type Backing = "shared" | "plain" | { readonly file: string };

/** Names RAM to another thread of the process: what `postMessage` takes as it is. */
export type RamHandle =
  | { readonly sab: SharedArrayBuffer }
  | { readonly address: bigint; readonly length: number };

/** The memory of RAM that another thread has named. Mapped memory needs `--allow-ffi`. */
export function openRam(handle: RamHandle): ArrayBufferLike {
  return "sab" in handle ? handle.sab : mappedMemory(handle.address, handle.length);
}

/** The machine's memory: one buffer, and the two views everything is read and written through. */
export class Ram {
  /** The memory itself. */
  readonly buffer: ArrayBufferLike;
  /** What other threads are given; `null` for memory of this thread alone. */
  readonly handle: RamHandle | null;
  /** All of it as bytes. */
  readonly bytes: Uint8Array;
  /** All of it as numbers of any size. */
  readonly view: DataView;

  /** Zeroed memory; the platform commits a page of it only when it is first used. */
  constructor(sizeBytes: number, backing: Backing) {
    [this.buffer, this.handle] = makeMemory(sizeBytes, backing);
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
  }
}

function makeMemory(length: number, backing: Backing): [ArrayBufferLike, RamHandle | null] {
  if (typeof backing === "object") {
    const { address, buffer } = mapNewFile(backing.file, length);
    return [buffer, { address, length }];
  }
  if (backing !== "shared" && backing !== "plain") {
    throw new TypeError(`Cannot back RAM with "${backing}"`);
  }
  try {
    if (backing === "plain") return [new ArrayBuffer(length), null];
    const sab = new SharedArrayBuffer(length);
    return [sab, { sab }];
  } catch (cause) {
    throw new RangeError(`Cannot boot with ${length} bytes of RAM`, { cause });
  }
}
