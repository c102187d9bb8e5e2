import { CtfError } from "../ctf_error.ts";
import { METADATA_HEADER_SIZE, METADATA_MAGIC } from "../metadata_packet.ts";

/** Longest metadata, in bytes. */
const MAX_SIZE = 64 * 2 ** 20;
/** The file of the metadata of a trace. */
const FILE = "metadata";
/** In front of text that is not in packets. CTF 1.8, 7.1. */
const SIGNATURE = /^\s*\/\*\s*CTF\s+1\.8\s*\*\//;

/** Text of a packet, or of all. */
interface Piece {
  /** Where it begins in the file. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** The text of metadata, and where in its file everything in it is. */
export class MetadataText {
  /** The declarations. */
  readonly text: string;
  readonly #pieces: readonly Piece[];

  /**
   * Takes the text out of the packets of either byte order, if it is in any. A `CtfError` for broken
   * packets, for text that does not say it is CTF 1.8, and for more than 64 MiB. Only what `isFirst` has to
   * say so.
   */
  constructor(metadata: Uint8Array, isFirst: boolean = true) {
    if (metadata.length > MAX_SIZE) {
      const most = `at most ${MAX_SIZE} are taken`;
      throw new CtfError(`Cannot read metadata of ${metadata.length} bytes: ${most}`, FILE, 0);
    }
    const isLittle = packetOrder(metadata, 0);
    this.#pieces = isLittle === null ? [{ at: 0, bytes: metadata }] : pieces(metadata, isLittle);
    const decoder = new TextDecoder();
    this.text = this.#pieces.map(({ bytes }) => decoder.decode(bytes, { stream: true })).join("");
    if (isLittle === null && isFirst && !SIGNATURE.test(this.text)) {
      const why = 'it is neither in packets nor begins with "/* CTF 1.8 */"';
      throw new CtfError(`Cannot read metadata: ${why}`, FILE, 0);
    }
  }

  /** An error about what is at a place of the text. */
  error(message: string, index: number): CtfError {
    const before = this.text.slice(0, index);
    const line = before.split("\n").length;
    let rest = new TextEncoder().encode(before).length;
    for (const { at, bytes } of this.#pieces) {
      if (rest < bytes.length) return this.#error(message, line, at + rest);
      rest -= bytes.length;
    }
    // It is the end, or bytes that are no UTF-8 have become longer.
    const last = this.#pieces.at(-1)!;
    return this.#error(message, line, last.at + last.bytes.length);
  }

  #error(message: string, line: number, offset: number): CtfError {
    return new CtfError(`Cannot read metadata, line ${line}: ${message}`, FILE, offset);
  }
}

/** Whether a packet's numbers are little-endian; `null` if none begins there. */
function packetOrder(metadata: Uint8Array, at: number): boolean | null {
  if (metadata.length < at + 4) return null;
  const view = new DataView(metadata.buffer, metadata.byteOffset + at);
  if (view.getUint32(0, true) === METADATA_MAGIC) return true;
  return view.getUint32(0, false) === METADATA_MAGIC ? false : null;
}

function pieces(metadata: Uint8Array, isLittle: boolean): Piece[] {
  const all: Piece[] = [];
  for (let at = 0; at < metadata.length;) {
    const packet = metadata.subarray(at);
    const fail = (why: string): never => {
      throw new CtfError(`Cannot read a packet of metadata: ${why}`, FILE, at);
    };
    if (packet.length < METADATA_HEADER_SIZE) fail(`only ${packet.length} bytes are there`);
    if (packetOrder(metadata, at) !== isLittle) fail("none begins here");
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const [content, size] = [view.getUint32(24, isLittle) / 8, view.getUint32(28, isLittle) / 8];
    const isSane = Number.isInteger(content) && Number.isInteger(size) &&
      content >= METADATA_HEADER_SIZE && content <= size;
    if (!isSane) fail(`${content} of ${size} bytes are said to be used`);
    if (size > packet.length) fail(`of ${size} bytes only ${packet.length} are there`);
    if (packet[32] !== 0 || packet[33] !== 0) fail("it is compressed or encrypted");
    if (packet[35] !== 1 || packet[36] !== 8) {
      fail(`version ${packet[35]}.${packet[36]} is not 1.8`);
    }
    all.push({
      at: at + METADATA_HEADER_SIZE,
      bytes: packet.subarray(METADATA_HEADER_SIZE, content),
    });
    at += size;
  }
  return all;
}
