/*
 * The same script on two rings: one whose counters begin low, one whose counters pass a limit on the
 * way. Whatever is seen of them must be the same, counted from where each began.
 */
import { PAGE_SIZE } from "@ltt/relay/hw";
import {
  type FlushMode,
  type LostCounts,
  type RingClient,
  RingMemory,
  RingReader,
  RingWriter,
} from "@ltt/relay/ring";
import { assertRepairable, isStored, storedSubbufs } from "../../../relay/ring/stored_subbufs.ts";
import { peekOpenSubbuf, ringLost } from "../../../relay/ring/peek.ts";
import { LOST, READER } from "../../../relay/ring/control.ts";
import { LOST_CAUSES } from "../../../relay/ring/lost.ts";
import { eventBytes } from "../ring/bytes.ts";
import { dataOf, TestRing } from "../ring/support.ts";
import { watchStores } from "../ring/watched_words.ts";

/** Bytes the client has at the start of each sub-buffer. */
const HEADER_SIZE = 8;
/** Sub-buffers of the rings, a page each. */
export const N_SUBBUFS = 4;

/** How a ring discards or overwrites. */
export type Mode = "discard" | "overwrite";

/** A step of a script. */
export type Step =
  /** An event, or the first half of one. */
  | { readonly act: "event" | "reserve"; readonly size: number }
  /** Commits one of the open slots. */
  | { readonly act: "commit"; readonly which: number }
  | { readonly act: "flush"; readonly how: FlushMode }
  /** Gets a sub-buffer, and puts it; consumed or not. */
  | { readonly act: "read"; readonly consumes: boolean }
  /** The writing thread is dead: another one takes over. */
  | { readonly act: "takeOver" }
  /** The reading thread closes, and another one attaches. */
  | { readonly act: "nextReader" };

/** Where the counters of a ring begin. */
export interface Start {
  /** Number of the first sub-buffer; a page each, so its offset is 4,096 times that. */
  readonly seq: number;
  /** What each word of losses says then. */
  readonly lost: number;
}

/** Where a ring begins that is far from any limit, its places like those of another one. */
export function lowStart({ seq }: Start): Start {
  return { seq: N_SUBBUFS + seq % N_SUBBUFS, lost: 0 };
}

/** What was seen, as text, so that any two can be compared; nothing in it depends on the start. */
export type Seen = string;

/** A ring that a script runs on. */
export class WrappedRing implements Disposable {
  readonly #start: Start;
  readonly #test: TestRing;
  readonly #slots: number[] = [];
  readonly #begun: number[] = [];
  #writer: RingWriter;
  #reader: RingReader;
  #events = 0;
  /** For copies of RAM, one after the other. */
  readonly #copy: SharedArrayBuffer;

