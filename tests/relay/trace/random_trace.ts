import type { FieldLike, FieldType } from "@ltt/relay/ctf";
import fc from "fast-check";
import { argument, fields as anyFields } from "./arbitrary.ts";
import type { Decoded } from "./decode.ts";
import { stored } from "./stored.ts";

/** A tracepoint with what its events are made of. */
export interface RandomTracepoint {
  readonly name: string;
  readonly fields: readonly FieldLike[];
  /** Arguments to choose from, field by field. */
  readonly values: readonly (readonly unknown[])[];
}

/** What to record, and how it is consumed. */
export interface RandomTrace {
  readonly subbufSize: number;
  readonly nSubbufs: number;
  readonly mode: "discard" | "overwrite";
  readonly tracepoints: readonly RandomTracepoint[];
  /** How long the time may be between two events. */
  readonly steps: readonly number[];
  /** Events after which what there is is read; 0 for at the end only. */
  readonly drainEvery: number;
  /** Events to record. */
  readonly events: number;
  /** Of what is chosen event by event. */
  readonly seed: number;
}

/** An event to record, and as what. */
export interface RandomEvent {
  /** Index of its tracepoint. */
  readonly tracepoint: number;
  /** How long after the event before. */
  readonly step: number;
  readonly values: readonly unknown[];
  readonly stored: Readonly<Record<string, Decoded>>;
}

/** Names that are hard to quote. babeltrace2 prints them as they are. */
export const NAMES: readonly string[] = [
  'say "hi"',
  "back\\slash\\",
  "line\nend",
  "tab\t",
  "üñí€😀",
  "a:b {c = 1}, d",
  "%s%n",
  "\\n",
];

/** Text that may be longer than a small sub-buffer. */
const longText = fc.integer({ min: 2000, max: 9000 }).map((length) => "long ".repeat(length / 5));

function anyArgument(type: FieldType): fc.Arbitrary<unknown> {
  if (type.kind !== "string") return argument(type);
  return fc.oneof({ weight: 50, arbitrary: argument(type) }, { weight: 1, arbitrary: longText });
}

const randomTracepoint = anyFields.chain((fields) =>
  fc.record({
    fields: fc.constant(fields),
    values: fc.tuple(
      ...fields.map(({ type }) => fc.array(anyArgument(type), { minLength: 1, maxLength: 8 })),
    ),
  })
);

const subbufSize = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(4096, 8192) },
  { weight: 1, arbitrary: fc.integer({ min: 14, max: 20 }).map((order) => 2 ** order) },
);

/** A trace of at most so many events. */
export function randomTrace(maxEvents: number): fc.Arbitrary<RandomTrace> {
  return fc.record({
    subbufSize,
    nSubbufs: fc.constantFrom(2, 4, 8),
    mode: fc.constantFrom("discard", "overwrite"),
    tracepoints: fc.array(randomTracepoint, { minLength: 1, maxLength: 25, size: "max" })
      .map((all) => all.map((one, i) => ({ name: `${NAMES[i % NAMES.length]}:${i}`, ...one }))),
    steps: fc.array(fc.constantFrom(1, 1, 1, 1000, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 34), {
      minLength: 1,
    }),
    // Far more often than not so often that nothing is lost.
    drainEvery: fc.constantFrom(0, 1, 1, 7, 7, 7, 100),
    events: fc.integer({ min: 1, max: maxEvents }),
    seed: fc.integer(),
  });
}

/** The events of a trace, the same ones each time. */
export function* randomEvents(trace: RandomTrace): Generator<RandomEvent, void, void> {
  const { tracepoints, steps } = trace;
  const choices = tracepoints.map(({ fields, values }) =>
    fields.map(({ name, type }, i) =>
      values[i].map((value) => ({ name, value, stored: stored(type, value) }))
    )
  );
  const below = chooser(trace.seed);
  for (let i = 0; i < trace.events; i++) {
    const tracepoint = below(tracepoints.length);
    const chosen = choices[tracepoint].map((one) => one[below(one.length)]);
    yield {
      tracepoint,
      step: steps[below(steps.length)],
      values: chosen.map(({ value }) => value),
      stored: Object.fromEntries(chosen.map(({ name, stored }) => [name, stored])),
    };
  }
}

/** Integers below a bound, by splitmix32: fast-check's own are dear event by event. */
function chooser(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x9e37_79b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) % bound;
  };
}
