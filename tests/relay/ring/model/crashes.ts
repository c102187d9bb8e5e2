import { PAGE_SIZE } from "@ltt/relay/hw";
import { type RingClient, RingReader, RingWriter, type Subbuf } from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { LOST, OPENED, OPENING, SWITCHING, WRAPS } from "../../../../relay/ring/control.ts";
import { eventWord, Hand, type Left, makeRing, type Ring, type RingShape } from "./scripts.ts";
import { type Patch, perform, run, type StepCode, stepCode, type Steps } from "./steps.ts";

const code = stepCode();

/** A writer's program; a reader comes by at once where it says so. */
type Program = (hand: Hand, eye: Eye) => Steps<void>;

const programs: Record<string, Program> = {
  *"events one after the other"(hand, eye) {
    yield* hand.write(2000, 1900);
    yield* hand.write(3000, 3000);
    eye.read();
    yield* hand.write(3000, 3000);
    eye.read();
    yield* hand.write(100, 100, 100);
  },
  *"a nested event in the same sub-buffer"(hand) {
    yield* hand.write(500);
    const outer = yield* hand.open(500);
    yield* hand.write(500, 500);
    yield* hand.close(outer);
    yield* hand.write(500);
  },
  *"nested events across sub-buffers"(hand, eye) {
    yield* hand.write(2000);
    const outer = yield* hand.open(1900);
    yield* hand.write(2000);
    const inner = yield* hand.open(1000);
    yield* hand.write(900, 3000);
    yield* hand.close(inner);
    yield* hand.close(outer);
    eye.read();
    yield* hand.write(3000, 3000);
  },
  *"slots that overlap for laps"(hand, eye) {
    let open = yield* hand.open(1900);
    for (let i = 0; i < 9; i++) {
      const next = yield* hand.open(1900);
      yield* hand.close(open, true);
      eye.read();
      open = next;
    }
    yield* hand.close(open);
  },
  *"commits in another order"(hand) {
    const first = yield* hand.open(1000);
    const second = yield* hand.open(1000);
    const third = yield* hand.open(1000);
    const fourth = yield* hand.open(2000);
    yield* hand.close(second, true);
    yield* hand.close(fourth, true);
    yield* hand.close(first, true);
    yield* hand.write(300);
    yield* hand.close(third, true);
    yield* hand.write(300);
  },
  *"sub-buffers filled exactly"(hand, eye) {
    const room = PAGE_SIZE - hand.headerSize;
    yield* hand.write(room, 2000, room - 2000);
    eye.read();
    const outer = yield* hand.open(2000);
    const inner = yield* hand.open(room - 2000);
    yield* hand.close(outer, true);
    yield* hand.close(inner);
    eye.read();
    const alone = yield* hand.open(room);
    yield* hand.write(1000);
    yield* hand.close(alone, true);
    yield* hand.write(room - 1000);
  },
  *"flushes of all kinds"(hand, eye) {
    yield* hand.flush("active");
    yield* hand.write(500);
    yield* hand.flush("active");
    yield* hand.flush("active");
    eye.read();
    yield* hand.flush("even-if-empty");
    eye.read();
    yield* hand.flush("even-if-empty");
    yield* hand.write(500);
    const open = yield* hand.open(500);
    eye.read();
    yield* hand.flush("active");
    yield* hand.write(500);
    yield* hand.flush("even-if-empty");
    yield* hand.close(open);
    yield* hand.flush("dead");
    yield* hand.flush("final");
  },
  *"a reader that holds a sub-buffer"(hand, eye) {
    yield* hand.write(2000, 1900, 3000);
    eye.hold();
    yield* hand.write(3000, 3000, 3000);
    eye.release();
    eye.hold();
    yield* hand.write(2000);
    const open = yield* hand.open(1900);
    yield* hand.write(3000);
    yield* hand.close(open);
  },
  *"a wrap to a sub-buffer with an open slot"(hand, eye) {
    yield* hand.write(2000);
    const outer = yield* hand.open(1900);
    yield* hand.write(3000);
    eye.read();
    yield* hand.write(3000, 3000);
    yield* hand.close(outer);
    eye.read();
    yield* hand.write(3000, 3000);
  },
};

/** Sub-buffer as a reader found it. */
interface Found {
  readonly seq: number;
  readonly numbers: readonly number[];
}

/** A shipped reader, to which whatever is not whole is an error. */
class Eye {
  readonly found: Found[] = [];
  readonly #ring: Ring;
  readonly #reader: RingReader;
  #held: Subbuf | null = null;

  constructor(ring: Ring) {
    this.#ring = ring;
    this.#reader = new RingReader(ring.memory, ring.doorbells);
    this.#reader.attach();
  }

