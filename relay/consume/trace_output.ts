/** Where a trace goes. Its methods throw when that fails; then nothing more is to be written. */
export interface TraceOutput {
  /** What people call it, for messages: a directory's path. */
  readonly name: string;
  /** Appends to the metadata; whole declarations, before the packets that need them. */
  metadata(bytes: Uint8Array): void;
  /** Appends a packet to the stream of a CPU: the pieces in turn. */
  packet(cpu: number, pieces: readonly Uint8Array[]): void;
  /** Appends a packet that the next one of the CPU replaces: what is known of it now. */
  provisional(cpu: number, packet: Uint8Array): void;
  /** Throws if what was written is not there any more; only where that can be. */
  assertThere?(): void;
  /** Nothing more comes. */
  close(): void;
}
