/**
 * A thread dies at a step of its program, another takes its ring over and goes on: is every event
 * there or counted?
 *
 * @module
 */
import { PAGE_SIZE } from "@ltt/relay/hw";
import { type RingClient, RingReader, RingWriter, type Subbuf } from "@ltt/relay/ring";
import { assert, assertEquals } from "@std/assert";
import { LOST, OPENED, OPENING, SWITCHING, WRAPS } from "../../../../relay/ring/control.ts";
import type { Program } from "./crash_programs.ts";
import { eventWord, Hand, type Left, makeRing, type Ring, type RingShape } from "./hand.ts";
import { type StepCode, stepCode } from "./step_code.ts";
import { perform, run, type Steps } from "./steps.ts";

const code = stepCode();

/** Sub-buffer as a reader found it. */
export interface Found {
  readonly seq: number;
  readonly numbers: readonly number[];
}

/** A shipped reader, to which whatever is not whole is an error. */
export class Eye {
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
export type Heir = Pick<RingWriter, "takeOver" | "reserve" | "commit" | "flush" | "lost">;

/** A shipped writer that fills in headers as the stepwise one does. */
export function shippedWriter({ memory, doorbells }: Ring): Heir {
  const { words, headerSize } = memory;
  const client: RingClient = {
    headerSize,
    bufferBegin: (header, seq) => void (headerSize > 0 && (words[header / 4] = seq)),
    bufferEnd: (header, size) => void (headerSize > 0 && (words[header / 4 + 1] = size)),
  };
  return new RingWriter(memory, doorbells, client);
}

/** A writer of changed code. */
export function changedWriter(changed: StepCode): (ring: Ring) => Heir {
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
export interface Case {
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
export function diesAnywhere(which: Case, first: number = 1): number {
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
