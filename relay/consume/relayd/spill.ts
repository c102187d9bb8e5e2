import { thrownText } from "../../../hw/log.ts";
import { GrowingMetadata, type MetadataSource } from "../growing_metadata.ts";
import type { PacketCursor } from "../packet_cursor.ts";
import type { TraceOutput } from "../trace_output.ts";

/** Where packets go that a relay daemon cannot be sent: another output, as long as that works. */
export class Spill {
  readonly #output: TraceOutput;
  readonly #metadata: GrowingMetadata;
  readonly #say: (text: string) => void;
  #works = true;

  /** Writes to an output; `say` tells the user why it takes no more. */
  constructor(output: TraceOutput, source: MetadataSource & { say: (text: string) => void }) {
    this.#output = output;
    this.#metadata = new GrowingMetadata(source);
    this.#say = source.say;
    // Without metadata readers take it for no trace, if there is nothing to spill.
    this.#appendMetadata();
  }

  /** Whether packets can be written to it. */
  get works(): boolean {
    return this.#works;
  }

  /**
   * Writes what was taken of a stream and not confirmed, and releases it. Says whether there was
   * anything.
   */
  take(cpu: number, cursor: PacketCursor): boolean {
    if (!this.#works) return false;
    const before = cursor.unreleased.length;
    try {
      for (let packet; (packet = cursor.unreleased.at(0)) !== undefined; cursor.release()) {
        this.#appendMetadata();
        this.#output.packet(cpu, packet.pieces);
      }
    } catch (error) {
      this.#works = false;
      this.#say(`what the relay daemon misses cannot be written either: ${thrownText(error)}`);
    }
    return cursor.unreleased.length < before;
  }

  /** Closes the output. */
  close(): void {
    this.#output.close();
  }

  #appendMetadata(): void {
    this.#metadata.take((bytes) => this.#output.metadata(bytes));
  }
}
