import type { ByteSource } from "../ctf/mod.ts";

/** Bytes by which the begin of a packet is known again: as a rule its header and context are in there. */
const HEAD_SIZE = 256;

/** Bytes that a packet at a byte of its file has by its begin, `null` if that is not all there. */
export type SizeOf = (head: Uint8Array, available: number, at: number) => number | null;

/** A packet of a file. */
export interface FollowedPacket {
  /** Where it begins in the file. */
  readonly at: number;
  /** How it begins. */
  readonly head: Uint8Array;
  /** All of it, `null` when it may be just being written: then it is the last one. */
  readonly bytes: Uint8Array | null;
}

/**
 * A stream's file that somebody writes to: gives its packets when they are all there. The last one may be
 * replaced by a longer one with the same number; then it is given again. It may be just being written over,
 * so it is given when it was the same at two looks, or another one begins behind it.
 */
export class FollowedFile {
  readonly #source: ByteSource;
  /** Where the packet begins that is not given yet, or the last one. */
  #at = 0;
  /** How the packet there begins, at the look before. */
  #seen: Uint8Array | null = null;
  /** How it began when it was given. */
  #given: Uint8Array | null = null;

  /** Begins with the file's first packet. */
  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The packets there are now that were not given like that; with `isOver` nobody writes any more. */
  *packets(sizeOf: SizeOf, isOver: boolean): Generator<FollowedPacket, void, void> {
    const { size } = this.#source;
    // A rotation has begun to write over it.
    if (size < this.#at) this.#moveTo(0);
    while (this.#at < size) {
      const available = size - this.#at;
      let begin = this.#read(Math.min(HEAD_SIZE, available));
      let packetSize = sizeOf(begin, available, this.#at);
      while (packetSize === null && begin.length < available) {
        const longer = this.#read(Math.min(2 * begin.length, available));
        // It was made shorter meanwhile.
        if (longer.length <= begin.length) return;
        begin = longer;
        packetSize = sizeOf(begin, available, this.#at);
      }
      if (packetSize === null || packetSize > available) return;
      const head = begin.subarray(0, packetSize);
      const isLast = packetSize === available;
      if (this.#given === null || !isSame(head, this.#given)) {
        const isSettled = !isLast || isOver || (this.#seen !== null && isSame(head, this.#seen));
        const bytes = isSettled ? this.#whole(head, packetSize) : null;
        if (bytes === null) {
          this.#seen = head;
          yield { at: this.#at, head, bytes };
          return;
        }
        yield { at: this.#at, head, bytes };
        // Only now was it taken.
        this.#given = head;
      }
      if (isLast) return;
      this.#moveTo(this.#at + packetSize);
    }
  }

  #moveTo(at: number): void {
    this.#at = at;
    this.#seen = null;
    this.#given = null;
  }

  /** A packet that begins like that; `null` if it does not any more. */
  #whole(head: Uint8Array, size: number): Uint8Array | null {
    const packet = this.#read(size);
    const isWhole = packet.length === size && isSame(packet.subarray(0, head.length), head) &&
      isSame(this.#read(head.length), head);
    return isWhole ? packet : null;
  }

  #read(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, this.#source.read(this.#at, bytes));
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