  /** `afterStore` is called behind each store of the writer; `Atomics` must be watched then. */
  constructor(mode: Mode, start: Start, afterStore: ((ring: WrappedRing) => void) | null = null) {
    this.#start = start;
    this.#test = new TestRing({
      mode,
      nSubbufs: N_SUBBUFS,
      headerSize: HEADER_SIZE,
      firstSeq: start.seq,
    });
    this.#copy = new SharedArrayBuffer(this.#test.machine.ram.buffer.byteLength);
    const { control } = this.#test.memory;
    for (let i = 0; i < LOST_CAUSES; i++) control[LOST + i] = start.lost;
    this.#writer = this.#newWriter(afterStore);
    this.#writer.attach();
    this.#reader = this.#test.reader();
  }

  [Symbol.dispose](): void {
    // Slots may be open, which only a successor can end.
    const last = this.#newWriter(null);
    last.takeOver();
    last.detach();
    this.#reader.close();
    this.#test[Symbol.dispose]();
  }

  /** Does a step, and says what came of it and all that can be seen then. */
  step(step: Step): Seen {
    return JSON.stringify([this.#do(step), this.#state()]);
  }

  /** What somebody finds who takes the ring over here and now, and what he writes; on a copy. */
  takenOver(): Seen {
    new Uint8Array(this.#copy).set(this.#test.machine.ram.bytes);
    const memory = new RingMemory(this.#copy, this.#test.memory.control.byteOffset);
    assertRepairable(memory);
    const begun: number[] = [];
    const writer = new RingWriter(memory, null, this.#client(memory, begun));
    writer.takeOver();
    const lost = this.#lost(ringLost(memory));
    const address = writer.reserve(100);
    if (address >= 0) {
      memory.bytes.set(eventBytes(100, -1), address);
      writer.commit();
    }
    writer.flush("active");
    return JSON.stringify({
      address,
      lost,
      begun: begun.map((seq) => seq - this.#start.seq),
      open: this.#peek(memory),
      stored: storedSubbufs(memory).map((subbuf) => [
        subbuf.seq - this.#start.seq,
        subbuf.index,
        subbuf.dataSize,
        isStored(memory, subbuf),
      ]),
      read: this.#readAll(memory),
    });
  }

  /** All sub-buffers that a reader gets of a ring in a copy of RAM. */
  #readAll(memory: RingMemory): unknown {
    // The copy has nobody's reader.
    memory.control[READER] = 0;
    const reader = new RingReader(memory, new Int32Array(new SharedArrayBuffer(4)));
    reader.attach();
    const all: unknown[] = [];
    for (let subbuf; (subbuf = reader.getNextSubbuf()) !== null;) {
      all.push([subbuf.seq - this.#start.seq, this.#lost(subbuf.lost), dataOf(subbuf).toHex()]);
      reader.putNextSubbuf();
    }
    return { all, missed: reader.missed };
  }

  #do(step: Step): unknown {
    switch (step.act) {
      case "event":
      case "reserve": {
        const address = this.#writer.reserve(step.size);
        if (address < 0) return address;
        this.#test.fill(address, step.size, ++this.#events);
        if (step.act === "event") this.#writer.commit();
        else this.#slots.push(this.#writer.openSlot());
        return address;
      }
      case "commit": {
        const [slot] = this.#slots.splice(step.which % Math.max(this.#slots.length, 1), 1);
        if (slot !== undefined) this.#writer.commit(slot);
        return null;
      }
      case "flush":
        return this.#writer.flush(step.how);
      case "read": {
        const subbuf = this.#reader.getNextSubbuf();
        if (subbuf === null) return null;
        const { seq, position, index, dataSize, lost } = subbuf;
        const data = dataOf(subbuf).toHex();
        if (step.consumes) this.#reader.putNextSubbuf();
        else this.#reader.putSubbuf();
        return {
          seq: seq - this.#start.seq,
          position: this.#relative(position),
          index,
          dataSize,
          lost: this.#lost(lost),
          data,
        };
      }
      case "takeOver":
        this.#slots.length = 0;
        this.#writer = this.#newWriter(null);
        this.#writer.takeOver();
        return null;
      case "nextReader": {
        this.#reader.close();
        this.#reader = this.#test.reader();
        return null;
      }
    }
  }

  #state(): unknown {
    const snapshot = this.#reader.snapshot();
    return {
      lost: this.#lost(this.#writer.lost),
      begun: this.#begun.map((seq) => seq - this.#start.seq),
      missed: this.#reader.missed,
      poll: this.#reader.poll(),
      consumed: this.#relative(snapshot.consumed),
      produced: this.#relative(snapshot.produced),
      delivered: [...snapshot].map(({ seq, dataSize }) => [seq - this.#start.seq, dataSize]),
      open: this.#peek(this.#test.memory),
    };
  }

  #peek(memory: RingMemory): unknown {
    const open = peekOpenSubbuf(memory);
    return open && { ...open, seq: open.seq - this.#start.seq, bytes: open.bytes.toHex() };
  }

  /** A position, counted from where the ring began. */
  #relative(position: number): number {
    return (position - this.#start.seq % 2 ** 20 * PAGE_SIZE) >>> 0;
  }

  #lost(lost: LostCounts): number[] {
    return Object.values(lost).map((count) => {
      if (count !== count >>> 0) throw new RangeError(`${count} is no count of 32 bits`);
      return (count - this.#start.lost) >>> 0;
    });
  }

  #client(memory: RingMemory, begun: number[]): RingClient {
    return {
      headerSize: HEADER_SIZE,
      bufferBegin: (header, seq) => {
        begun.push(seq);
        // No byte of it may tell where the ring began.
        memory.bytes.fill((seq - this.#start.seq) & 0xff, header, header + HEADER_SIZE);
      },
    };
  }

  #newWriter(afterStore: ((ring: WrappedRing) => void) | null): RingWriter {
    const { memory } = this.#test;
    const watched = afterStore === null ? memory : watchStores(memory, () => afterStore(this));
    return new RingWriter(watched, null, this.#client(memory, this.#begun));
  }
}
