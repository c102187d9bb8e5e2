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
 * `ArrayBuffer` of this thread alone, on which long copies run about twice as fast; a new file that is
 * mapped, and keeps what was stored when the process is killed, and is open and locked until the process
 * ends; or a part of such a file. A file takes `--allow-ffi` and `--allow-write`, and of workers
 * `--allow-ffi`.
 */
export type Backing = "shared" | "plain" | { readonly file: string } | MappedRam;

/** Zeroed memory that is mapped already, of as many bytes as the machine has. */
export interface MappedRam {
  /** Where it begins in the process's memory. */
  readonly address: bigint;
  /** Bytes of it. */
  readonly length: number;
  /** Takes room for a part of it where the memory is kept; `false` where there is none. */
  reserve(offset: number, length: number): boolean;
}

/** Names RAM to another thread of the process: what `postMessage` takes as it is. */
export type RamHandle =
  | { readonly sab: SharedArrayBuffer }
  | { readonly address: bigint; readonly length: number };

/** The memory of RAM that another thread has named. Mapped memory needs `--allow-ffi`. */
export function openRam(handle: RamHandle): ArrayBufferLike {
  return "sab" in handle ? handle.sab : mappedMemory(handle.address, handle.length);
}

/** Bytes for which room is taken at a time. */
const RESERVED_AT_ONCE = 2 ** 20;

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
  /** `null` where memory needs no room elsewhere. */
  readonly #mapped: MappedRam | null;
  /** By stretch of `RESERVED_AT_ONCE` bytes, whether there is room for it. */
  readonly #reserved: Uint8Array;

  /** @ignore Zeroed memory; the platform commits a page of it only when it is first used. */
  constructor(sizeBytes: number, backing: Backing) {
    const mapped = typeof backing === "object" ? mappedRam(sizeBytes, backing) : null;
    [this.buffer, this.handle] = mapped === null
      ? makeMemory(sizeBytes, backing)
      : [mappedMemory(mapped.address, sizeBytes), { address: mapped.address, length: sizeBytes }];
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
    this.#mapped = mapped;
    this.#reserved = new Uint8Array(mapped === null ? 0 : Math.ceil(sizeBytes / RESERVED_AT_ONCE));
  }

  /**
   * Makes sure that a part of it can be stored to; `false` when the disk has no room for it. A file is
   * sparse: a store that the disk has no room for would end the process.
   */
  reserve(address: Address, length: number): boolean {
    if (this.#mapped === null) return true;
    const last = Math.floor((address + length - 1) / RESERVED_AT_ONCE);
    for (let i = Math.floor(address / RESERVED_AT_ONCE); i <= last; i++) {
      if (this.#reserved[i] === 1) continue;
      const begin = i * RESERVED_AT_ONCE;
      const end = Math.min(begin + RESERVED_AT_ONCE, this.bytes.length);
      if (!this.#mapped.reserve(begin, end - begin)) return false;
      this.#reserved[i] = 1;
    }
    return true;
  }
}

function mappedRam(sizeBytes: number, backing: { readonly file: string } | MappedRam): MappedRam {
  if ("file" in backing) {
    const { address, reserve } = mapNewFile(backing.file, sizeBytes);
    return { address, length: sizeBytes, reserve };
  }
  if (backing.length === sizeBytes) return backing;
  throw new RangeError(
    `Cannot boot with ${sizeBytes} bytes of RAM on ${backing.length} mapped ones`,
  );
}

function makeMemory(length: number, backing: Backing): [ArrayBufferLike, RamHandle | null] {
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
