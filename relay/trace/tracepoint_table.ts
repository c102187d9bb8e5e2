import { KernelError } from "../../hw/errno.ts";
import type { Address } from "../../hw/ram.ts";
import type { FieldLike } from "../ctf/field_types.ts";
import { eventMetadata } from "../ctf/metadata.ts";
import {
  COUNT,
  MAX_TRACEPOINTS,
  NAMES_AT,
  NAMES_END,
  NAMES_SIZE,
  TABLE_AT,
  TABLE_WORDS,
  TEXT_AT,
  TEXT_END,
  TEXT_SIZE,
} from "./registry_layout.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What is declared as a tracepoint. */
export interface Declaration {
  /** Its name, any text. */
  readonly name: string;
  /** How important its events are, 0 the most. */
  readonly loglevel: number;
  /** Fields of its events. */
  readonly fields: readonly FieldLike[];
  /** Bytes an event has at least, with a compact header. */
  readonly size: number;
}

/**
 * The tracepoints of a registry, with their metadata. What is published only grows: any thread reads
 * it at any time. What changes it is for one thread at a time, which has the registry's lock.
 */
export class TracepointTable {
  readonly #words: Int32Array;
  readonly #table: Int32Array;
  readonly #names: Uint8Array;
  readonly #text: Uint8Array;
  /** IDs by name, of those that were looked at. */
  readonly #ids = new Map<string, number>();

  /** The tracepoints of the registry at an address, of which `words` are the first. */
  constructor(ram: ArrayBufferLike, address: Address, words: Int32Array) {
    this.#words = words;
    this.#table = new Int32Array(ram, address + TABLE_AT, TABLE_WORDS * MAX_TRACEPOINTS);
    this.#names = new Uint8Array(ram, address + NAMES_AT, NAMES_SIZE);
    this.#text = new Uint8Array(ram, address + TEXT_AT, TEXT_SIZE);
  }

  /** Puts metadata before that of all tracepoints; `ENOSPC` when it is too long. */
  begin(metadata: string): void {
    const end = append(this.#text, 0, encoder.encode(metadata), "the metadata");
    Atomics.store(this.#words, TEXT_END, end);
  }

  /** Tracepoints declared so far; their IDs are below. */
  get count(): number {
    return Atomics.load(this.#words, COUNT);
  }

  /** Name of a tracepoint. */
  nameOf(id: number): string {
    const [at, length] = this.#table.subarray(TABLE_WORDS * id);
    return decoder.decode(this.#names.slice(at, at + length));
  }

  /** How important its events are. */
  loglevelOf(id: number): number {
    return this.#table[TABLE_WORDS * id + 4];
  }

  /** Bytes an event of it has at least. */
  sizeOf(id: number): number {
    return this.#table[TABLE_WORDS * id + 5];
  }

  /** Bytes of metadata there are. */
  get metadataLength(): number {
    return Atomics.load(this.#words, TEXT_END);
  }

  /** A copy of the metadata from byte `from` on, whole declarations. */
  metadata(from: number): Uint8Array<ArrayBuffer> {
    return this.#text.slice(from, this.metadataLength);
  }

  /** Counts the tracepoint of a thread that died when it had published the text, and nothing else was left to do. */
  finish(): void {
    const id = this.count;
    const [, , at, length] = this.#table.subarray(TABLE_WORDS * id);
    if (id < MAX_TRACEPOINTS && length > 0 && at + length === this.metadataLength) {
      Atomics.store(this.#words, COUNT, id + 1);
    }
  }

  /** ID of a declaration, `null` if its name is new; a `TypeError` if it was declared otherwise. */
  find({ name, loglevel, fields }: Declaration): number | null {
    while (this.#ids.size < this.count) this.#ids.set(this.nameOf(this.#ids.size), this.#ids.size);
    const id = this.#ids.get(name);
    if (id === undefined) return null;
    const [, , at, length] = this.#table.subarray(TABLE_WORDS * id);
    const text = decoder.decode(this.#text.slice(at, at + length));
    if (text === eventMetadata({ name, id, loglevel, fields }).toWellFormed()) return id;
    const what = "with other fields or another log level";
    throw new TypeError(`Cannot declare tracepoint "${name}": it is declared ${what}`);
  }

  /** Adds a declaration under the next ID, `count`; `ENOSPC` when there is no room for it. */
  add({ name, loglevel, fields, size }: Declaration): void {
    const id = this.count;
    const what = `tracepoint "${name}"`;
    if (id === MAX_TRACEPOINTS) throw noRoom(`declare ${what}`, `there are ${id} already`);
    const nameAt = this.#words[NAMES_END];
    const textAt = this.#words[TEXT_END];
    const nameBytes = encoder.encode(name);
    const text = encoder.encode(eventMetadata({ name, id, loglevel, fields }));
    const namesEnd = append(this.#names, nameAt, nameBytes, what);
    const textEnd = append(this.#text, textAt, text, what);
    this.#table.set(
      [nameAt, nameBytes.length, textAt, text.length, loglevel, size],
      TABLE_WORDS * id,
    );
    this.#words[NAMES_END] = namesEnd;
    Atomics.store(this.#words, TEXT_END, textEnd);
    Atomics.store(this.#words, COUNT, id + 1);
  }
}

function append(area: Uint8Array, at: number, bytes: Uint8Array, what: string): number {
  if (at + bytes.length > area.length) throw noRoom(`declare ${what}`, "the registry is full");
  area.set(bytes, at);
  return at + bytes.length;
}

function noRoom(action: string, why: string): KernelError {
  return new KernelError("ENOSPC", `Cannot ${action}: ${why}`);
}
