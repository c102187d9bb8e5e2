/**
 * Programs that stop before each access to a shared word, and what it takes to run one.
 *
 * @module
 */
import * as sharedWords from "../../../../relay/ring/shared_words.ts";

/** Name of a function of shared_words.ts. */
export type Op = keyof typeof sharedWords;

/** An access that is about to be made: function, words, index, further arguments. */
export type Access = readonly [op: Op, words: Int32Array, index: number, a?: number, b?: number];

/**
 * What a program can do besides. It waits until a word is no longer what it was, as `Atomics.wait`
 * does, or until the other program has ended. It rests: what it will do from here on follows from
 * `state`, a JSON value as it is now, and the words alone, not from what else it has read.
 */
export type Pause =
  | readonly [op: "waitChange", words: Int32Array, index: number, old: number]
  | readonly [op: "waitEnd"]
  | readonly [op: "rest", state: unknown];

/** A program that stops before each access and is given the result. */
export type Steps<T> = Generator<Access | Pause, T, number>;

/** Runs a program on its own; the words change at once. */
export function run<T>(program: Steps<T>): T {
  let next = program.next();
  while (!next.done) next = program.next(perform(next.value));
  return next.value;
}

/** Makes an access; a pause is over at once. */
export function perform(step: Access | Pause): number {
  const access = accessors.get(step[0]);
  if (access === undefined) return 0;
  const [, words, index, a = 0, b = 0] = step as Access;
  return access(words, index, a, b) ?? 0;
}

type Accessor = (words: Int32Array, index: number, a: number, b: number) => number | void;
/** The functions of shared_words.ts, by name. */
const accessors: ReadonlyMap<string, Accessor> = new Map(Object.entries(sharedWords));
