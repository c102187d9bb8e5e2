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

/** Characters of a text that are shown, and of all texts of a sub-buffer. */
const TEXT_SHOWN = 14;
const TEXTS_SHOWN = 40;

/** A buffer while it lives, and who uses it. */
export class LiveBuffer {
  /** The buffer itself. */
  readonly buffer: RelayBuffer;
  /** Files open on it, the newest last. */
  readonly files: OpenFile[] = [];
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
      pages: this.#pfns.map((pfn) => ({ pfn, text: textIn(ram, pfn * PAGE_SIZE, PAGE_SIZE) })),
      cache: this.#cache,
      ring: ring && this.#ringState(ring, ram),
      kref: buffer.kref,
      holders: { ...buffer.references.held },
    };
  }

  #ringState({ memory }: RingBuffer, ram: Uint8Array): RingState {
    const { held } = this;
    const snapshot = snapshotRing(memory);
    const { subbufSize, nSubbufs } = memory.geometry;
    const current = Math.floor(snapshot.reserved / subbufSize) % nSubbufs;
    const levels = snapshot.places.map(({ writing }, place) =>
      !writing ? 0 : place === current ? snapshot.reserved % subbufSize : subbufSize
    );
    const used = memory.runs.map((_, i) => held?.index === i ? held.dataSize : 0);
    for (const [place, { subbuf, dataSize }] of snapshot.places.entries()) {
      used[subbuf] = Math.max(used[subbuf], dataSize, levels[place]);
    }
    return {
      ...snapshot,
      texts: memory.runs.map((_, i) => textsIn(memory.views(i, used[i]))),
      frames: memory.runs.map((_, i) =>
        memory.views(i, subbufSize).flatMap(({ byteOffset, length }) =>
          Array.from(
            { length: length / PAGE_SIZE },
            (_, page) => (byteOffset - ram.byteOffset) / PAGE_SIZE + page,
          )
        )
      ),
      levels,
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
  /** Whether its open is done. */
  opened = false;
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
      opened: this.opened,
      subbufSize,
      nSubbufs,
      buffers: Object.fromEntries(buffers),
      kref,
      holders: { ...this.channel.references.held },
    };
  }
}

function pageNumber({ offset }: { readonly offset: number }): number {
  return offset / PAGE_SIZE;
}

/** The first text between two addresses, cut. */
function textIn(ram: Uint8Array, address: number, length: number): string {
  return shortened(printable(ram.subarray(address, address + length))[0] ?? "", TEXT_SHOWN);
}

/** All texts in some memory, in order, cut. */
function textsIn(views: readonly Uint8Array[]): string {
  return shortened(views.flatMap(printable).join(", "), TEXTS_SHOWN);
}

/** Texts are what has no control characters in it; bytes that are no UTF-8 are shown as such. */
function printable(bytes: Uint8Array): string[] {
  // deno-lint-ignore no-control-regex
  return new TextDecoder().decode(bytes).split(/[\0-\x1f\x7f]+/).filter((text) => text !== "");
}

/** A text that may be long. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most).join("")}…` : text;
}
