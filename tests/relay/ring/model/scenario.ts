/**
 * What is explored: two programs, the words they share, what must hold of them.
 *
 * @module
 */
import type { Steps } from "./steps.ts";

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

/** The sides of a scenario: indices of whatever there is one of for each. */
export const WRITER = 0;
export const READER = 1;
export type Side = typeof WRITER | typeof READER;
