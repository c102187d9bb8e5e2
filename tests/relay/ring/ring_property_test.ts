import { PAGE_SIZE } from "@ltt/relay/hw";
import {
  type FlushMode,
  LOST_BIG,
  LOST_FULL,
  LOST_NESTED,
  LOST_OFFLINE,
  LOST_WRAP,
  MAX_NESTING,
  type RingReader,
  type RingWriter,
  type Subbuf,
} from "@ltt/relay/ring";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { describedEvent, describedEvents } from "./bytes.ts";
import { dataOf, NOTHING_LOST, TestRing } from "./support.ts";

type Step =
  | { readonly act: "reserve"; readonly size: number }
  | { readonly act: "event"; readonly size: number }
  | { readonly act: "commit"; readonly which: number }
  | { readonly act: "flush"; readonly mode: FlushMode }
  | { readonly act: "get" | "put" | "putNext" | "getAt"; readonly back: number };

/** A sub-buffer as the model knows it. */
interface ModelSubbuf {
  readonly seq: number;
  readonly events: number[];
  /** Where the next slot may start. */
  at: number;
  open: number;
  isClosed: boolean;
}

/** What the ring is to do, in arrays and plain numbers. */
class Model {
  readonly subbufs: ModelSubbuf[] = [];
  readonly lost = { ...NOTHING_LOST };
  /** Open slots in the order of reservations. */
  readonly open: { readonly number: number; readonly subbuf: ModelSubbuf }[] = [];
  /** Number of the first sub-buffer that is neither consumed nor overwritten. */
  consumed = 0;
  isFinal = false;
  readonly #setup: Setup;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#openNext();
  }

  get last(): ModelSubbuf {
    return this.subbufs[this.subbufs.length - 1];
  }

  isDelivered(seq: number): boolean {
    const subbuf = this.subbufs[seq];
    return subbuf !== undefined && subbuf.isClosed && subbuf.open === 0;
  }

  /** Whether the sub-buffer still stands in its place. */
  isThere(seq: number): boolean {
    return this.subbufs.length - seq <= this.#setup.nSubbufs;
  }

  reserve(size: number, number: number): number {
    const { subbufSize, headerSize, alignment } = this.#setup;
    const align = (at: number): number => Math.ceil(at / alignment) * alignment;
    if (this.isFinal) return this.#lose("offline", LOST_OFFLINE);
    if (this.open.length >= MAX_NESTING) return this.#lose("nested", LOST_NESTED);
    if (size > subbufSize) return this.#lose("big", LOST_BIG);
    if (this.last.isClosed || align(this.last.at) + size > subbufSize) {
      if (align(headerSize) + size > subbufSize) return this.#lose("big", LOST_BIG);
      const why = this.whyClosed();
      if (why !== 0) return this.#lose(why === LOST_WRAP ? "wrap" : "full", why);
      this.last.isClosed = true;
      this.#openNext();
    }
    this.last.at = align(this.last.at) + size;
    this.last.events.push(number);
    this.last.open++;
    if (this.last.at === subbufSize) this.last.isClosed = true;
    this.open.push({ number, subbuf: this.last });
    return 0;
  }

  commit(which: number): void {
    const [{ subbuf }] = this.open.splice(which, 1);
    subbuf.open--;
  }

  flush(mode: FlushMode): boolean {
    const { last, isFinal } = this;
    if (isFinal) return false;
    this.isFinal = mode === "final";
    const isEmpty = last.at === this.#setup.headerSize;
    if (mode === "even-if-empty") {
      if (last.isClosed) {
        if (this.whyClosed() !== 0) return false;
        this.#openNext();
      }
    } else if (last.isClosed) return false;
    else if (mode === "final") {
      if (last.at === 0) return false;
    } else if (isEmpty || (mode === "active" && this.whyClosed() !== 0)) return false;
    this.last.isClosed = true;
    if (mode === "active") this.#openNext();
    return true;
  }

  /** Why no sub-buffer can be opened. */
  whyClosed(): number {
    const { nSubbufs, mode } = this.#setup;
    const target = this.subbufs.length - nSubbufs;
    if (target < 0) return 0;
    if (!this.isDelivered(target)) return LOST_WRAP;
    return mode === "discard" && this.consumed <= target ? LOST_FULL : 0;
  }

  #openNext(): void {
    const { headerSize, nSubbufs } = this.#setup;
    const seq = this.subbufs.length;
    this.subbufs.push({ seq, events: [], at: headerSize, open: 0, isClosed: false });
    this.consumed = Math.max(this.consumed, seq + 1 - nSubbufs);
  }

  #lose(cause: keyof typeof NOTHING_LOST, answer: number): number {
    Object.assign(this.lost, { [cause]: this.lost[cause] + 1 });
    return answer;
  }
}

