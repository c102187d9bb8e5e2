/*
 * Times: of events, compact and extended, and of packets. A reader that knows CTF reads them back.
 */
import { array, u32, u8 } from "@ltt/relay/ctf";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodePacket } from "./decode.ts";
import { runs, TestTrace, type TraceSetup } from "./support.ts";

const FIELDS = [u32("n")] as const;
const HIGH = 2 ** 32;

/** Records events at those times, and reads back what is said of each. */
function recordAt(times: readonly number[], setup: TraceSetup = {}) {
  let next = 0;
  using trace = new TestTrace({ subbufSize: 2 ** 16, now: () => times[next++], ...setup });
  const tracepoint = trace.tracepoint("t", ...FIELDS);
  for (const n of times.keys()) tracepoint(n);
  assertEquals(next, times.length, "the clock is read once an event");
  return read(trace);
}

/** Packets with their events and the times a reader makes of them: `[extended, time]`. */
function read(trace: TestTrace) {
  return trace.packets().map(({ info, bytes }) => {
    const decoded = decodePacket(bytes, [], [{ id: 0, fields: FIELDS }]);
    const events = decoded.map(({ extended, time, fields }) => ({
      extended,
      time: Number(time),
      n: fields.n as number,
    }));
    return { info, events };
  });
}

const timesOf = (packets: ReturnType<typeof read>): number[] =>
  packets.flatMap(({ events }) => events.map(({ time }) => time));
const extendedOf = (packets: ReturnType<typeof read>): boolean[] =>
  packets.flatMap(({ events }) => events.map(({ extended }) => extended));

Deno.test("the first event says the whole time, those after it the low half", () => {
  const packets = recordAt([5, 6, 6, 1000]);
  assertEquals(timesOf(packets), [5, 6, 6, 1000]);
  assertEquals(extendedOf(packets), [true, false, false, false]);
});

for (
  const [what, times, extended] of [
    ["from 2^32 - 1 to 2^32", [HIGH - 1, HIGH, HIGH + 1], [true, true, false]],
    ["to just below 2^32", [0, HIGH - 1], [true, false]],
    ["by more than 2^32", [7, 7 + HIGH, 8 + HIGH], [true, true, false]],
    ["by much more than 2^32, its low half less", [HIGH - 1, 5 * HIGH + 1], [true, true]],
    ["by exactly 2^32, again and again", [3, 3 + HIGH, 3 + 2 * HIGH], [true, true, true]],
    ["from beyond 2^32 in the first event", [3 * HIGH + 9, 3 * HIGH + 10], [true, false]],
    ["to 2^53 - 1", [1, 2 ** 53 - 2, 2 ** 53 - 1], [true, true, false]],
    ["from 0 nowhere", [0, 0, 0], [true, false, false]],
  ] as const
) {
  Deno.test(`times that go ${what} are read back`, () => {
    const packets = recordAt(times);
    assertEquals([timesOf(packets), extendedOf(packets)], [[...times], [...extended]]);
  });
}

for (
  const [what, times, kept] of [
    ["backwards", [10, 5, 9, 11], [10, 10, 10, 11]],
    ["backwards over 2^32", [HIGH + 1, HIGH - 1, HIGH + 2], [HIGH + 1, HIGH + 1, HIGH + 2]],
    ["below 0", [-5, -1, 3], [0, 0, 3]],
    ["to NaN", [NaN, 4, NaN, 3, 5], [0, 4, 4, 4, 5]],
    ["to undefined", [4, undefined as unknown as number, 5], [4, 4, 5]],
  ] as const
) {
  Deno.test(`a clock that goes ${what} gives events the time of the last one`, () => {
    const packets = recordAt(times);
    assertEquals(timesOf(packets), [...kept]);
    for (const { info, events } of packets) {
      assert(info.timestampBegin <= events[0].time);
      assertEquals(info.timestampEnd, events.at(-1)!.time);
    }
  });
}

Deno.test("fractions of nanoseconds are cut, in events and packets alike", () => {
  const [{ info, events }] = recordAt([1.9, 2.1, HIGH - 0.5, HIGH + 0.5]);
  assertEquals(events.map(({ time }) => time), [1, 2, HIGH - 1, HIGH]);
  assertEquals(info.timestampEnd, HIGH);
});

