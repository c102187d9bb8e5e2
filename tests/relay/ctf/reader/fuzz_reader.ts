/**
 * Damages traces in every way it can think of, and reads them:
 * `deno run tests/relay/ctf/reader/fuzz_reader.ts [--inputs N] [--seed N]`, initially 1,000,000. Each must give events
 * and then errors that say file and byte, soon, and no more events than there are bits.
 */
import { bytesSource, CtfError, type TraceEvent, TraceReader } from "@ltt/relay/ctf";
import { EventCounter } from "../../../../relay/ctf/reader/event_counter.ts";
import { assert, assertEquals } from "@std/assert";
import { chooser, randomTraceFile } from "../random_format.ts";
import type { Below } from "../random_field.ts";

/** Milliseconds that an input may take, on a machine that does a lot else. */
const MOST_MS = 5000;
/** Numbers that readers stumble over. */
const ODD = [0n, 1n, 7n, 63n, 64n, 65n, 255n, 65_535n, 65_536n, 2n ** 31n, 2n ** 32n - 1n].concat(
  [2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 200n],
);

/** A trace in memory: one stream. */
export interface TraceBytes {
  readonly metadata: Uint8Array;
  readonly stream: Uint8Array;
}

/** How reading ended. */
export interface Outcome {
  readonly events: readonly TraceEvent[];
  readonly error: CtfError | null;
}

/** Reads a trace that may be damaged; fails for anything but what is promised. */
export function readDamaged({ metadata, stream }: TraceBytes, how: string): Outcome {
  const begin = performance.now();
  const events: TraceEvent[] = [];
  let error: CtfError | null = null;
  try {
    const streams = [{ name: "stream", source: bytesSource(stream) }];
    for (const event of new TraceReader([{ metadata, streams }])) events.push(event);
  } catch (thrown) {
    if (!(thrown instanceof CtfError)) {
      throw new Error(`no CtfError for: ${how}`, { cause: thrown });
    }
    const { file, offset, message } = thrown;
    const length = file === "stream" ? stream.length : metadata.length;
    const isPlaced = (file === "stream" || file === "metadata") && offset !== null &&
      offset >= 0 && offset <= length && message.includes(`(${file}, byte ${offset})`);
    assert(isPlaced && message.startsWith("Cannot "), `${message} for: ${how}`);
    error = thrown;
  }
  const ms = performance.now() - begin;
  assert(ms < MOST_MS, `took ${ms} ms: ${how}`);
  assert(events.length <= 8 * stream.length, `${events.length} events: ${how}`);
  return { events, error };
}

/** Counts what may be a damaged packet; fails for anything but what is promised. */
export function countDamaged({ metadata, stream }: TraceBytes, how: string): void {
  const begin = performance.now();
  try {
    const { events, contentSize } = new EventCounter(metadata).count(stream);
    assert(events <= 8 * stream.length && contentSize <= stream.length, `${events}: ${how}`);
  } catch (error) {
    if (!(error instanceof CtfError)) throw new Error(`no CtfError for: ${how}`, { cause: error });
  }
  const ms = performance.now() - begin;
  assert(ms < MOST_MS, `counting took ${ms} ms: ${how}`);
}

/** A random trace, its packets in one file. */
export function traceBytes(seed: number): TraceBytes & { readonly events: number } {
  const { metadata, packets, events } = randomTraceFile(seed);
  const stream = Uint8Array.from(packets.flatMap((packet) => [...packet]));
  return { metadata, stream, events: events.length };
}

