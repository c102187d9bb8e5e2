import { openRam } from "@ltt/relay/hw";
import { TraceSession } from "@ltt/relay/session";
import { array, u32, u8 } from "@ltt/relay/trace";
import { Registry } from "../../../relay/trace/registry.ts";
import { StreamState } from "../../../relay/trace/stream_state.ts";
import { assert, assertEquals } from "@std/assert";
import { babeltrace } from "../ctf/babeltrace.ts";
import { ignore, numbered, readTrace, startSession, TempDirectory } from "../session/support.ts";
import { TestTrace } from "../trace/support.ts";

/** A year of 365.25 days, in nanoseconds. */
const YEAR = 31_557_600e9;
/** When the traces began: in 2026, in nanoseconds since the epoch. */
const BEGAN = 1_790_000_000_000_000_000n;

/** What a clock says, one reading after the other, and the times that events must have then. */
const CLOCKS: readonly (readonly [
  what: string,
  readings: readonly number[],
  kept: readonly number[],
])[] = [
  ["goes backwards", [10, 20, 5, 15, 30], [10, 20, 20, 20, 30]],
  ["goes backwards by an hour", [5e12, 5e12 - 3600e9, 5e12 + 1], [5e12, 5e12, 5e12 + 1]],
  ["stands", [7, 7, 7, 7], [7, 7, 7, 7]],
  ["is negative", [-5, -1e15, -0.5, 3], [0, 0, 0, 3]],
  ["becomes negative", [5, -5, -(2 ** 40), 6], [5, 5, 5, 6]],
  ["is NaN", [NaN, NaN, 4, 5], [0, 0, 4, 5]],
  ["becomes NaN", [3, NaN, 4, NaN], [3, 3, 4, 4]],
  ["says fractions", [1.5, 2.999, 2 ** 32 - 0.5, 2 ** 32 + 0.5], [1, 2, 2 ** 32 - 1, 2 ** 32]],
  ["becomes -Infinity", [5, -Infinity, 6], [5, 5, 6]],
];

/** What a clock says that is far ahead or no time at all: readers can show it, or what was before. */
const FAR: readonly (readonly [what: string, readings: readonly number[]])[] = [
  ["jumps 3 years ahead", [1, 3 * YEAR, 3 * YEAR + 512]],
  ["jumps 100 years ahead and back", [1, 100 * YEAR, 2, 100 * YEAR + 1024]],
  ["jumps 300 years ahead and back", [5, 6, 300 * YEAR, 7]],
  ["jumps to 2^64 and back", [5, 6, 2 ** 64, 7]],
  ["becomes Infinity for a moment", [5, 6, Infinity, 7, 8]],
  ["is Infinity at first", [Infinity, 3, 4]],
];

/** Records an event a reading, several of which make a packet, and has them read by babeltrace2. */
async function readBack(readings: readonly number[]) {
  using directory = new TempDirectory();
  let next = 0;
  using trace = new TestTrace({ now: () => readings[next++], nSubbufs: 16, offsetNs: BEGAN });
  const tracepoint = trace.tracepoint("t:n", u32("n"), array(u8("pad"), 1500));
  for (const n of readings.keys()) tracepoint(n, []);
  trace.consume(directory.path).close();
  const { events, exitCode, stderr } = await babeltrace(directory.path);
  return {
    exitCode,
    stderr,
    numbers: events.map(({ fields }) => fields.n),
    times: events.map(({ timestampNs }) => Number(timestampNs - BEGAN)),
  };
}

for (const [what, readings, kept] of CLOCKS) {
  Deno.test(`a trace is read, its times in order, when the clock ${what}`, { ignore }, async () => {
    const { exitCode, stderr, numbers, times } = await readBack(readings);
    assertEquals(exitCode, 0, `babeltrace2 reads the trace: ${stderr}`);
    assertEquals(numbers, [...readings.keys()], "all events are there");
    assertEquals(times, [...kept], `times of events, of readings ${readings}`);
  });
}

for (const [what, readings] of FAR) {
  Deno.test(`a trace is read, its times in order, when the clock ${what}`, { ignore }, async () => {
    const { exitCode, stderr, numbers, times } = await readBack(readings);
    assertEquals(exitCode, 0, `babeltrace2 reads the trace: ${stderr}`);
    assertEquals(numbers, [...readings.keys()], "all events are there");
    const isOrdered = times.every((time, i) => i === 0 || time >= times[i - 1]);
    assert(isOrdered, `no time is before the one before it: ${times}`);
  });
}

for (const wrong of [Infinity, 2 ** 64]) {
  Deno.test(`events have right times again, when the clock has said ${wrong} once`, {
    ignore,
  }, async () => {
    const { exitCode, stderr, times } = await readBack([5, wrong, 7, 8]);
    assertEquals(exitCode, 0, `babeltrace2 reads the trace: ${stderr}`);
    assertEquals(times, [5, 5, 7, 8], "times of events; one that cannot be is that of the last");
  });
}

for (const wrong of [NaN, Infinity, -5, 0.5]) {
  Deno.test(`TraceSession.start() records right times, when its clock says ${wrong} at first`, {
    ignore,
  }, async () => {
    using directory = new TempDirectory();
    let time = wrong;
    const clock = { name: "mine", now: () => time };
    const session = await startSession(directory, { clock });
    const event = numbered(session);
    for (time of [1000, 2000, 3000]) event(time);
    await session.close();
    const { events } = await readTrace(`${directory.path}/trace`);
    assertEquals(events.map(({ fields }) => fields.n), [1000, 2000, 3000], "all events are there");
    const [first] = events;
    const since = events.map(({ timestampNs }) => Number(timestampNs - first.timestampNs));
    assertEquals(since, [0, 1000, 2000], "times between the events, the clock being right by then");
  });
}

Deno.test("TraceSession.attach() goes on in order, when its clock is years behind or ahead", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { maxCpus: 2 });
  const event = numbered(session);
  event(0);
  for (const [i, time] of [-YEAR, 3 * YEAR, 0, 2 * YEAR].entries()) {
    const clock = { name: "wrong", now: () => time };
    const other = TraceSession.attach(session.handle, { clock });
    numbered(other)(i);
    numbered(other)(i);
    await other.close();
    await session.flush();
  }
  event(1);
  await session.close();
  const { events, numbers, discarded, exitCode, stderr } = await readTrace(
    `${directory.path}/trace`,
  );
  assertEquals(exitCode, 0, `babeltrace2 reads the trace: ${stderr}`);
  assertEquals([numbers.get(0), numbers.get(1)], [[0, 1], [0, 0, 1, 1, 2, 2, 3, 3]]);
  assertEquals(discarded, [], "nothing is lost");
  const times = events.filter(({ packetContext }) => packetContext.cpu_id === 1)
    .map(({ timestampNs }) => timestampNs);
  assert(
    times.every((time, i) => i === 0 || time >= times[i - 1]),
    `times of the stream never go back: ${times}`,
  );
});

Deno.test("StreamState keeps a time that can be one, when a thread's clock says NaN", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const clock = { name: "mine", now: () => NaN };
  await using session = await startSession(directory, { clock });
  numbered(session)(0);
  const { pool, registry } = session.handle;
  const ram = openRam(pool.ram);
  const state = new StreamState(ram, new Registry(ram, registry).stream(0)!.state);
  assertEquals([...state.times], [0], "the stream's time, which recovery believes or refuses");
  assert(state.isPossible, "a black box with the stream can be recovered");
});
