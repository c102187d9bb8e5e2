/**
 * Arithmetic on the offsets of a ring. An offset counts every byte the writer has passed since the
 * ring was made; it runs on for ever, modulo 2^32, and is kept as a signed 32-bit integer. All sizes
 * are powers of two. Formulas of LTTng, `frontend_internal.h`.
 */
export class RingGeometry {
  /** Bytes of a sub-buffer. */
  readonly subbufSize: number;
  /** Sub-buffers the writer goes round. */
  readonly nSubbufs: number;
  /** Bytes the writer goes round. */
  readonly bufSize: number;
  readonly #subbufOrder: number;
  readonly #nSubbufsOrder: number;

  /** @ignore `2 ** subbufOrder` bytes a sub-buffer, `2 ** nSubbufsOrder` sub-buffers. */
  constructor(subbufOrder: number, nSubbufsOrder: number) {
    this.#subbufOrder = subbufOrder;
    this.#nSubbufsOrder = nSubbufsOrder;
    // Not 2 ** …: V8 would keep these, and what is made of them, as doubles.
    this.subbufSize = 1 << subbufOrder;
    this.nSubbufs = 1 << nSubbufsOrder;
    this.bufSize = 1 << (subbufOrder + nSubbufsOrder);
  }

  /** Start of the sub-buffer that holds `offset`. */
  subbufTrunc(offset: number): number {
    return offset & -this.subbufSize;
  }

  /** Start of the next sub-buffer, also when `offset` is the start of one. */
  subbufAlign(offset: number): number {
    return (offset + this.subbufSize) & -this.subbufSize;
  }

  /** Which of the sub-buffers holds `offset`. */
  subbufIndex(offset: number): number {
    return (offset & (this.bufSize - 1)) >>> this.#subbufOrder;
  }

  /** Start of the lap that `offset` is in. */
  bufTrunc(offset: number): number {
    return offset & -this.bufSize;
  }

  /** Commit count of a sub-buffer when the lap that `offset` is in begins: a sub-buffer a lap. */
  lap(offset: number): number {
    return this.bufTrunc(offset) >>> this.#nSubbufsOrder;
  }

  /** Which sub-buffer an ID word names. */
  subbufOf(id: number): number {
    return (id & (this.bufSize - 1)) >>> 1;
  }

  /** Number of the sub-buffer at `offset`, counted from 0, after `wraps` times 2^32 bytes. */
  subbufSeq(wraps: number, offset: number): number {
    return wraps * 2 ** (32 - this.#subbufOrder) + (offset >>> this.#subbufOrder);
  }

  /** Whether a commit count says that the lap of `offset` is full: then the sub-buffer is. */
  isFull(commitCount: number, offset: number): boolean {
    return this.#sameLap(commitCount - this.subbufSize, offset);
  }

  /** Whether a commit count says that the lap of `offset` has not begun and the one before is full. */
  isFree(commitCount: number, offset: number): boolean {
    return this.#sameLap(commitCount, offset);
  }

  /** Commit counts run to 2^32, laps only to as many bytes as a sub-buffer has a share in. */
  #sameLap(commitCount: number, offset: number): boolean {
    return (commitCount & (-1 >>> this.#nSubbufsOrder)) === this.lap(offset);
  }
}
