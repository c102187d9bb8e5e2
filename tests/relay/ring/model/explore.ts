/**
 * Runs a writing and a reading program in every order of their steps, on real words.
 *
 * A program is deterministic: the values its steps have been given lead to a place in it. Where it
 * rests, ways that left the same behind lead to the same place. A state is a place of each program,
 * with the words that both write and what each knows of the other's progress. Going back restores
 * the word a step changed; no program is run again for it, only to make a new place.
 *
 * Orders of steps are those of a sequentially consistent machine, and in all of them two accesses
 * to a word, one a store and not both atomic, must be ordered by those that are. JavaScript's
 * memory model has no other executions of a program without such races: what holds here holds
 * there.
 * Words declared racy are exempt; the reader is given each value it may find there, however late.
 *
 * @module
 */
import type { Access, Op, Pause, Steps } from "./steps.ts";
import { perform } from "./steps.ts";

/** A property that does not hold. */
export class Violation extends Error {
  /** Which one, in a word. */
  readonly property: string;

  /** Says what was found. */
  constructor(property: string, message: string) {
    super(message);
    this.property = property;
  }
}

/** What to explore. */
export interface Scenario<W, R> {
  /** The words, as all views of them see them. */
  readonly ram: ArrayBufferLike;
  /** Starts the writing program; it must change nothing but through its steps. */
  writer(): Steps<W>;
  /** Starts the reading program. */
  reader(): Steps<R>;
  /** Words of RAM that both may write. */
  readonly contended: readonly number[];
  /** Words of RAM that the reader reads though the writer may be writing them. */
  readonly racy: readonly number[];
  /** Throws a violation if the reader should not be waiting while the writer rests. */
  assertMayWait(): void;
  /** Throws a violation if the two do not agree at the end. */
  assertAgree(written: W, seen: R): void;
}

/** What was found. */
export interface Exploration {
  /** States visited. */
  readonly states: number;
  /** Ends of both programs among these. */
  readonly ends: number;
  /** Properties that do not hold, with the first way that leads there. */
  readonly violations: ReadonlyMap<string, string>;
}

const WRITER = 0;
const READER = 1;
type Side = typeof WRITER | typeof READER;
const SIDES = [WRITER, READER] as const;
const NAMES = ["writer", "reader"];

const READS: readonly Op[] = ["readOnce", "loadAcquire"];
const PLAIN: readonly Op[] = ["readOnce", "writeOnce"];

/**
 * A word and who has accessed it. The time of a side goes on where it publishes what it did before:
 * at its atomic stores.
 */
interface Cell {
  readonly word: number;
  readonly words: Int32Array;
  readonly index: number;
  readonly isContended: boolean;
  readonly isRacy: boolean;
  /** Whether each side has ever accessed it. */
  readonly isUsed: [boolean, boolean];
  /** Last accesses of each side: that are not atomic, that are. */
  plainRead: [number, number];
  plainWrite: [number, number];
  atomicRead: [number, number];
  atomicWrite: [number, number];
  /** If the last store was atomic: how far each side was, for who loads it. */
  message: readonly [number, number];
  /** Racy words only: what the writer has stored, with the times. */
  readonly stored: [time: number, value: number][];
}

const NOTHING: readonly [number, number] = [0, 0];

/** Where a program is: the values that its steps have been given lead there. */
interface Place<T> {
  readonly id: number;
  readonly from: Place<T> | null;
  readonly given: number;
  readonly step: Access | Pause | null;
  readonly result: T | undefined;
  readonly thrown: unknown;
  readonly next: Map<number, Place<T>>;
  /** The word the step accesses, once that was looked up. */
  cell: Cell | null;
}

/** A program with all places it has been in. */
class Program<T> {
  readonly start: Place<T>;
  readonly #run: () => Steps<T>;
  /** What the program has left behind by now, and what it may still be asked about. */
  readonly #leftBehind: () => string;
  readonly #rests = new Map<string, Place<T>>();
  #places = 0;
  /** A run that has come to a place, to go on from there. */
  #running: { place: Place<T>; steps: Steps<T> };

  constructor(run: () => Steps<T>, leftBehind: () => string) {
    this.#run = run;
    this.#leftBehind = leftBehind;
    const steps = run();
    this.start = this.#make(null, 0, () => steps.next());
    this.#running = { place: this.start, steps };
  }

  /** Where the program is after it was given a value. */
  after(from: Place<T>, given: number): Place<T> {
    const known = from.next.get(given);
    if (known) return known;
    const steps = this.#running.place === from ? this.#running.steps : this.#runTo(from);
    const made = this.#make(from, given, () => steps.next(given));
    const place = this.#merged(made);
    from.next.set(given, place);
    // A run that took another way to this place will do the same from here on.
    this.#running = { place, steps };
    return place;
  }

