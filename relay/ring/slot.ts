/** Largest alignment of a slot, in bytes: sub-buffers start at pages. */
export const MAX_SLOT_ALIGNMENT = 4096;

/** The first multiple of a power of two from `value` on. */
export function alignUp(value: number, alignment: number): number {
  return (value + alignment - 1) & -alignment;
}

/** Refuses with a `RangeError` what can be no slot. */
export function assertSlot(size: number, alignment: number): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`Cannot reserve ${size} bytes: not an integer from 1 on`);
  }
  const isPowerOfTwo = Number.isInteger(alignment) && (alignment & (alignment - 1)) === 0;
  if (!isPowerOfTwo || alignment < 1 || alignment > MAX_SLOT_ALIGNMENT) {
    const allowed = `a power of two up to ${MAX_SLOT_ALIGNMENT}`;
    throw new RangeError(`Cannot reserve at a multiple of ${alignment}: not ${allowed}`);
  }
}
