/** Bytes that can be read from any place on: a file's, or others. */
export interface ByteSource {
  /** How many there are; may grow. */
  readonly size: number;
  /** Copies bytes from `offset` on to `into`; returns how many, fewer than fit only where it ends. */
  read(offset: number, into: Uint8Array): number;
}

/** The bytes of an array. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
  };
}