  /** Consumes all there is. */
  read(): void {
    this.release();
    for (let subbuf; (subbuf = this.#reader.getNextSubbuf()) !== null;) {
      this.found.push(this.#look(subbuf));
      this.#reader.putNextSubbuf();
    }
  }

  /** Gets the next sub-buffer and keeps it, until `release` or `read`. */
  hold(): void {
    this.#held ??= this.#reader.getNextSubbuf();
  }

  /** Puts the sub-buffer it keeps as it was. */
  release(): void {
    if (this.#held === null) return;
    this.#look(this.#held);
    this.#reader.putSubbuf();
    this.#held = null;
  }

  #look({ seq, dataSize, index, position }: Subbuf): Found {
    const { memory } = this.#ring;
    const { words, headerSize } = memory;
    assertEquals(seq * PAGE_SIZE, position, "number of the sub-buffer");
    assert(dataSize >= headerSize && dataSize <= PAGE_SIZE, `sub-buffer ${seq} has ${dataSize}`);
    const first = memory.subbufAddress(index) / 4;
    if (headerSize > 0) {
      assertEquals([words[first], words[first + 1]], [seq, dataSize], `header of ${seq}`);
    }
    const numbers: number[] = [];
    for (let at = headerSize; at < dataSize;) {
      const word = words[first + at / 4];
      const size = word & 0xffff;
      assert(size >= 8 && at + size <= dataSize, `no event at ${at} of sub-buffer ${seq}`);
      assertEquals(words[first + (at + size) / 4 - 1], ~word, `event at ${at} of ${seq} is torn`);
      numbers.push(word >> 16);
      at += size;
    }
    return { seq, numbers };
  }
}

/** The writer that takes over. */
type Heir = Pick<RingWriter, "takeOver" | "reserve" | "commit" | "flush" | "lost">;

/** A shipped writer that fills in headers as the stepwise one does. */
function shippedWriter({ memory, doorbells }: Ring): Heir {
  const { words, headerSize } = memory;
  const client: RingClient = {
    headerSize,
    bufferBegin: (header, seq) => void (headerSize > 0 && (words[header / 4] = seq)),
    bufferEnd: (header, size) => void (headerSize > 0 && (words[header / 4 + 1] = size)),
  };
  return new RingWriter(memory, doorbells, client);
}

/** A writer of changed code. */
function changedWriter(changed: StepCode): (ring: Ring) => Heir {
  return (ring) => {
    const { writer } = new Hand(changed, ring);
    return {
      takeOver: () => run(writer.takeOver()),
      reserve: (size, alignment) => run(writer.reserve(size, alignment)),
      commit: (slot) => run(writer.commit(slot)),
      flush: (mode) => run(writer.flush(mode)),
      get lost() {
        return run(changed.readLost(ring.memory.control, LOST));
      },
    };
  };
}

/** Number of the first event that is written after the crash. */
const NEW = 1000;
const NEW_SIZE = 3000;

/** What to let die, and who takes over. */
interface Case {
  readonly shape: RingShape;
  readonly program: Program;
  readonly heir: (ring: Ring) => Heir;
}

/** Has the thread die after so many steps, repairs and checks; false if it had ended before. */
function dies({ shape, program, heir }: Case, ring: Ring, after: number, goesOn: boolean): boolean {
  const { memory } = ring;
  const { control, words } = memory;
  const eye = new Eye(ring);
  const hand = new Hand(code, ring);
  const steps = (function* (): Steps<void> {
    yield* hand.writer.attach();
    yield* program(hand, eye);
  })();
  let next = steps.next();
  for (let i = 0; i < after && !next.done; i++) next = steps.next(perform(next.value));
  if (next.done) return false;
  const isOpening = control[SWITCHING] === OPENING;

  let writer = heir(ring);
  writer.takeOver();
  const { torn } = writer.lost;
  let tornLater = 0;
  const added: number[] = [];
  const write = (number: number): void => {
    eye.read();
    const address = writer.reserve(NEW_SIZE, 4);
    assert(address >= 0, `event ${number} is refused: ${address}`);
    words[address / 4] = eventWord(number, NEW_SIZE);
    words[(address + NEW_SIZE) / 4 - 1] = ~eventWord(number, NEW_SIZE);
    writer.commit();
    added.push(number);
  };
  if (goesOn && !hand.left.isFinal) {
    // The heir dies too, with a slot open.
    write(NEW);
    eye.read();
    assert(writer.reserve(8, 4) >= 0, "a slot is refused");
    tornLater = 1;
    writer = heir(ring);
    writer.takeOver();
    for (let number = NEW + 1; number < NEW + 5; number++) write(number);
  }
  writer.flush("final");
  eye.read();
  assertEquals(writer.lost.torn, torn + tornLater, "events counted as torn later");

  const numbers = eye.found.flatMap((subbuf) => subbuf.numbers);
  const seqs = eye.found.map(({ seq }) => seq);
  assert(isAscending(numbers), `events ${numbers}`);
  assert(isAscending(seqs), `sub-buffers ${seqs}`);
  assertEquals(numbers.filter((number) => number >= NEW), added, "events after the crash");
  const opened = memory.geometry.subbufSeq(control[WRAPS], control[OPENED]);
  // The writer pushes the reader on before it says that it has opened the next sub-buffer.
  const lastSeq = isOpening ? opened + 1 : opened;
  const oldest = shape.mode === "overwrite" ? lastSeq - shape.nSubbufs + 1 : 0;
  assertAccounted(hand.left, new Set(numbers), oldest, torn);
  return true;
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || numbers[i - 1] < number);
}

/** Every event that was committed is read, or torn with an open one; so many are counted. */
function assertAccounted(
  { events, open, nestBegin, isWithinCall }: Left,
  isRead: ReadonlySet<number>,
  oldest: number,
  torn: number,
): void {
  let lost = open.filter(({ number }) => !isRead.has(number)).length;
  for (const { number, seq } of events) {
    if (isRead.has(number)) continue;
    if (number >= nestBegin && open.some((slot) => slot.seq === seq)) lost++;
    else assert(seq < oldest, `event ${number} of sub-buffer ${seq} is not there`);
  }
  // A call that did not return may have reserved a slot, or have committed one of those counted.
  const most = isWithinCall ? lost + 1 : lost;
  assert(torn >= lost && torn <= most, `${torn} events are counted as torn, ${lost} are`);
  const known = new Set([...events, ...open].map(({ number }) => number));
  for (const number of isRead) {
    assert(number >= NEW || known.has(number), `event ${number} was never reserved`);
  }
}

/** Has the thread die after each step from `first` on; returns how many there are. */
function diesAnywhere(which: Case, first: number = 1): number {
  const ring = makeRing(which.shape);
  const before = ring.memory.bytes.slice();
  for (let steps = first;; steps++) {
    for (const goesOn of [false, true]) {
      ring.memory.bytes.set(before);
      try {
        if (!dies(which, ring, steps, goesOn)) return steps - 1;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`after ${steps} steps, ${goesOn ? "" : "not "}going on: ${message}`);
      }
    }
  }
}

