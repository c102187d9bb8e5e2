import type { Address } from "../../hw/ram.ts";
import type { LostCounts } from "./lost.ts";

/**
 * What the ring does not know: the format of what is written (the client callbacks of LTTng's
 * `lib_ring_buffer_config`). Both callbacks run on the writing thread while it switches sub-buffers.
 * They cannot reserve ({@linkcode LOST_NESTED}) and should not throw: what they throw comes out of
 * the call that switched when the switch is done. If that is `reserve`, no slot is reserved; if it
 * reserved the last bytes of a sub-buffer, it comes out of `commit`.
 */
export interface RingClient {
  /** Bytes at the start of each sub-buffer that are the client's: 0 to 4,096, in one piece. */
  readonly headerSize: number;
  /**
   * A sub-buffer is opened, with its header at `header` (`buffer_begin`). `seq` counts the
   * sub-buffers opened since the ring was made, from 0.
   */
  bufferBegin?(header: Address, seq: number): void;
  /**
   * No slot will be reserved in a sub-buffer any more, though some may still be open (`buffer_end`).
   * `dataSize` counts its bytes from the header to the end of the last slot, `lost` the events lost
   * by now. Called again, with less, for a sub-buffer cut off where its thread died.
   */
  bufferEnd?(header: Address, dataSize: number, lost: LostCounts): void;
}