/** Every byte at which a trace can be cut off: what is read then is the begin of what was written. */
export function cutEverywhere(base: TraceBytes, step: number): void {
  const whole = readDamaged(base, "nothing");
  for (let length = 0; length < base.stream.length; length += step) {
    const stream = base.stream.subarray(0, length);
    const { events, error } = readDamaged({ ...base, stream }, `cut at ${length}`);
    const expected = whole.events.slice(0, events.length);
    const plain = (all: readonly TraceEvent[]) => all.map(({ time, fields }) => ({ time, fields }));
    assertEquals(plain(events), plain(expected));
    const isWhole = error === null && events.length < whole.events.length;
    assert(!isWhole || length < base.stream.length, `cut at ${length} was not told`);
  }
  for (let length = 0; length < base.metadata.length; length += step) {
    readDamaged({ ...base, metadata: base.metadata.subarray(0, length) }, `metadata of ${length}`);
  }
}

/** A trace with some damage, and what that is. */
export function damaged(base: TraceBytes, below: Below): [TraceBytes, string] {
  const isMetadata = below(3) === 0;
  if (isMetadata) {
    const text = new TextDecoder().decode(base.metadata);
    const [changed, how] = damagedText(text, below);
    return [{ ...base, metadata: new TextEncoder().encode(changed) }, how];
  }
  const stream = base.stream.slice();
  const how: string[] = [];
  for (let i = 0; i <= below(3) && stream.length > 8; i++) {
    // The begin says the most.
    const at = below(2) === 0 ? below(Math.min(80, stream.length - 8)) : below(stream.length - 8);
    const view = new DataView(stream.buffer);
    switch (below(4)) {
      case 0:
        stream[at] ^= 1 << below(8);
        how.push(`byte ${at} is ${stream[at]}`);
        break;
      case 1: {
        const value = ODD[below(ODD.length)];
        view.setBigUint64(at, value, below(2) === 0);
        how.push(`word ${at} is ${value}`);
        break;
      }
      case 2:
        stream.copyWithin(at, below(stream.length), below(stream.length));
        how.push(`something was moved to ${at}`);
        break;
      default:
        stream[at] = below(256);
        how.push(`byte ${at} is ${stream[at]}`);
    }
  }
  return [{ ...base, stream }, how.join("; ")];
}

function damagedText(text: string, below: Below): [string, string] {
  const words = text.split(/\b/);
  const at = below(words.length);
  switch (below(4)) {
    case 0: {
      const numbers = words.flatMap((word, i) => /^\d+$/.test(word) ? [i] : []);
      const one = numbers[below(numbers.length)];
      const value = ODD[below(ODD.length)];
      return [words.with(one, `${value}`).join(""), `word ${one} is ${value}`];
    }
    case 1:
      return [words.toSpliced(at, 1 + below(5)).join(""), `words are missing from ${at} on`];
    case 2: {
      const other = words[below(words.length)];
      return [words.with(at, other).join(""), `word ${at} is ${JSON.stringify(other)}`];
    }
    default: {
      const part = words.slice(at, at + below(200));
      return [words.toSpliced(below(words.length), 0, ...part).join(""), `from ${at} on twice`];
    }
  }
}

/** Reads so many damaged traces; says how it ended. */
export function fuzzReader(inputs: number, seed: number): Record<string, number> {
  const below = chooser(seed);
  const ended: Record<string, number> = { trace: 0, error: 0 };
  let base = traceBytes(seed);
  for (let i = 0; i < inputs; i++) {
    if (i % 50 === 0) base = traceBytes(below(2 ** 31));
    const [trace, how] = damaged(base, below);
    const what = `input ${i} of seed ${seed}: ${how}`;
    ended[readDamaged(trace, what).error === null ? "trace" : "error"]++;
    countDamaged(trace, what);
  }
  return ended;
}

if (import.meta.main) {
  const option = (name: string, initial: number): number => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? initial : Number(Deno.args[at + 1]);
  };
  const inputs = option("inputs", 1_000_000);
  const seed = option("seed", 1);
  for (let i = 0; i < 20; i++) cutEverywhere(traceBytes(seed + i), 1);
  console.log(`${inputs} inputs: ${JSON.stringify(fuzzReader(inputs, seed))}`);
}
