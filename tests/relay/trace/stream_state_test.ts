import type { LostCounts } from "@ltt/relay/ring";
import { STREAM_STATE_SIZE, StreamState } from "../../../relay/trace/stream_state.ts";
import { assertEquals } from "@std/assert";
import fc from "fast-check";

const NOTHING: LostCounts = { full: 0, wrap: 0, big: 0, nested: 0, torn: 0, offline: 0 };
const ADDRESS = 4096;

/** A state, and the same as another thread sees it. */
function state() {
  const ram = new SharedArrayBuffer(ADDRESS + STREAM_STATE_SIZE);
  return { state: new StreamState(ram, ADDRESS), other: new StreamState(ram, ADDRESS), ram };
}

Deno.test("StreamState.discard() sums up what is lost by any cause", () => {
  const { state: made } = state();
  assertEquals(made.discard(NOTHING), 0);
  assertEquals(made.discard({ ...NOTHING, full: 5 }), 5);
  assertEquals(made.discard({ full: 6, wrap: 1, big: 2, nested: 3, torn: 4, offline: 5 }), 21);
  assertEquals(made.discard({ full: 6, wrap: 1, big: 2, nested: 3, torn: 4, offline: 5 }), 21);
});

Deno.test("StreamState.discard() never goes down, though the ring's counts begin at 0 again at 2^32", () => {
  const causes = Object.keys(NOTHING) as (keyof LostCounts)[];
  const step = fc.tuple(fc.constantFrom(...causes), fc.oneof(fc.nat(10), fc.constant(2 ** 32 - 1)));
  fc.assert(fc.property(fc.array(step), (steps) => {
    const { state: made, other } = state();
    const counts: Record<keyof LostCounts, number> = { ...NOTHING };
    let sum = 0;
    for (const [cause, more] of steps) {
      counts[cause] = (counts[cause] + more) % 2 ** 32;
      sum += more;
      assertEquals(other.discardedNow(() => counts), sum, "now");
      assertEquals(made.discard(counts), sum);
      assertEquals(other.discardedNow(() => counts), sum, "afterwards");
    }
  }));
});

Deno.test("StreamState.discardedNow() reads again when the writer closes a packet meanwhile", () => {
  const { state: made, other } = state();
  made.discard({ ...NOTHING, full: 3 });
  let looks = 0;
  const counts = { ...NOTHING, full: 10 };
  const now = other.discardedNow(() => {
    if (looks++ === 0) made.discard(counts);
    return counts;
  });
  assertEquals([now, looks], [10, 2]);
});

Deno.test("StreamState.lostNow() counts each cause beyond 2^32, from any thread", () => {
  const { state: made, other } = state();
  made.discard({ ...NOTHING, full: 2 ** 32 - 1, torn: 7 });
  made.discard({ ...NOTHING, full: 5, torn: 7 });
  assertEquals(other.lostNow(() => ({ ...NOTHING, full: 6, torn: 7, big: 2 })), {
    ...NOTHING,
    full: 2 ** 32 + 6,
    torn: 7,
    big: 2,
  });
});

Deno.test("StreamState.discard() counts once, whichever of its stores a thread that died had made", () => {
  const before: LostCounts = { ...NOTHING, full: 2 ** 32 - 2, big: 3 };
  const counts: LostCounts = { full: 4, wrap: 1, big: 5, nested: 6, torn: 0, offline: 9 };
  const sum = 2 ** 32 + 4 + 1 + 5 + 6 + 9;
  const { state: made, ram } = state();
  made.discard(before);
  const old = new BigUint64Array(ram.slice(0));
  made.discard(counts);
  const done = new BigUint64Array(ram);
  const stored = [...done.keys()].filter((i) => done[i] !== old[i]);
  for (let some = 0; some < 2 ** stored.length; some++) {
    const left = old.slice();
    for (const [bit, i] of stored.entries()) if (some >> bit & 1) left[i] = done[i];
    const next = new StreamState(left.buffer, ADDRESS);
    const what = `with stores ${some.toString(2)} of ${stored}`;
    assertEquals(next.discardedNow(() => counts), sum, what);
    assertEquals(next.discard(counts), sum, what);
  }
});

Deno.test("StreamState lies in RAM, and its parts do not overlap", () => {
  const { state: made, other, ram } = state();
  made.discard({ full: 1, wrap: 2, big: 3, nested: 4, torn: 5, offline: 6 });
  made.times[0] = 1.5;
  made.thread = "t".repeat(1000);
  made.clock = "c".repeat(1000);
  for (const array of [made.events, made.lost, made.bytes]) array.fill(7);
  assertEquals([other.times[0], other.discardedNow(() => NOTHING) > 0], [1.5, true]);
  assertEquals([other.thread, other.clock], ["t".repeat(252), "c".repeat(252)]);
  for (const array of [other.events, other.lost, other.bytes]) {
    assertEquals([array.length, array.every((n) => n === 7)], [4096, true]);
  }
  assertEquals(new Uint8Array(ram, 0, ADDRESS).every((byte) => byte === 0), true);
});

for (
  const [what, text, kept] of [
    ["nothing", "", ""],
    ["any text", "wörker 😀", "wörker 😀"],
    ["a byte order mark", "\ufeffmain", "\ufeffmain"],
    ["what there is room for, of one byte", "x".repeat(300), "x".repeat(252)],
    ["what there is room for, of two", `x${"ä".repeat(200)}`, `x${"ä".repeat(125)}`],
    ["what there is room for, of four", "😀".repeat(64), "😀".repeat(63)],
  ] as const
) {
  Deno.test(`StreamState.thread keeps ${what}`, () => {
    const { state: made, other } = state();
    made.thread = "something longer than that before";
    made.thread = text;
    assertEquals(other.thread, kept);
  });
}
