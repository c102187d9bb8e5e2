import { PAGE_SIZE } from "@ltt/relay/hw";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { watchAtomics } from "../ring/watched_words.ts";
import {
  lowStart,
  type Mode,
  N_SUBBUFS,
  type Seen,
  type Start,
  type Step,
  WrappedRing,
} from "./wrapped_ring.ts";

/** Numbers of sub-buffers of a page at which a counter has a limit. */
const LIMITS: readonly (readonly [what: string, seq: number])[] = [
  ["offsets at 2^31", 2 ** 31 / PAGE_SIZE],
  ["offsets at 2^32, where WRAPS begins to count", 2 ** 32 / PAGE_SIZE],
  ["offsets at 2^33, where WRAPS counts on", 2 ** 33 / PAGE_SIZE],
  ["numbers of sub-buffers at 2^31", 2 ** 31],
  ["numbers of sub-buffers at 2^32, where their high word begins to count", 2 ** 32],
  ["numbers of sub-buffers at 2^33, where their high word counts on", 2 ** 33],
];
/** Word of losses from which a few more come to 2^32. */
const LOST = -3;
const MODES: readonly Mode[] = ["discard", "overwrite"];

/** What is seen behind each step of a script. */
function run(mode: Mode, start: Start, script: readonly Step[]): Seen[] {
  using ring = new WrappedRing(mode, start);
  return script.map((step) => ring.step(step));
}

/** What a successor finds behind each store of the writer, without what comes twice in a row. */
function runToDeath(mode: Mode, start: Start, script: readonly Step[]): Seen[] {
  using _watch = watchAtomics();
  const seen: Seen[] = [];
  using ring = new WrappedRing(mode, start, (ring) => {
    const now = ring.takenOver();
    // A store that counts a wrap is one more; who takes over behind it finds what he found before.
    if (now !== seen.at(-1)) seen.push(now);
  });
  for (const step of script) ring.step(step);
  return seen;
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1000, max: 1500 }),
  fc.constantFrom(PAGE_SIZE - 9, PAGE_SIZE - 8, PAGE_SIZE - 7),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant("event" as const), size }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("reserve" as const), size }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant("commit" as const), which: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("flush" as const),
      how: fc.constantFrom("active" as const, "even-if-empty" as const, "dead" as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant("read" as const), consumes: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constantFrom("takeOver" as const, "nextReader" as const) }),
  },
);

for (const mode of MODES) {
  for (const [what, limit] of LIMITS) {
    Deno.test(`RingWriter, RingReader and peekOpenSubbuf() go on across a limit in ${mode} mode: ${what}`, () => {
      const property = fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.array(step, { minLength: 20, maxLength: 60 }),
        (before, script) => {
          const start = { seq: limit - before, lost: LOST };
          const expected = run(mode, lowStart(start), script);
          const seen = run(mode, start, script);
          for (const [i, step] of script.entries()) {
            const where = `step ${i}, ${
              JSON.stringify(step)
            }, of a ring that began ${before} before`;
            assertEquals(seen[i], expected[i], `as far from the limit: ${where}`);
          }
        },
      );
      fc.assert(property, { numRuns: 60 });
    });
  }
}

const event = (size: number): Step => ({ act: "event", size });
const reserve = (size: number): Step => ({ act: "reserve", size });
const commit = (which: number): Step => ({ act: "commit", which });
const flush = (how: "active" | "even-if-empty" | "final"): Step => ({ act: "flush", how });
const READ: Step = { act: "read", consumes: true };

/** What a thread is about that dies; each goes through more than a lap. */
const DEATHS: readonly (readonly [what: string, script: readonly Step[]])[] = [
  ["writes events", [event(1900), event(1900), ...Array(9).fill([READ, event(1900)]).flat()]],
  ["loses events", Array(14).fill(event(2500))],
  ["fills sub-buffers", Array(9).fill([event(2044), event(2044), READ]).flat()],
  ["flushes", Array(7).fill([event(50), flush("active"), READ]).flat()],
  [
    "nests slots over sub-buffers",
    Array(4).fill([
      reserve(2000),
      reserve(2500),
      commit(1),
      READ,
      reserve(100),
      commit(0),
      commit(0),
    ])
      .flat(),
  ],
  ["ends", [event(2500), event(2500), event(2500), flush("final")]],
];

for (const mode of MODES) {
  for (const [what, script] of DEATHS) {
    Deno.test(`RingWriter.takeOver() mends across a limit what a thread left at any store that ${what}, in ${mode} mode`, () => {
      const starts = LIMITS.map(([, limit]): Start => ({ seq: limit - 2, lost: LOST }));
      const low = lowStart(starts[0]);
      const expected = runToDeath(mode, low, script);
      assert(expected.length > script.length, "stores were watched");
      for (const [i, start] of starts.entries()) {
        assertEquals(lowStart(start), low, "each ring begins as far from its limit");
        const seen = runToDeath(mode, start, script);
        assertEquals(seen, expected, `as far from the limit: ${LIMITS[i][0]}`);
      }
    });
  }
}

Deno.test("lowStart() has its places where the ring at the limit has them", () => {
  for (const [what, limit] of LIMITS) {
    for (let before = 0; before < N_SUBBUFS; before++) {
      const { seq } = lowStart({ seq: limit - before, lost: LOST });
      assertEquals(seq % N_SUBBUFS, (limit - before) % N_SUBBUFS, what);
      assert(seq >= N_SUBBUFS && seq < 2 * N_SUBBUFS, `${seq} is far from any limit`);
    }
  }
});