  #merged(place: Place<T>): Place<T> {
    if (place.step?.[0] !== "rest") return place;
    const state = `${place.step[1]} ${this.#leftBehind()}`;
    const same = this.#rests.get(state);
    if (same) return same;
    this.#rests.set(state, place);
    return place;
  }

  #make(from: Place<T> | null, given: number, next: () => IteratorResult<Access | Pause, T>) {
    const id = this.#places++;
    const place = { id, from, given, next: new Map<number, Place<T>>(), cell: null };
    try {
      const { done, value } = next();
      if (done) return { ...place, step: null, result: value, thrown: null };
      return { ...place, step: value, result: undefined, thrown: null };
    } catch (thrown) {
      return { ...place, step: null, result: undefined, thrown };
    }
  }

  #runTo(place: Place<T>): Steps<T> {
    const given: number[] = [];
    for (let at = place; at.from !== null; at = at.from) given.push(at.given);
    const steps = this.#run();
    steps.next();
    while (given.length > 0) steps.next(given.pop()!);
    return steps;
  }
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

class Explorer<W, R> {
  readonly #scenario: Scenario<W, R>;
  readonly #options: Options;
  readonly #programs: [Program<W>, Program<R>];
  readonly #at: [Place<W>, Place<R>];
  /** Time of each side: so many atomic stores. */
  readonly #time: [number, number] = [0, 0];
  /** Up to which time each side knows what the other did. */
  readonly #known: [number, number] = [0, 0];
  readonly #cells = new Map<number, Cell>();
  /** Cells with a message once or now. */
  readonly #atomic: Cell[] = [];
  readonly #contended: Int32Array[];
  /** Whether only one side has moved since the last state that was looked up. */
  #isAlone = false;
  /** States visited, by the place of the writer, that of the reader, and the agreement. */
  #seen: Map<number, number | Set<number>>[] = [];
  #states = 0;
  /** What the sides share besides their places, numbered, and the number of what they share now. */
  readonly #agreements = new Map<string, number>();
  #agreement = 0;
  /** Words that both sides have accessed, in any order of steps. */
  readonly #shared = new Set<number>();
  /** Set when a word turns out to be shared that was taken for one side's own. */
  #isStale = false;
  /** Steps that led here. */
  readonly #way: [side: Side, step: Access | Pause, given: number][] = [];
  readonly #violations = new Map<string, string>();
  #ends = 0;

