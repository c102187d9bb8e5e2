import type { Registry } from "../trace/registry.ts";

/** A session's trace, as those know it who write its metadata. */
export interface MetadataSource {
  /** Tells the trace's packets. */
  readonly uuid: Uint8Array;
  /** Where it comes from. */
  readonly registry: Registry;
}

/**
 * The metadata of a session, which grows as tracepoints are declared. An event is declared before it is
 * recorded: who takes what there is before each packet has what the packet needs.
 */
export class GrowingMetadata {
  readonly #registry: Registry;
  /** Bytes that were taken. */
  #length: number;

  /** Begins at byte `from`. */
  constructor({ registry }: MetadataSource, from: number = 0) {
    this.#registry = registry;
    this.#length = from;
  }

  /** Hands on what has come since, whole declarations; nothing if there is none. What `write` throws is thrown. */
  take(write: (bytes: Uint8Array) => void): void {
    if (this.#registry.metadataLength === this.#length) return;
    const bytes = this.#registry.metadata(this.#length);
    write(bytes);
    this.#length += bytes.length;
  }
}
