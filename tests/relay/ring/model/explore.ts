/**
 * Runs a writing and a reading program in every order of their steps, on real words.
 *
 * A state is a place of each program, with the words that both write and what each knows of the
 * other's progress. Going back restores the word a step changed.
 *
 * Orders of steps are those of a sequentially consistent machine, and in all of them two accesses
 * to a word, one a store and not both atomic, must be ordered by those that are. JavaScript's
 * memory model has no other executions of a program without such races: what holds here holds
 * there.
 * Words declared racy are exempt; the reader is given each value it may find there, however late.
 *
 * @module
 */
import { type Cell, Cells } from "./cell.ts";
import { type Place, Program } from "./program.ts";
import { READER, type Scenario, type Side, Violation, WRITER } from "./scenario.ts";
import { StateSet } from "./state_set.ts";
import { type Access, type Pause, perform } from "./steps.ts";

/** What was found. */
export interface Exploration {
  /** States visited. */
  readonly states: number;
  /** Ends of both programs among these. */
  readonly ends: number;
  /** Properties that do not hold, with the first way that leads there. */
  readonly violations: ReadonlyMap<string, string>;
}

/** How to explore. */
export interface Options {
  /**
   * Initially every access to a word that both sides access is a step of its own. `"atomic"` takes
   * those that are not atomic together with what follows: by the way the other side could come
   * between, a data race would be found.
   */
  readonly steps?: "all" | "atomic";
  /** Ends when this property is found not to hold. */
  readonly until?: string;
}

/** Explores a scenario to the end. */
export function explore<W, R>(scenario: Scenario<W, R>, options: Options = {}): Exploration {
  return new Explorer(scenario, options).explore();
}

/** The reader first: the words it looks at only now and then are found sooner. */
const SIDES: readonly Side[] = [READER, WRITER];
const NAMES = ["writer", "reader"];

class Explorer<W, R> {
  readonly #scenario: Scenario<W, R>;
  readonly #options: Options;
  readonly #programs: readonly [Program<unknown>, Program<unknown>];
  readonly #at: [Place<unknown>, Place<unknown>];
  /** Time of each side: so many atomic stores. */
  readonly #time: [number, number] = [0, 0];
  /** Up to which time each side knows what the other did. */
  readonly #known: [number, number] = [0, 0];
  readonly #cells: Cells;
  /** Cells with a message once or now. */
  readonly #atomic: Cell[] = [];
  readonly #contended: Int32Array[];
  /** Whether only one side has moved since the last state that was looked up. */
  #isAlone = false;
  #seen = new StateSet();
  #states = 0;
  #ends = 0;
  /** What the sides share besides their places: the number of a list. */
  #agreement = 0;
  readonly #numbers = new Map<number, number>();
  /** Set when a word turns out to be shared that was taken for one side's own. */
  #isStale = false;
  /** Steps that led here: the side, the step, what it was given. */
  readonly #way: (Side | Access | Pause | number)[] = [];
  readonly #violations = new Map<string, string>();

