import {
  type OpenFile,
  PAGE_SIZE,
  type RelayBuffer,
  type RelayChannel,
  RingBuffer,
  type RingChannel,
  type RingReader,
  snapshotRing,
  type Subbuf,
} from "../../mod.ts";
import type { BufferState, ChannelState, RingState } from "./state.ts";

/** Characters of a text that are shown. */
const TEXT_SHOWN = 14;

/** A buffer while it lives, and who uses it. */
export class LiveBuffer {
  /** The buffer itself. */
  readonly buffer: RelayBuffer;
  /** Files open on it, the newest last. */
  readonly files: OpenFile[] = [];
  /** References the user has taken. */
  users = 0;
  /** The reader of its ring, as long as one is attached. */
  reader: RingReader | null = null;
  /** The sub-buffer that the reader has got. */
  held: Subbuf | null = null;
  /** Frames, as they were when it was made. */
  readonly #pfns: readonly number[];
  /** Its caches when they could last be seen. */
  #cache = { w: 0, r: 0, h0: 0, h1: 0 };

  /** A buffer that was just made. */
  constructor(buffer: RelayBuffer) {
    this.buffer = buffer;
    this.#pfns = buffer.pages.map(({ page }) => page.pfn);
  }

  /** Whether it is gone, with its pages. */
  get isFreed(): boolean {
    return this.buffer.pages.length === 0;
  }

  /** The ring on it; `null` when there is none. */
  get ring(): RingBuffer | null {
    return RingBuffer.of(this.buffer) ?? null;
  }

  /** As it is drawn; `ram` is the machine's. */
  state(ram: Uint8Array): BufferState {
    const { buffer, ring } = this;
    if (buffer.kref > 0) {
      const [h0, h1] = buffer.hpage.map(pageNumber);
      this.#cache = { w: pageNumber(buffer.wpage), r: pageNumber(buffer.rpage), h0, h1 };
    }
    return {
      kref: buffer.kref,
      users: this.users,
      files: this.files.length,
      pages: this.#pfns.map((pfn) => ({ pfn, text: textIn(ram, pfn * PAGE_SIZE, PAGE_SIZE) })),
      cache: this.#cache,
      ring: ring && this.#ringState(ring, ram),
    };
  }

  #ringState({ memory }: RingBuffer, ram: Uint8Array): RingState {
    const { held } = this;
    const snapshot = snapshotRing(memory);
    const { subbufSize } = memory.geometry;
    return {
      ...snapshot,
      texts: memory.runs.map((_, i) => textIn(ram, memory.subbufAddress(i), subbufSize)),
      held: held && { seq: held.seq, subbuf: held.index },
      missed: this.reader?.missed ?? 0,
      slotOpen: snapshot.reserved !== snapshot.committed,
    };
  }
}

/** A channel from the moment one of its buffers is there until it is freed. */
export class LiveChannel {
  /** The channel itself. */
  readonly channel: RelayChannel;
  /** `relay`, or the mode of its rings. */
  readonly mode: string;
  /** Its rings; `null` for a channel without, and while it is being opened. */
  rings: RingChannel | null = null;
  /** References the user has taken. */
  users = 0;
  /** Buffers that are not freed, by CPU. */
  readonly buffers: Map<number, LiveBuffer> = new Map();

  /** A channel whose first buffer was just made. */
  constructor(channel: RelayChannel, mode: string) {
    this.channel = channel;
    this.mode = mode;
  }

  /** As it is drawn. */
  state(ram: Uint8Array): ChannelState {
    const { closed, kref, subbufSize, nSubbufs } = this.channel;
    const buffers = [...this.buffers].map(([cpu, buffer]) => [cpu, buffer.state(ram)]);
    return {
      mode: this.mode,
      closed,
      kref,
      users: this.users,
      subbufSize,
      nSubbufs,
      buffers: Object.fromEntries(buffers),
    };
  }
}

function pageNumber({ offset }: { readonly offset: number }): number {
  return offset / PAGE_SIZE;
}

/** The first printable text between two addresses. */
function textIn(ram: Uint8Array, address: number, length: number): string {
  const end = address + length;
  let at = address;
  while (at < end && !isPrintable(ram[at])) at++;
  let text = "";
  while (at < end && text.length < TEXT_SHOWN && isPrintable(ram[at])) {
    text += String.fromCharCode(ram[at++]);
  }
  return text;
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}
