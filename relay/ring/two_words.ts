import { readOnce, writeOnce } from "./shared_words.ts";

/** Reads a number up to 2^53 that lies in two words, the low half first. */
export function readTwoWords(words: Int32Array, first: number): number {
  return (readOnce(words, first + 1) >>> 0) * 2 ** 32 + (readOnce(words, first) >>> 0);
}

/** Stores such a number, half by half: who reads meanwhile may see halves of two numbers. */
export function writeTwoWords(words: Int32Array, first: number, value: number): void {
  writeOnce(words, first, value);
  writeOnce(words, first + 1, value / 2 ** 32);
}