  constructor(scenario: Scenario<W, R>, options: Options) {
    this.#scenario = scenario;
    this.#options = options;
    this.#cells = new Cells(scenario);
    const leftBehind = (side: Side) => (): string =>
      `${this.#time[side]}${this.#cells.leftBehind(side)}`;
    this.#programs = [
      new Program<unknown>(scenario.writer, leftBehind(WRITER)),
      new Program<unknown>(scenario.reader, leftBehind(READER)),
    ];
    this.#at = [this.#programs[WRITER].start, this.#programs[READER].start];
    const { contended, ram } = scenario;
    this.#contended = contended.map((word) => new Int32Array(ram, 4 * word, 1));
  }

  explore(): Exploration {
    do {
      this.#isStale = false;
      this.#seen = new StateSet();
      this.#states = 0;
      this.#ends = 0;
      this.#isAlone = false;
      this.#agree();
      this.#visit();
    } while (this.#isStale && !this.#isFound);
    return { states: this.#states, ends: this.#ends, violations: this.#violations };
  }

  get #isFound(): boolean {
    return this.#options.until !== undefined && this.#violations.has(this.#options.until);
  }

  #visit(): void {
    if (this.#isFound) return;
    const [writer, reader] = this.#at;
    if (writer.thrown !== null) return this.#violated(writer.thrown);
    if (reader.thrown !== null) return this.#violated(reader.thrown);
    if (writer.isRest && reader.step?.[0] === "waitChange" && !this.#isReady(READER)) {
      this.#assert(this.#scenario.assertMayWait);
    }
    // Who rests, or is at a word of its own, goes on at once: the other side cannot tell when.
    const alone = this.#isOwn(writer) ? WRITER : this.#isOwn(reader) ? READER : null;
    const wasAlone = this.#isAlone;
    this.#isAlone = alone !== null;
    if (!(wasAlone && this.#isAlone) && !this.#seen.add(writer.id, reader.id, this.#agreement)) {
      return;
    }
    if (alone !== null) return this.#move(alone);

    this.#states++;
    if (writer.step === null && reader.step === null) return this.#end();
    let isStuck = true;
    for (const side of SIDES) {
      if (!this.#isReady(side)) continue;
      isStuck = false;
      this.#isAlone = false;
      this.#move(side);
      // All is done again, except that this way is gone to its end: it may show more such words.
      if (this.#isStale) return;
    }
    if (isStuck) this.#violated(new Violation("stuck", "both wait, or one for what does not come"));
  }

  /** Whether the other side cannot tell when the step is made. */
  #isOwn(place: Place<unknown>): boolean {
    if (place.step === null || place.isWait) return false;
    if (place.isRest) return true;
    const cell = this.#cellOf(place);
    if (!cell.isShared) return true;
    return this.#options.steps === "atomic" && place.isPlain && !cell.isRacy;
  }

  #cellOf(place: Place<unknown>): Cell {
    const [, words, index] = place.step as Access;
    return place.cell ??= this.#cells.of(words, index);
  }

  /** Whether the side can go on, and does not wait for what has not come. */
  #isReady(side: Side): boolean {
    const place = this.#at[side];
    const { step } = place;
    if (step === null || !place.isWait) return step !== null;
    if (step[0] === "waitEnd") return this.#at[1 - side].step === null;
    const { words, index } = this.#cellOf(place);
    return words[index] !== step[3];
  }

  #move(side: Side): void {
    const known = this.#known[side];
    const agreement = this.#agreement;
    const { step, isRest } = this.#at[side];
    if (isRest) {
      this.#go(side, 0);
    } else if (step![0] === "waitEnd") {
      this.#known[side] = this.#time[1 - side] + 1;
      this.#agree();
      this.#go(side, 0);
    } else {
      this.#access(side);
    }
    this.#known[side] = known;
    this.#agreement = agreement;
  }

  #access(side: Side): void {
    const place = this.#at[side];
    const step = place.step!;
    const cell = this.#cellOf(place);
    if (!cell.isUsed[side]) {
      cell.isUsed[side] = true;
      if (cell.isShared) this.#isStale = true;
    }
    const { words, index, message } = cell;
    const { isPlain } = place;
    const reads = isPlain ? cell.plainRead : cell.atomicRead;
    const writes = isPlain ? cell.plainWrite : cell.atomicWrite;
    const old = words[index];
    const earlier = this.#time[side];
    const known = this.#known[side];
    const lastRead = reads[side];
    const lastWrite = writes[side];
    const ofWriter = message[WRITER];
    const ofReader = message[READER];

    const given = perform(step);
    const time = earlier + 1;
    // A failed cmpxchg stores nothing.
    const isWrite = !place.isRead && !(step[0] === "cmpxchg" && given !== step[3]);
    if (isWrite && !cell.mayWrite(side)) {
      this.#violates("owner", `word ${cell.word} is written by both`);
    }
    if (place.acquires && message[1 - side] > known) this.#known[side] = message[1 - side];
    if (!cell.isOrdered(side, this.#known[side], isPlain, isWrite)) {
      const what = isWrite ? "written" : "read";
      this.#violates("race", `word ${cell.word} is ${what} by the ${NAMES[side]}, unordered`);
    }
    if (place.acquires || (isPlain && place.isRead)) reads[side] = time;
    if (isWrite) {
      writes[side] = time;
      message[side] = isPlain ? 0 : time;
      message[1 - side] = isPlain ? 0 : this.#known[side];
      if (!isPlain) this.#time[side] = time;
      if (!isPlain && !this.#atomic.includes(cell)) this.#atomic.push(cell);
      if (cell.isRacy) cell.stored.push([time, words[index]]);
    }
    const isHeard = this.#known[side] !== known || message[WRITER] !== ofWriter ||
      message[READER] !== ofReader || (isWrite && cell.isContended);
    if (isHeard) this.#agree();
    if (cell.isRacy && side === READER) {
      for (const value of cell.mayFind(this.#known[READER])) {
        this.#go(side, value);
        if (this.#isStale) break;
      }
    } else {
      this.#go(side, given);
    }

    words[index] = old;
    this.#time[side] = earlier;
    if (isWrite && cell.isRacy) cell.stored.pop();
    reads[side] = lastRead;
    writes[side] = lastWrite;
    message[WRITER] = ofWriter;
    message[READER] = ofReader;
  }

  #go(side: Side, given: number): void {
    const place = this.#at[side];
    this.#way.push(side, place.step!, given);
    this.#at[side] = this.#programs[side].after(place, given);
    this.#visit();
    this.#at[side] = place;
    this.#way.length -= 3;
  }

  /** Numbers the words both sides write, what each knows of the other, and what it could learn. */
  #agree(): void {
    const [ofReader, ofWriter] = this.#known;
    let number = this.#numbered(0, pair(ofReader, ofWriter));
    for (const word of this.#contended) number = this.#numbered(number, word[0]);
    for (const { word, message } of this.#atomic) {
      // What the other side knows already makes no difference.
      const written = message[WRITER] > ofWriter ? message[WRITER] : 0;
      const read = message[READER] > ofReader ? message[READER] : 0;
      if (written === 0 && read === 0) continue;
      number = this.#numbered(this.#numbered(number, word), pair(written, read));
    }
    this.#agreement = number;
  }

  /** Numbers a list by the number of the list before its last value; 0 is the empty one. */
  #numbered(before: number, last: number): number {
    const key = before * 2 ** 32 + (last >>> 0);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size + 1);
    return this.#numbers.size;
  }

  #end(): void {
    this.#ends++;
    const [written, seen] = this.#at;
    this.#assert(() => this.#scenario.assertAgree(written.result as W, seen.result as R));
  }

  #assert(assertion: () => void): void {
    try {
      assertion();
    } catch (error) {
      this.#violated(error);
    }
  }

  #violated(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#violates(error instanceof Violation ? error.property : "thrown", message);
  }

  #violates(property: string, message: string): void {
    if (this.#violations.has(property)) return;
    this.#violations.set(property, `${message}\n${this.#describeWay()}`);
  }

  /** The last steps that led here. */
  #describeWay(): string {
    const lines: string[] = [];
    for (let i = Math.max(0, this.#way.length - 3 * 40); i < this.#way.length; i += 3) {
      const [side, [op, ...values], given] = this.#way.slice(i, i + 3) as [Side, Access, number];
      const words = values.map((value) =>
        value instanceof Int32Array ? `+${value.byteOffset / 4}` : JSON.stringify(value)
      );
      lines.push(`${NAMES[side]} ${op} ${words.join(" ")} -> ${given}`);
    }
    return lines.join("\n");
  }
}

/** Two times as one number of 32 bits. */
function pair(first: number, second: number): number {
  if ((first | second) >> 15 !== 0) throw new RangeError(`Cannot pair ${first} and ${second}`);
  return first << 15 | second;
}
