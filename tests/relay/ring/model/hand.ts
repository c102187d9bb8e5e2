/**
 * The writing side of what is explored: a writer, step by step, and account of what it did.
 *
 * Every event it tries to write has a number, from 0. Its slot begins with a word of number and size
 * and ends with that word inverted, so that a slot of which only a part is there is seen. Headers
 * hold two words more than they need: the number of the sub-buffer, its data size.
 *
 * @module
 */
import { type Address, Machine, PAGE_SIZE } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { RingChannel, type RingMemory } from "@ltt/relay/ring";
import { Violation } from "./scenario.ts";
import type { StepClient, StepCode, StepWriter } from "./step_code.ts";
import type { Steps } from "./steps.ts";

/** A ring on a machine of its own. */
export interface Ring {
  readonly memory: RingMemory;
  readonly doorbells: Int32Array<SharedArrayBuffer>;
}

/** What ring to make. */
export interface RingShape {
  readonly nSubbufs: number;
  readonly mode: "discard" | "overwrite";
  readonly headerSize: number;
}

/** Makes a ring of one-page sub-buffers that nobody has written to. */
export function makeRing({ nSubbufs, mode, headerSize }: RingShape): Ring {
  const relay = Relay.start(new Machine({ nodes: [32] }));
  const channel = RingChannel.open(relay, {
    baseFilename: "t",
    subbufSize: PAGE_SIZE,
    nSubbufs,
    mode,
    client: () => ({ headerSize }),
  });
  const { memory } = channel.buf[0]!;
  return { memory, doorbells: new Int32Array(new SharedArrayBuffer(4)) };
}

/** First word of an event. */
export function eventWord(number: number, size: number): number {
  return number << 16 | size;
}

/** What the writer knows of an event it has committed. */
export interface WrittenEvent {
  readonly number: number;
  /** Number of its sub-buffer. */
  readonly seq: number;
}

/** What the writer knows at its end. */
export interface Written {
  readonly events: readonly WrittenEvent[];
  /** Events it tried to write. */
  readonly tried: number;
  /** Refusals, by cause. */
  readonly refused: readonly number[];
  /** Number of the sub-buffer opened last. */
  readonly lastSeq: number;
}

/** A slot that is open. */
interface Slot {
  name: number;
  readonly number: number;
  readonly size: number;
  /** Word of RAM it ends with, which is written when it is committed. */
  readonly lastWord: number;
  readonly seq: number;
}

/** What a thread leaves that dies. */
export interface Left {
  /** Events it has committed. */
  readonly events: readonly WrittenEvent[];
  /** Events it has reserved and not committed. */
  readonly open: readonly WrittenEvent[];
  /** Number of the first event of those reserved since no slot was open. */
  readonly nestBegin: number;
  /** Whether it died in a call of the writer. */
  readonly isWithinCall: boolean;
  /** Whether it was about to flush for good, or had. */
  readonly isFinal: boolean;
}

/**
 * Most steps of a call of the writer. The longest is a reservation that closes a sub-buffer, with
 * 12 loads of lost counts, and pushes the reader on, once more for each time it was quicker.
 */
const MOST_STEPS = 64;

/** The hand that writes: a writer, and account of what it did. */
export class Hand {
  readonly writer: StepWriter;
  readonly #memory: RingMemory;
  readonly #events: WrittenEvent[] = [];
  readonly #refused = [0, 0, 0, 0, 0, 0];
  #tried = 0;
  #seq = 0;
  readonly #open = new Set<Slot>();
  /** Number of the first event of those reserved since no slot was open. */
  #nestBegin = 0;
  #isWithinCall = false;
  #isFinal = false;
  #calls = 0;
  /** Address of the last slot, or of the header of the sub-buffer that was opened after it. */
  #address = 0;

  /** One of a ring. */
  constructor(code: StepCode, { memory, doorbells }: Ring) {
    const { words, headerSize } = memory;
    const client: StepClient = {
      headerSize,
      bufferBegin: function* (this: Hand, header: Address, seq: number): Steps<void> {
        this.#seq = seq;
        this.#address = header;
        if (headerSize > 0) yield ["writeOnce", words, header / 4, seq];
      }.bind(this),
      *bufferEnd(header, dataSize) {
        if (headerSize > 0) yield ["writeOnce", words, header / 4 + 1, dataSize];
      },
    };
    this.#memory = memory;
    this.writer = new code.RingWriter(memory, doorbells, client);
  }

  /** Bytes of a header. */
  get headerSize(): number {
    return this.#memory.headerSize;
  }

  /** What was written. */
  get written(): Written {
    const events = this.#events.toSorted((a, b) => a.number - b.number);
    return { events, tried: this.#tried, refused: this.#refused, lastSeq: this.#seq };
  }

  /** What a thread leaves that ends here. */
  get left(): Left {
    return {
      events: this.#events,
      open: [...this.#open],
      nestBegin: this.#nestBegin,
      isWithinCall: this.#isWithinCall,
      isFinal: this.#isFinal,
    };
  }

  /** Reserves a slot and begins to fill it; `null` if that is refused. */
  *open(size: number): Steps<Slot | null> {
    const { words } = this.#memory;
    const number = this.#tried++;
    const before = this.#seq;
    if (this.#open.size === 0) this.#nestBegin = number;
    const address = yield* this.#call(this.writer.reserve(size, 4));
    if (address >= 0) this.#address = address;
    if (address < 0) {
      this.#refused[-1 - address]++;
      if (this.#seq !== before) throw new Violation("lost", "a refused event opened a sub-buffer");
      yield* this.#rest();
      return null;
    }
    const slot: Slot = {
      name: 0,
      number,
      size,
      lastWord: (address + size) / 4 - 1,
      seq: this.#seq,
    };
    this.#open.add(slot);
    yield ["writeOnce", words, address / 4, eventWord(number, size)];
    slot.name = yield* this.writer.openSlot();
    return slot;
  }

  /** Ends and commits a slot: the one reserved last, or any by its name. */
  *close(slot: Slot | null, byName = false): Steps<void> {
    if (slot === null) return;
    const { number, size, lastWord } = slot;
    yield ["writeOnce", this.#memory.words, lastWord, ~eventWord(number, size)];
    yield* this.#call(this.writer.commit(byName ? slot.name : undefined));
    this.#open.delete(slot);
    this.#events.push(slot);
    yield* this.#rest();
  }

  /** Writes events of the sizes, one after the other. */
  *write(...sizes: readonly number[]): Steps<void> {
    for (const size of sizes) yield* this.close(yield* this.open(size));
  }

  /** Flushes. */
  *flush(mode: Parameters<StepWriter["flush"]>[0]): Steps<boolean> {
    if (mode === "final") this.#isFinal = true;
    const closed = yield* this.#call(this.writer.flush(mode));
    yield* this.#rest();
    return closed;
  }

  *#call<T>(call: Steps<T>): Steps<T> {
    this.#isWithinCall = true;
    const result = yield* within(MOST_STEPS, call);
    this.#isWithinCall = false;
    return result;
  }

  /** The writer's own state follows from what it did and where it is. */
  *#rest(): Steps<void> {
    yield ["rest", [this.#calls++, this.#address, this.written]];
  }
}

/** Runs a call, which must end within so many steps. */
function* within<T>(most: number, call: Steps<T>): Steps<T> {
  let next = call.next();
  for (let steps = 1; !next.done; steps++) {
    if (steps > most || next.value[0].startsWith("wait")) {
      throw new Violation("blocked", `a call of the writer takes more than ${most} steps`);
    }
    next = call.next(yield next.value);
  }
  return next.value;
}
