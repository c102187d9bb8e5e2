/**
 * A program and all places it has been in.
 *
 * A program is deterministic: the values its steps have been given lead to a place in it. Where it
 * rests, ways that left the same behind lead to the same place. To go back to a place no program is
 * run again, only to make a new one.
 *
 * @module
 */
import type { Cell } from "./cell.ts";
import type { Access, Op, Pause, Steps } from "./steps.ts";

type Step = Access | Pause;

const PLAIN: ReadonlySet<Step[0]> = new Set<Op>(["readOnce", "writeOnce"]);
const READS: ReadonlySet<Step[0]> = new Set<Step[0]>(["readOnce", "loadAcquire", "waitChange"]);
/** Atomic ones that load nothing; what is not atomic does not acquire either. */
const STORES: ReadonlySet<Step[0]> = new Set<Op>(["storeRelease"]);

/** Where a program is: the values that its steps have been given lead there. */
export class Place<T> {
  readonly id: number;
  readonly from: Place<T> | null;
  readonly given: number;
  /** What it does next; `null` at its end. */
  readonly step: Step | null;
  readonly result: T | undefined;
  readonly thrown: unknown;
  readonly next = new Map<number, Place<T>>();
  /** The word the step accesses, once that was looked up. */
  cell: Cell | null = null;
  /** Whether it rests here. */
  readonly isRest: boolean;
  /** Whether it waits here, for a word to change or for the other program to end. */
  readonly isWait: boolean;
  /** Whether the access is not atomic. */
  readonly isPlain: boolean;
  /** Whether the access stores nothing. */
  readonly isRead: boolean;
  /** Whether the access learns from the word how far the other side was. */
  readonly acquires: boolean;

  constructor(
    id: number,
    from: Place<T> | null,
    given: number,
    next: () => IteratorResult<Step, T>,
  ) {
    this.id = id;
    this.from = from;
    this.given = given;
    this.step = null;
    this.thrown = null;
    try {
      const { done, value } = next();
      if (done) this.result = value;
      else this.step = value;
    } catch (thrown) {
      this.thrown = thrown;
    }
    const op = this.step?.[0] ?? "rest";
    this.isRest = this.step !== null && op === "rest";
    this.isWait = op === "waitChange" || op === "waitEnd";
    this.isPlain = PLAIN.has(op);
    this.isRead = READS.has(op);
    this.acquires = !this.isPlain && !STORES.has(op);
  }
}

/** A program with all places it has been in. */
export class Program<T> {
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
    this.start = new Place(this.#places++, null, 0, () => steps.next());
    this.#running = { place: this.start, steps };
  }

  /** Where the program is after it was given a value. */
  after(from: Place<T>, given: number): Place<T> {
    const known = from.next.get(given);
    if (known) return known;
    const steps = this.#running.place === from ? this.#running.steps : this.#runTo(from);
    const place = this.#merged(new Place(this.#places++, from, given, () => steps.next(given)));
    from.next.set(given, place);
    // A run that took another way to this place will do the same from here on.
    this.#running = { place, steps };
    return place;
  }

  #merged(place: Place<T>): Place<T> {
    if (!place.isRest) return place;
    const state = `${JSON.stringify(place.step![1])} ${this.#leftBehind()}`;
    const same = this.#rests.get(state);
    if (same) return same;
    this.#rests.set(state, place);
    return place;
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