interface Setup {
  readonly mode: "discard" | "overwrite";
  readonly subbufSize: number;
  readonly nSubbufs: number;
  readonly headerSize: number;
  readonly alignment: number;
  readonly firstSeq: number;
}

const setups: fc.Arbitrary<Setup> = fc.record({
  mode: fc.constantFrom("discard", "overwrite"),
  subbufSize: fc.constantFrom(PAGE_SIZE, 2 * PAGE_SIZE, 4 * PAGE_SIZE),
  nSubbufs: fc.constantFrom(2, 4, 8),
  headerSize: fc.constantFrom(0, 1, 60, 68, 2048),
  alignment: fc.constantFrom(1, 4, 8, 64, 1024),
  firstSeq: fc.constantFrom(0, 2 ** 17 - 3, 2 ** 18 - 3, 2 ** 19 - 3, 2 ** 20 - 3),
});

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 8, max: 2500 }) },
  { weight: 1, arbitrary: fc.integer({ min: 8, max: 20000 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(PAGE_SIZE, PAGE_SIZE / 2, PAGE_SIZE - 60, PAGE_SIZE - 68, 2048),
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant("event" as const), size: sizes }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant("reserve" as const), size: sizes }) },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant("commit" as const), which: fc.nat(MAX_NESTING) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("flush" as const),
      mode: fc.constantFrom("active" as const, "even-if-empty", "final", "dead"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constantFrom("get" as const, "put", "putNext", "getAt"),
      back: fc.nat(9),
    }),
  },
);

/** A ring and its model, which go the same steps. */
class Pair {
  readonly test: TestRing;
  readonly writer: RingWriter;
  readonly reader: RingReader;
  readonly model: Model;
  readonly #setup: Setup;
  readonly #slots: number[] = [];
  #events = 0;
  #held: Subbuf | null = null;
  /** Numbers of the sub-buffers that were consumed. */
  readonly #consumed: number[] = [];

  constructor(setup: Setup) {
    this.#setup = setup;
    this.test = new TestRing(setup);
    this.writer = this.test.writer;
    this.reader = this.test.reader();
    this.model = new Model(setup);
    // Only a ring that is new opens a sub-buffer by itself.
    if (setup.firstSeq > 0) this.writer.flush("even-if-empty");
    this.model.last.isClosed = setup.firstSeq > 0;
  }