Deno.test("any times are read back in order, within those of their packets", () => {
  const step = fc.oneof(
    fc.nat(1000),
    fc.constantFrom(0, 1, HIGH - 1, HIGH, HIGH + 1, 3 * HIGH, -1, -HIGH, NaN, 0.5),
    fc.double({ min: 0, max: 2 ** 35, noNaN: true }),
  );
  const mode = fc.constantFrom("discard" as const, "overwrite" as const);
  const property = fc.property(
    fc.array(step, { minLength: 1, maxLength: 600 }),
    mode,
    (steps, mode) => {
      const given: number[] = [];
      let last = 0;
      for (const one of steps) {
        given.push(last + one);
        if (last + one > last) last += one;
      }
      const packets = recordAt(given, { subbufSize: 4096, nSubbufs: 4, mode });
      let newest = 0;
      const kept = given.map((time) => newest = time > newest ? time : newest);
      let seq = packets[0].info.seq;
      let before = 0;
      for (const { info, events } of packets) {
        assertEquals(info.seq, seq++);
        assert(info.timestampBegin >= before && info.timestampBegin <= events[0].time, "begin");
        assert(events.at(-1)!.time <= info.timestampEnd, "end");
        before = info.timestampEnd;
        for (const { time, n } of events) assertEquals(time, Math.trunc(kept[n]), `event ${n}`);
      }
    },
  );
  fc.assert(property, { numRuns: runs(60) });
});

Deno.test("packets touch: one begins when the event comes that has no room in the one before", () => {
  using trace = new TestTrace({ nSubbufs: 4 });
  const half = [array(u8("x"), 2500)] as const;
  const tracepoint = trace.tracepoint("t", ...half);
  for (const time of [100, 200, 300 + HIGH]) {
    trace.time = time;
    tracepoint([]);
  }
  const packets = trace.packets().map(({ info, bytes }) => ({
    begin: info.timestampBegin,
    end: info.timestampEnd,
    extended: decodePacket(bytes, [], [{ id: 0, fields: half }]).map(({ extended }) => extended),
  }));
  // The first is opened when the writer attaches, before there is any time.
  assertEquals(packets, [
    { begin: 0, end: 200, extended: [true] },
    { begin: 200, end: 300 + HIGH, extended: [false] },
    { begin: 300 + HIGH, end: 300 + HIGH, extended: [true] },
  ]);
});

Deno.test("an event after lost ones in another 2^32 ns says the whole time", () => {
  using trace = new TestTrace();
  const [big, small] = [[array(u8("x"), 3900)] as const, [u8("y")] as const];
  const large = trace.tracepoint("big", ...big);
  const little = trace.tracepoint("small", ...small);
  const described = [{ id: 0, fields: big }, { id: 1, fields: small }];
  const at = (time: number, record: () => void): void => {
    trace.time = time;
    record();
  };
  at(1, () => large([]));
  at(2, () => large([]));
  at(HIGH + 5, () => large([])); // lost: all sub-buffers are full
  at(HIGH + 6, () => little(1)); // extended, in what is left of the second one
  const events = trace.events(described);
  assertEquals(events.map(({ id, extended }) => [id, extended]), [[0, true], [0, false], [
    1,
    true,
  ]]);
  assertEquals([events[2].timestamp, trace.lost], [BigInt(HIGH + 6), { full: 1 }]);
});

Deno.test("ThreadStream.attach() lets the next event say the whole time", () => {
  using trace = new TestTrace();
  const tracepoint = trace.tracepoint("t", ...FIELDS);
  tracepoint(0);
  tracepoint(1);
  assert(trace.tracer.stream.detach());
  assert(!trace.tracer.stream.detach());
  tracepoint(2);
  trace.tracer.stream.attach(trace.ring.writer, trace.state);
  tracepoint(3);
  tracepoint(4);
  const events = trace.events([{ id: 0, fields: FIELDS }]);
  assertEquals(events.map(({ extended, fields: { n } }) => [n, extended]), [
    [0, true],
    [1, false],
    [3, true],
    [4, false],
  ]);
  assertEquals(trace.registry.unattached, 1);
});

Deno.test("a second thread on the same CPU goes on at the first one's time", () => {
  using trace = new TestTrace();
  trace.time = 1000;
  trace.tracepoint("t", ...FIELDS)(0);
  trace.tracer.stream.detach();
  const other = trace.newTracer();
  other.stream.attach(trace.ring.writer, trace.state);
  trace.time = 5;
  other.tracepoint("t", ...FIELDS)(1);
  assertEquals(timesOf(read(trace)), [1000, 1000]);
});