  constructor(scenario: Scenario<W, R>, options: Options) {
    this.#scenario = scenario;
    this.#options = options;
    this.#programs = [
      new Program(scenario.writer, () => this.#leftBehind(WRITER)),
      new Program(scenario.reader, () => this.#leftBehind(READER)),
    ];
    this.#at = [this.#programs[WRITER].start, this.#programs[READER].start];
    const { contended, ram } = scenario;
    this.#contended = contended.map((word) => new Int32Array(ram, 4 * word, 1));
  }

  explore(): Exploration {
    do {
      this.#isStale = false;
      this.#seen = [];
      this.#states = 0;
      this.#isAlone = false;
      this.#agree();
      this.#ends = 0;
      this.#visit();
    } while (this.#isStale && !this.#isFound);
    return { states: this.#states, ends: this.#ends, violations: this.#violations };
  }

  get #isFound(): boolean {
    return this.#options.until !== undefined && this.#violations.has(this.#options.until);
  }

  #visit(): void {
    if (this.#isStale || this.#isFound) return;
    const [writer, reader] = this.#at;
    for (const { thrown } of this.#at) {
      if (thrown !== null) return this.#violated(thrown);
    }
    if (writer.step?.[0] === "rest" && reader.step?.[0] === "waitChange") {
      if (!this.#isReady(READER, reader.step)) this.#assert(this.#scenario.assertMayWait);
    }
    // Who rests, or is at a word of its own, goes on at once: the other side cannot tell when.
    const alone = SIDES.find((side) => this.#isOwn(this.#at[side]));
    const wasAlone = this.#isAlone;
    this.#isAlone = alone !== undefined;
    if (!(wasAlone && this.#isAlone) && !this.#isNew(writer, reader)) return;
    if (alone !== undefined) return this.#move(alone, this.#at[alone].step!);

    this.#states++;
    if (writer.step === null && reader.step === null) return this.#end();
    let isStuck = true;
    for (const side of SIDES) {
      const { step } = this.#at[side];
      if (step === null || !this.#isReady(side, step)) continue;
      isStuck = false;
      this.#isAlone = false;
      this.#move(side, step);
    }
    if (isStuck) this.#violated(new Violation("stuck", "both wait, or one for what does not come"));
  }

  /** Whether the state has not been visited; it has after that. */
  #isNew(writer: Place<W>, reader: Place<R>): boolean {
    const seen = this.#seen[writer.id] ??= new Map();
    const agreements = seen.get(reader.id);
    if (agreements === undefined) {
      seen.set(reader.id, this.#agreement);
    } else if (agreements === this.#agreement) {
      return false;
    } else if (typeof agreements === "number") {
      seen.set(reader.id, new Set([agreements, this.#agreement]));
    } else if (agreements.has(this.#agreement)) {
      return false;
    } else {
      agreements.add(this.#agreement);
    }
    return true;
  }

  /** Numbers the words both sides write, what each knows of the other, and what it could learn. */
  #agree(): void {
    const [ofReader, ofWriter] = this.#known;
    let key = `${ofReader} ${ofWriter}`;
    for (const word of this.#contended) key += ` ${word[0]}`;
    for (const cell of this.#atomic) {
      // What the other side knows already makes no difference.
      const written = cell.message[WRITER] > ofWriter ? cell.message[WRITER] : 0;
      const read = cell.message[READER] > ofReader ? cell.message[READER] : 0;
      if (written > 0 || read > 0) key += ` ${cell.word}:${written}:${read}`;
    }
    const known = this.#agreements.get(key);
    this.#agreement = known ?? this.#agreements.size;
    if (known === undefined) this.#agreements.set(key, this.#agreement);
  }

  #end(): void {
    this.#ends++;
    const [written, seen] = this.#at;
    this.#assert(() => this.#scenario.assertAgree(written.result!, seen.result!));
  }

  #assert(assertion: () => void): void {
    try {
      assertion();
    } catch (error) {
      this.#violated(error);
    }
  }

  #violated(error: unknown): void {
    const isProperty = error instanceof Violation;
    const property = isProperty ? error.property : "thrown";
    if (this.#violations.has(property)) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#violations.set(property, `${message}\n${this.#describeWay()}`);
  }

  /** The last steps that led here. */
  #describeWay(): string {
    const lines = this.#way.slice(-40).map(([side, [op, ...values], given]) => {
      const words = values.map((value) =>
        value instanceof Int32Array ? `+${value.byteOffset / 4}` : String(value)
      );
      return `${NAMES[side]} ${op} ${words.join(" ")} -> ${given}`;
    });
    return lines.join("\n");
  }

  /** What a side's accesses to the words leave: the times of the last ones, what it stored. */
  #leftBehind(side: Side): string {
    let left = `${this.#time[side]}`;
    for (const cell of this.#cells.values()) {
      const { plainRead, plainWrite, atomicRead, atomicWrite, words, index } = cell;
      const writes = `${plainWrite[side]} ${atomicWrite[side]}`;
      const reads = `${plainRead[side]} ${atomicRead[side]}`;
      if (writes === "0 0" && reads === "0 0") continue;
      left += `;${cell.word} ${reads} ${writes}`;
      if (writes !== "0 0" && !cell.isContended) left += ` ${words[index]}`;
      if (cell.isRacy && side === WRITER) left += ` ${cell.stored}`;
    }
    return left;
  }

  /** Whether the other side cannot tell when the step is made. */
  #isOwn(place: Place<W> | Place<R>): boolean {
    const { step } = place;
    if (step === null || step[0] === "waitEnd" || step[0] === "waitChange") return false;
    if (step[0] === "rest") return true;
    const cell = place.cell ??= this.#cellOf(step[1], step[2]);
    if (!this.#shared.has(cell.word)) return true;
    return this.#options.steps === "atomic" && PLAIN.includes(step[0]) && !cell.isRacy;
  }

  #isReady(side: Side, step: Access | Pause): boolean {
    if (step[0] === "waitEnd") return this.#at[1 - side].step === null;
    return step[0] !== "waitChange" || step[1][step[2]] !== step[3];
  }

  #move(side: Side, step: Access | Pause): void {
    const known = this.#known[side];
    const agreement = this.#agreement;
    if (step[0] === "rest") {
      this.#go(side, 0);
    } else if (step[0] === "waitEnd") {
      this.#known[side] = this.#time[1 - side] + 1;
      this.#agree();
      this.#go(side, 0);
    } else {
      this.#access(side, step);
    }
    this.#known[side] = known;
    this.#agreement = agreement;
  }

  #access(side: Side, step: Access | (Pause & readonly ["waitChange", ...unknown[]])): void {
    const [op, words, index] = step;
    const cell = this.#at[side].cell ??= this.#cellOf(words, index);
    const { plainRead, plainWrite, atomicRead, atomicWrite, message } = cell;
    cell.isUsed[side] = true;
    if (cell.isUsed[1 - side] && !this.#shared.has(cell.word)) {
      this.#shared.add(cell.word);
      this.#isStale = true;
    }
    const old = words[index];
    const given = perform(step);
    const isPlain = PLAIN.includes(op as Op);
    const isRead = op === "waitChange" || READS.includes(op);
    // A failed cmpxchg stores nothing.
    const isWrite = !isRead && !(op === "cmpxchg" && given !== step[3]);
    if (isWrite) this.#assertMayWrite(side, cell);

    const earlier = this.#time[side];
    const time = earlier + 1;
    if (!isPlain && (isRead || op !== "storeRelease")) {
      this.#known[side] = Math.max(this.#known[side], message[1 - side]);
      cell.atomicRead = at(atomicRead, side, time);
    }
    this.#assertOrdered(side, cell, isPlain, isWrite);
    if (isPlain && isRead) cell.plainRead = at(plainRead, side, time);
    if (isWrite) {
      if (isPlain) cell.plainWrite = at(plainWrite, side, time);
      else cell.atomicWrite = at(atomicWrite, side, time);
      const known = this.#known[side];
      cell.message = isPlain ? NOTHING : side === WRITER ? [time, known] : [known, time];
      if (!isPlain) this.#time[side] = time;
      if (!isPlain && !this.#atomic.includes(cell)) this.#atomic.push(cell);
      if (cell.isRacy) cell.stored.push([time, words[index]]);
    }
    if (!isPlain || message !== cell.message || cell.isContended) this.#agree();
    if (cell.isRacy && side === READER) {
      for (const value of this.#mayFind(cell)) this.#go(side, value);
    } else {
      this.#go(side, given);
    }

    words[index] = old;
    this.#time[side] = earlier;
    if (isWrite && cell.isRacy) cell.stored.pop();
    cell.plainRead = plainRead;
    cell.plainWrite = plainWrite;
    cell.atomicRead = atomicRead;
    cell.atomicWrite = atomicWrite;
    cell.message = message;
  }

  #go(side: Side, given: number): void {
    this.#way.push([side, this.#at[side].step!, given]);
    if (side === WRITER) {
      const place = this.#at[WRITER];
      this.#at[WRITER] = this.#programs[WRITER].after(place, given);
      this.#visit();
      this.#at[WRITER] = place;
    } else {
      const place = this.#at[READER];
      this.#at[READER] = this.#programs[READER].after(place, given);
      this.#visit();
      this.#at[READER] = place;
    }
    this.#way.pop();
  }

  /** What the reader may find in a racy word: nothing that it knows to be overwritten. */
  #mayFind({ stored }: Cell): ReadonlySet<number> {
    const known = this.#known[READER];
    const first = stored.findLastIndex(([time]) => time <= known);
    return new Set(stored.slice(first).map(([, value]) => value));
  }

  #assertMayWrite(side: Side, cell: Cell): void {
    const other = 1 - side;
    if (cell.isContended || cell.plainWrite[other] + cell.atomicWrite[other] === 0) return;
    this.#violated(new Violation("owner", `word ${cell.word} is written by both`));
  }

  /** Fails unless what the other side did with the word comes before, or both are atomic. */
  #assertOrdered(side: Side, cell: Cell, isPlain: boolean, isWrite: boolean): void {
    if (cell.isRacy) return;
    const other = 1 - side;
    let last = cell.plainWrite[other];
    if (isPlain) last = Math.max(last, cell.atomicWrite[other]);
    if (isWrite) last = Math.max(last, cell.plainRead[other]);
    if (isWrite && isPlain) last = Math.max(last, cell.atomicRead[other]);
    if (last <= this.#known[side]) return;
    const what = isWrite ? "written" : "read";
    const message = `word ${cell.word} is ${what} by the ${NAMES[side]}, unordered`;
    this.#violated(new Violation("race", message));
  }

  #cellOf(words: Int32Array, index: number): Cell {
    const { ram, contended, racy } = this.#scenario;
    // Words outside RAM are numbered below 0.
    const word = words.buffer === ram ? words.byteOffset / 4 + index : -1 - index;
    const known = this.#cells.get(word);
    if (known) return known;
    const cell: Cell = {
      word,
      words,
      index,
      isContended: contended.includes(word),
      isRacy: racy.includes(word),
      isUsed: [false, false],
      plainRead: [0, 0],
      plainWrite: [0, 0],
      atomicRead: [0, 0],
      atomicWrite: [0, 0],
      message: NOTHING,
      stored: [[0, words[index]]],
    };
    this.#cells.set(word, cell);
    return cell;
  }
}

/** The pair with one of the two changed. */
function at(times: [number, number], side: Side, time: number): [number, number] {
  return side === WRITER ? [time, times[1]] : [times[0], time];
}