  go(step: Step): void {
    switch (step.act) {
      case "event":
        if (this.reserve(step.size)) this.commit(this.model.open.length - 1);
        break;
      case "reserve":
        this.reserve(step.size);
        break;
      case "commit":
        if (this.model.open.length > 0) this.commit(step.which % this.model.open.length);
        break;
      case "flush":
        assertEquals(this.writer.flush(step.mode), this.model.flush(step.mode), step.mode);
        break;
      case "get":
        if (this.#held === null) this.get(this.model.consumed, this.reader.getNextSubbuf());
        break;
      case "getAt": {
        if (this.#held !== null) break;
        const seq = Math.max(0, this.model.subbufs.length + 1 - step.back);
        const position = (seq + this.#setup.firstSeq) * this.#setup.subbufSize % 2 ** 32;
        this.get(seq, this.reader.getSubbuf(position));
        break;
      }
      case "put":
        if (this.#held === null) break;
        this.check(this.#held);
        this.reader.putSubbuf();
        this.#held = null;
        break;
      case "putNext":
        if (this.#held === null) break;
        this.check(this.#held);
        this.reader.putNextSubbuf();
        this.#consumed.push(this.seqOf(this.#held));
        this.model.consumed = Math.max(this.model.consumed, this.seqOf(this.#held) + 1);
        this.#held = null;
        break;
    }
    assertEquals(this.writer.lost, this.model.lost);
  }

  reserve(size: number): boolean {
    const number = ++this.#events;
    const address = this.writer.reserve(size, this.#setup.alignment);
    const answer = this.model.reserve(size, number);
    assertEquals(Math.min(address, 0), answer, `event ${number}`);
    if (answer < 0) return false;
    this.test.machine.ram.bytes.set(describedEvent(size, number), address);
    this.#slots.push(this.writer.openSlot());
    return true;
  }

  commit(which: number): void {
    const [slot] = this.#slots.splice(which, 1);
    this.writer.commit(slot);
    this.model.commit(which);
  }

  seqOf({ seq }: Subbuf): number {
    return seq - this.#setup.firstSeq;
  }

  get(seq: number, subbuf: Subbuf | null): void {
    const { model } = this;
    const isThere = model.isDelivered(seq) && seq >= model.consumed && model.isThere(seq);
    assertEquals(subbuf !== null, isThere, `sub-buffer ${seq} can be had`);
    if (subbuf === null) return;
    assertEquals(this.seqOf(subbuf), seq);
    this.#held = subbuf;
    this.check(subbuf);
  }

  /** Checks all bytes of a sub-buffer. */
  check(subbuf: Subbuf): void {
    const { headerSize, alignment } = this.#setup;
    const { events, at } = this.model.subbufs[this.seqOf(subbuf)];
    assertEquals(describedEvents(dataOf(subbuf), headerSize, alignment), events);
    assertEquals(subbuf.dataSize, at);
  }

  /** Commits and reads all that is left; then every event must be accounted for, once. */
  finish(): void {
    while (this.model.open.length > 0) this.commit(0);
    this.writer.flush("final");
    this.model.flush("final");
    if (this.#held !== null) this.go({ act: "put", back: 0 });
    for (;;) {
      this.go({ act: "get", back: 0 });
      if (this.#held === null) break;
      this.go({ act: "putNext", back: 0 });
    }
    const { subbufs, lost } = this.model;
    const closed = subbufs.filter(({ isClosed }) => isClosed);
    assert(this.#consumed.every((seq, i, all) => i === 0 || seq > all[i - 1]), "in order");
    const read = this.#consumed.reduce((sum, seq) => sum + subbufs[seq].events.length, 0);
    const left = closed.filter(({ seq }) => !this.#consumed.includes(seq));
    const missed = left.reduce((sum, { events }) => sum + events.length, 0);
    const refused = Object.values(lost).reduce((sum, count) => sum + count, 0);
    assertEquals(read + missed + refused, this.#events, "events read, missed and lost");
    const last = this.#consumed.at(-1) ?? -1;
    assertEquals(this.reader.missed, left.filter(({ seq }) => seq < last).length, "missed");
  }
}

Deno.test("RingWriter and RingReader do what plain lists do, whatever is asked of them", () => {
  fc.assert(
    fc.property(setups, fc.array(step, { maxLength: 120 }), (setup, steps) => {
      const pair = new Pair(setup);
      for (const step of steps) pair.go(step);
      pair.finish();
      pair.reader.close();
      pair.test[Symbol.dispose]();
    }),
    { numRuns: 300 },
  );
});
