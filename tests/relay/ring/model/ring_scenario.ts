/**
 * What there is to explore of a script on a ring, and what must hold of it.
 *
 * @module
 */
import { CONSUMED, DELIVERED, ID, OFFSET, SUBBUF_SEQ } from "../../../../relay/ring/control.ts";
import { Eye, type Seen, type SeenSubbuf } from "./eye.ts";
import { Hand, makeRing, type RingShape, type Written } from "./hand.ts";
import { type Scenario, Violation } from "./scenario.ts";
import type { Script } from "./scripts.ts";
import type { StepCode } from "./step_code.ts";

/** What there is to explore of a script. */
export function scenario(code: StepCode, script: Script): Scenario<Written, Seen> {
  const ring = makeRing(script.shape);
  const { memory } = ring;
  const control = memory.control.byteOffset / 4;
  const places = memory.records.slice(0, script.shape.nSubbufs);
  // A put in overwrite mode looks whether the writer has been in the sub-buffer it left there.
  const subbufs = memory.overwrite ? memory.records.slice(0, memory.runs.length) : [];
  const sequences = subbufs.map((record) => record + SUBBUF_SEQ);
  return {
    ram: memory.words.buffer,
    contended: [control + CONSUMED, ...places.map((record) => record + ID)],
    racy: [control + OFFSET, ...sequences],
    *writer() {
      const hand = new Hand(code, ring);
      yield* hand.writer.attach();
      yield* script.writer(hand);
      yield* hand.flush("final");
      return hand.written;
    },
    *reader() {
      const eye = new Eye(code, ring);
      yield* eye.reader.attach();
      yield* script.reader(eye);
      yield ["waitEnd"];
      yield* eye.drain();
      return yield* eye.seen();
    },
    assertMayWait() {
      const { geometry, words, records } = memory;
      const consumed = memory.control[CONSUMED];
      const delivered = words[records[geometry.subbufIndex(consumed)] + DELIVERED];
      if (!geometry.isFull(delivered, consumed)) return;
      throw new Violation("asleep", `the reader waits, but could get ${consumed}`);
    },
    assertAgree: (written, seen) => assertAgree(script.shape, written, seen),
  };
}

/** Every event is read or lost and counted, never both; whole sub-buffers are overwritten. */
export function assertAgree({ mode, nSubbufs }: RingShape, written: Written, seen: Seen): void {
  const { events, tried, refused, lastSeq } = written;
  const consumed = seen.subbufs.filter((subbuf) => subbuf.isConsumed);
  for (const subbuf of seen.subbufs) {
    const there = events.filter(({ seq }) => seq === subbuf.seq).map(({ number }) => number);
    if (String(there) !== String(subbuf.events)) {
      const what = `sub-buffer ${subbuf.seq} was read with the events ${subbuf.events}`;
      throw new Violation("events", `${what}, not ${there}`);
    }
  }
  const isRead = new Set(consumed.map(({ seq }) => seq));
  const oldest = mode === "overwrite" ? lastSeq - nSubbufs + 1 : 0;
  for (const { number, seq } of events) {
    if (isRead.has(seq) || seq < oldest) continue;
    throw new Violation("unread", `event ${number} in sub-buffer ${seq} was not read`);
  }
  const last = consumed.at(-1)?.seq ?? -1;
  if (seen.missed !== last + 1 - consumed.length) {
    throw new Violation("lost", `${seen.missed} missed, read ${[...isRead]}`);
  }
  if (String(refused) !== String(seen.lost)) {
    throw new Violation("lost", `counted as lost ${seen.lost}, refused ${refused}`);
  }
  if (mode === "discard") assertGaps(tried, consumed);
}

/** What a sub-buffer says was lost must lie between its last event and the next one read. */
function assertGaps(tried: number, consumed: readonly SeenSubbuf[]): void {
  let read = 0;
  const full = consumed.filter(({ events }) => events.length > 0);
  for (const [i, { seq, events, lost }] of full.entries()) {
    read += events.length;
    const next = full[i + 1]?.events[0] ?? tried;
    if (events.at(-1)! < read + lost && read + lost <= next) continue;
    throw new Violation("lost", `sub-buffer ${seq} says ${lost} before event ${next}`);
  }
}