for (const [what, program] of Object.entries(programs)) {
  for (const mode of ["discard", "overwrite"] as const) {
    for (const headerSize of [0, 8]) {
      const name = `${what}, ${mode} mode, headers of ${headerSize} bytes`;
      Deno.test(`takeOver() repairs the ring, whatever step its thread died at: ${name}`, () => {
        const shape = { nSubbufs: 2, mode, headerSize };
        const steps = diesAnywhere({ shape, program, heir: shippedWriter });
        assert(steps > 60, `only ${steps} steps`);
      });
    }
  }
}

/** What was done to the repair, and the error that shows it. */
interface Breakage {
  readonly what: string;
  readonly patch: Patch;
  readonly program: Program;
  readonly error: string;
}

const repairs = (from: string, to: string): Patch => ({ file: "repair.ts", from, to });
const breakages: readonly Breakage[] = [
  {
    what: "a sub-buffer that was being opened is not begun anew",
    patch: repairs("subbufs.begin(opened);", ""),
    program: programs["events one after the other"],
    error: "number of the sub-buffer",
  },
  {
    what: "a sub-buffer that was being closed is not",
    patch: repairs("(switching === CLOSING && !isDelivered(opened))", "false"),
    program: programs["events one after the other"],
    error: "event 0 of sub-buffer 0 is not there",
  },
  {
    what: "a sub-buffer all of which is committed is not delivered",
    patch: repairs("        subbufs.deliver(trunc, count);\n", ""),
    program: programs["nested events across sub-buffers"],
    error: "event 0 of sub-buffer 0 is not there",
  },
  {
    what: "events committed behind an open slot are not counted",
    patch: repairs("lost += readOnce(words, record + HELD);", ""),
    program: programs["a nested event in the same sub-buffer"],
    error: "1 events are counted as torn, 2 are",
  },
  {
    what: "a sub-buffer that was cut off keeps its commit count",
    patch: repairs("writeOnce(words, record + COMMIT_COUNT, geometry.lap(trunc) + dataSize);", ""),
    program: programs["a nested event in the same sub-buffer"],
    error: "is refused: -2",
  },
];

for (const { what, patch, program, error } of breakages) {
  Deno.test(`takeOver() is found to leave a ring broken, when ${what}`, () => {
    const shape = { nSubbufs: 2, mode: "overwrite", headerSize: 8 } as const;
    const heir = changedWriter(stepCode(patch));
    assertThrows(() => diesAnywhere({ shape, program, heir }, 40), Error, error);
  });
}
