/*
 * Reads packets back by the types of their fields, written from CTF 1.8 alone: it shares nothing with
 * the writers but the types. Numbers of 64 bits are bigints, enumerations their values.
 */
import { assertEquals } from "@std/assert";
import type { FieldLike, FieldType, IntegerType } from "@ltt/relay/ctf";

/** A value read back. */
export type Decoded = number | bigint | string | Decoded[] | { [name: string]: Decoded };

/** A tracepoint whose events can be read. */
export interface Described {
  readonly id: number;
  readonly fields: readonly FieldLike[];
}

/** An event read back. */
export interface DecodedEvent {
  readonly id: number;
  /** The timestamp's bits as they are in the header: 32 in a compact one, 64 in an extended one. */
  readonly timestamp: bigint;
  readonly extended: boolean;
  /** The time: a timestamp of fewer bits is the clock's next one that ends in them. CTF 1.8, 8. */
  readonly time: bigint;
  readonly context: Record<string, Decoded>;
  readonly fields: Record<string, Decoded>;
}

/** All events of a packet, which must end where the packet says. */
export function decodePacket(
  bytes: Uint8Array<ArrayBuffer>,
  context: readonly FieldLike[],
  described: readonly Described[],
): DecodedEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = Number(view.getBigUint64(48, true)) / 8;
  const decoder = new Decoder(bytes, 84);
  const events: DecodedEvent[] = [];
  let time = view.getBigUint64(32, true);
  while (decoder.at < end) {
    const compactId = decoder.unsigned(16);
    const extended = compactId === 65535n;
    const id = Number(extended ? decoder.unsigned(32) : compactId);
    const timestamp = decoder.unsigned(extended ? 64 : 32);
    time = extended ? timestamp : time + BigInt.asUintN(32, timestamp - time);
    const tracepoint = described.find((one) => one.id === id);
    if (tracepoint === undefined) throw new TypeError(`No tracepoint ${id} at ${decoder.at}`);
    const contextValues = decoder.struct(context);
    const fields = decoder.struct(tracepoint.fields);
    events.push({ id, timestamp, extended, time, context: contextValues, fields });
  }
  assertEquals(decoder.at, end, "end of the last event");
  return events;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Decoder {
  at: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  constructor(bytes: Uint8Array<ArrayBuffer>, at: number) {
    this.at = at;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  unsigned(size: 8 | 16 | 32 | 64): bigint {
    let value = 0n;
    for (let i = 0; i < size / 8; i++) value |= BigInt(this.#bytes[this.at++]) << BigInt(8 * i);
    return value;
  }

  struct(fields: readonly FieldLike[]): Record<string, Decoded> {
    return Object.fromEntries(fields.map(({ name, type }) => [name, this.#value(type)]));
  }

  #value(type: FieldType): Decoded {
    switch (type.kind) {
      case "integer":
        return this.#integer(type);
      case "enumeration":
        return this.#integer(type.container);
      case "float": {
        const at = this.at;
        this.at += type.size / 8;
        return type.size === 32 ? this.#view.getFloat32(at, true) : this.#view.getFloat64(at, true);
      }
      case "string": {
        const end = this.#bytes.indexOf(0, this.at);
        const text = utf8.decode(this.#bytes.subarray(this.at, end));
        this.at = end + 1;
        return text;
      }
      case "struct":
        return this.struct(type.fields);
      case "array":
        return Array.from({ length: type.length }, () => this.#value(type.element));
      case "sequence": {
        const length = Number(this.unsigned(32));
        return Array.from({ length }, () => this.#value(type.element));
      }
    }
  }

  #integer({ size, signed }: IntegerType): number | bigint {
    const bits = this.unsigned(size);
    const value = signed ? BigInt.asIntN(size, bits) : bits;
    return size === 64 ? value : Number(value);
  }
}
