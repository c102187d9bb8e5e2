/**
 * What a thread is about that dies.
 *
 * @module
 */
import { PAGE_SIZE } from "@ltt/relay/hw";
import type { Eye } from "./crash.ts";
import type { Hand } from "./hand.ts";
import type { Steps } from "./steps.ts";

/** A writer's program; a reader comes by at once where it says so. */
export type Program = (hand: Hand, eye: Eye) => Steps<void>;

/** The programs, by what they do. */
export const programs: Record<string, Program> = {
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
