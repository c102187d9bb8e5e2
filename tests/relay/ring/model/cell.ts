/**
 * The words of RAM as the exploration knows them: who has accessed each, when, and what that orders.
 *
 * The time of a side goes on where it publishes what it did before: at its atomic stores. A side
 * knows what the other did up to the time that it found with what it loaded.
 *
 * @module
 */
import { READER, type Scenario, type Side, WRITER } from "./scenario.ts";

type WordsOf = Pick<Scenario<unknown, unknown>, "ram" | "contended" | "racy">;

/** A word and who has accessed it; times are 0 for never. What goes back restores what it changed. */
export class Cell {
  readonly word: number;
  readonly words: Int32Array;
  readonly index: number;
  /** Whether both may write it. */
  readonly isContended: boolean;
  /** Whether the reader may read it while the writer writes it. */
  readonly isRacy: boolean;
  /** Whether each side has ever accessed it, in any order of steps. */
  readonly isUsed: [boolean, boolean] = [false, false];
  /** Times of the last accesses of each side: that are not atomic, that are. */
  readonly plainRead: [number, number] = [0, 0];
  readonly plainWrite: [number, number] = [0, 0];
  readonly atomicRead: [number, number] = [0, 0];
  readonly atomicWrite: [number, number] = [0, 0];
  /** If the last store was atomic: how far each side was, for who loads it. */
  readonly message: [number, number] = [0, 0];
  /** Racy words only: what the writer has stored, with the times. */
  readonly stored: [time: number, value: number][];

  constructor(word: number, words: Int32Array, index: number, { contended, racy }: WordsOf) {
    this.word = word;
    this.words = words;
    this.index = index;
    this.isContended = contended.includes(word);
    this.isRacy = racy.includes(word);
    this.stored = [[0, words[index]]];
  }

  /** What the reader may find in a racy word: nothing that it knows to be overwritten. */
  mayFind(known: number): ReadonlySet<number> {
    const first = this.stored.findLastIndex(([time]) => time <= known);
    return new Set(this.stored.slice(first).map(([, value]) => value));
  }

  /** Whether both sides access it, in any order of steps. */
  get isShared(): boolean {
    return this.isUsed[WRITER] && this.isUsed[READER];
  }

  /** Whether the side may write it: both may, or the other side does not. */
  mayWrite(side: Side): boolean {
    const other = 1 - side;
    return this.isContended || this.plainWrite[other] + this.atomicWrite[other] === 0;
  }

  /** Whether what the other side did comes before, up to the time `known`, or both are atomic. */
  isOrdered(side: Side, known: number, isPlain: boolean, isWrite: boolean): boolean {
    if (this.isRacy) return true;
    const other = 1 - side;
    return this.plainWrite[other] <= known &&
      !(isPlain && this.atomicWrite[other] > known) &&
      !(isWrite && this.plainRead[other] > known) &&
      !(isWrite && isPlain && this.atomicRead[other] > known);
  }

  /** What the accesses of a side leave: the times of the last ones, what it stored; or nothing. */
  leftBehind(side: Side): string {
    const writes = `${this.plainWrite[side]} ${this.atomicWrite[side]}`;
    const reads = `${this.plainRead[side]} ${this.atomicRead[side]}`;
    if (writes === "0 0" && reads === "0 0") return "";
    let left = `;${this.word} ${reads} ${writes}`;
    if (writes !== "0 0" && !this.isContended) left += ` ${this.words[this.index]}`;
    if (this.isRacy && side === WRITER) left += ` ${this.stored}`;
    return left;
  }
}

/** All words that were ever accessed. */
export class Cells {
  readonly #scenario: WordsOf;
  readonly #cells = new Map<number, Cell>();

  constructor(scenario: WordsOf) {
    this.#scenario = scenario;
  }

  /** The cell of a word. */
  of(words: Int32Array, index: number): Cell {
    // Words outside RAM are numbered below 0.
    const word = words.buffer === this.#scenario.ram ? words.byteOffset / 4 + index : -1 - index;
    const known = this.#cells.get(word);
    if (known) return known;
    const cell = new Cell(word, words, index, this.#scenario);
    this.#cells.set(word, cell);
    return cell;
  }

  /** What all accesses of a side leave. */
  leftBehind(side: Side): string {
    let left = "";
    for (const cell of this.#cells.values()) left += cell.leftBehind(side);
    return left;
  }
}
