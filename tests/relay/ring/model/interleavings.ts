import { assert, assertEquals } from "@std/assert";
import { type Exploration, explore, type Options } from "./explore.ts";
import { scenario } from "./ring_scenario.ts";
import {
  consumeOnce,
  consumeTwice,
  drain,
  keepAll,
  keepNewest,
  peekAndConsume,
  peekAtNewest,
  type Script,
  wrapFour,
  wrapIntoOpen,
} from "./scripts.ts";
import { stepCode } from "./step_code.ts";

type Granularity = NonNullable<Options["steps"]>;

/** What was found of a script, and how it may end. */
interface Explored extends Exploration {
  /** Number of the sub-buffer opened last, at most. */
  readonly lastSeq: number;
  /** What both sides know at their ends, each once. */
  readonly knownAtEnds: ReadonlySet<string>;
}

const code = stepCode();
const explored = new Map<Script, Map<Granularity, Explored>>();

/** Explores a script, once for all tests. */
function explorationOf(script: Script, steps: Granularity): Explored {
  const known = explored.get(script)?.get(steps);
  if (known) return known;
  let lastSeq = 0;
  const knownAtEnds = new Set<string>();
  const { assertAgree, ...rest } = scenario(code, script);
  const exploration = explore({
    ...rest,
    assertAgree(written, seen) {
      lastSeq = Math.max(lastSeq, written.lastSeq);
      knownAtEnds.add(JSON.stringify([written, seen]));
      assertAgree(written, seen);
    },
  }, { steps });
  const all = { ...exploration, lastSeq, knownAtEnds };
  explored.set(script, (explored.get(script) ?? new Map()).set(steps, all));
  return all;
}

/** A script, how many states of it there are at least, and how far the writer comes. */
interface Case {
  readonly what: string;
  readonly script: Script;
  readonly steps?: Options["steps"];
  readonly states: number;
  readonly lastSeq: number;
}

const keepAllOfFour: Script = {
  shape: { nSubbufs: 4, mode: "discard", headerSize: 8 },
  writer: wrapFour,
  reader: drain,
};

const cases: readonly Case[] = [
  {
    what: "2 sub-buffers, none overwritten, read as they come",
    script: keepAll,
    states: 50_000,
    lastSeq: 4,
  },
  {
    what: "2 sub-buffers, none overwritten, two consumed in time",
    script: { ...keepAll, reader: consumeTwice },
    states: 4_000,
    lastSeq: 3,
  },
  {
    what: "2 sub-buffers, none overwritten, got without being consumed",
    script: { ...keepAll, reader: peekAndConsume },
    states: 4_000,
    lastSeq: 2,
  },
  {
    what: "2 sub-buffers and a spare one, the oldest overwritten, two consumed in time",
    script: keepNewest,
    states: 150_000,
    lastSeq: 4,
  },
  {
    what: "2 sub-buffers and a spare one, the oldest overwritten, got without being consumed",
    script: peekAtNewest,
    states: 400_000,
    lastSeq: 4,
  },
  {
    what: "2 sub-buffers and a spare one, a slot open in that to be overwritten",
    script: wrapIntoOpen,
    states: 2_000,
    lastSeq: 1,
  },
  {
    what: "4 sub-buffers, none overwritten, read as they come",
    script: keepAllOfFour,
    steps: "atomic",
    states: 150_000,
    lastSeq: 8,
  },
  {
    what: "4 sub-buffers, none overwritten, two consumed in time",
    script: { ...keepAllOfFour, reader: consumeTwice },
    states: 10_000,
    lastSeq: 5,
  },
  {
    what: "4 sub-buffers and a spare one, the oldest overwritten, one consumed in time",
    script: {
      shape: { nSubbufs: 4, mode: "overwrite", headerSize: 0 },
      writer: wrapFour,
      reader: consumeOnce,
    },
    steps: "atomic",
    states: 90_000,
    lastSeq: 8,
  },
];

for (const { what, script, steps = "all", states, lastSeq } of cases) {
  const found = `more than ${states} states with ${steps} steps`;
  Deno.test(`RingWriter and RingReader keep to all properties, in ${found}: ${what}`, () => {
    const exploration = explorationOf(script, steps);
    assertEquals([...exploration.violations], []);
    assert(exploration.states > states, `only ${exploration.states} states`);
    assertEquals(exploration.lastSeq, lastSeq, "number of the sub-buffer opened last");
  });
}

Deno.test("explore() finds the same ends with all steps and with atomic ones", () => {
  for (const script of [keepAll, keepNewest]) {
    const all = [...explorationOf(script, "all").knownAtEnds].toSorted();
    const atomic = [...explorationOf(script, "atomic").knownAtEnds].toSorted();
    assert(all.length > 3, `only ${all.length} ends`);
    assertEquals(atomic, all);
  }
});
