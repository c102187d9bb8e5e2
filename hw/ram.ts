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
 * What RAM is made of: `"shared"`, a `SharedArrayBuffer` that workers can be given, or `"plain"`,
 * an `ArrayBuffer` of this thread alone, on which long copies run about twice as fast.
 */
export type Backing = "shared" | "plain";

/** The machine's memory: one buffer, and the two views everything is read and written through. */
export class Ram {
  /** The memory itself. */
  readonly buffer: ArrayBufferLike;
  /** All of it as bytes. */
  readonly bytes: Uint8Array;
  /** All of it as numbers of any size. */
  readonly view: DataView;

  /** Zeroed memory; the platform commits a page of it only when it is first used. */
  constructor(sizeBytes: number, backing: Backing) {
    const Buffer = { shared: SharedArrayBuffer, plain: ArrayBuffer }[backing];
    if (Buffer === undefined) throw new TypeError(`Cannot back RAM with "${backing}"`);
    try {
      this.buffer = new Buffer(sizeBytes);
    } catch (cause) {
      throw new RangeError(`Cannot boot with ${sizeBytes} bytes of RAM`, { cause });
    }
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
  }
}
