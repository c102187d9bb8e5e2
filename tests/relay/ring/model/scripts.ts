/**
 * Programs for the writer and the reader of a ring.
 *
 * @module
 */
import { PAGE_SIZE } from "@ltt/relay/hw";
import type { Eye } from "./eye.ts";
import type { Hand, RingShape } from "./hand.ts";
import type { Steps } from "./steps.ts";

/** A writer's program and a reader's. */
export interface Script {
  readonly shape: RingShape;
  writer(hand: Hand): Steps<unknown>;
  reader(eye: Eye): Steps<unknown>;
}

/**
 * Wraps two sub-buffers twice: an event committed behind a nested one in the next sub-buffer, one
 * that fills a sub-buffer exactly, one that would wrap to the open one, a forced switch.
 */
export function* wrapTwo(hand: Hand): Steps<void> {
  yield* hand.write(2000);
  const outer = yield* hand.open(1900);
  yield* hand.write(2000, PAGE_SIZE - hand.headerSize - 2000, 2000);
  yield* hand.close(outer);
  yield* hand.write(3000);
  yield* hand.flush("active");
  yield* hand.write(3000, 3000);
}

/** Would enter a sub-buffer again that holds an open slot, with one of the same size. */
export function* wrapToOpen(hand: Hand): Steps<void> {
  yield* hand.write(2000);
  const outer = yield* hand.open(1900);
  yield* hand.write(3000);
  const inner = yield* hand.open(1900);
  yield* hand.write(3000);
  yield* hand.close(outer, true);
  yield* hand.close(inner, true);
}

/** The same with four sub-buffers. */
export function* wrapFour(hand: Hand): Steps<void> {
  yield* hand.write(2000);
  const outer = yield* hand.open(1900);
  yield* hand.write(2000, PAGE_SIZE - hand.headerSize - 2000);
  yield* hand.close(outer);
  yield* hand.write(3000);
  yield* hand.flush("active");
  yield* hand.write(3000, 3000, 3000, 3000, 3000, 3000);
}

/** Consumes sub-buffers as they come. */
export function* drain(eye: Eye): Steps<void> {
  yield* eye.drain();
}

/** Tries to consume a sub-buffer twice. */
export function* consumeTwice(eye: Eye): Steps<void> {
  yield* eye.consume();
  yield* eye.consume();
}

/** Tries to consume a sub-buffer. */
export function* consumeOnce(eye: Eye): Steps<void> {
  yield* eye.consume();
}

/** Gets and puts all there is, then tries to consume a sub-buffer. */
export function* peekAndConsume(eye: Eye): Steps<void> {
  yield* eye.peekAll();
  yield* eye.consume();
}

const discard: RingShape = { nSubbufs: 2, mode: "discard", headerSize: 0 };
const overwrite: RingShape = { nSubbufs: 2, mode: "overwrite", headerSize: 8 };

/** Two sub-buffers, nothing is overwritten, all is read as it comes. */
export const keepAll: Script = { shape: discard, writer: wrapTwo, reader: drain };
/** Two sub-buffers and the reader's, the oldest is overwritten, the reader gets two. */
export const keepNewest: Script = { shape: overwrite, writer: wrapTwo, reader: consumeTwice };
/** The same, with gets of all there is that consume nothing. */
export const peekAtNewest: Script = { shape: overwrite, writer: wrapTwo, reader: peekAndConsume };
/** The same, with a writer that comes to a sub-buffer with an open slot. */
export const wrapIntoOpen: Script = { shape: overwrite, writer: wrapToOpen, reader: consumeTwice };
