import { assertEquals, assertThrows } from "@std/assert";
import { timeBound, type TraceSpan } from "../../../relay/view/time_bounds.ts";

/** A time of the local time zone, in nanoseconds. */
function localNs(...parts: [number, number, number, number, number, number]): bigint {
  const [year, month, ...rest] = parts;
  return BigInt(new Date(year, month - 1, ...rest).getTime()) * 1_000_000n;
}

/** Begins half a second behind 12:00:00, and lasts ten seconds. */
const span: TraceSpan = {
  beginNs: localNs(2026, 3, 4, 12, 0, 0) + 500_000_000n,
  end: 10e9,
};

const relative: [string, number][] = [
  ["1.5", 1.5e9],
  ["+1.5s", 1.5e9],
  ["20ms", 20e6],
  ["0.5us", 500],
  ["7ns", 7],
  ["1.1µs", 1100],
  ["3μs", 3000],
  ["2min", 120e9],
  ["1h", 3600e9],
  ["-2s", 8e9],
  ["-250ms", 9.75e9],
  ["12:00:01", 0.5e9],
  ["12:00:01.000000001", 0.5e9 + 1],
  ["12:01", 59.5e9],
  ["11:59:59", -1.5e9],
  ["2026-03-04T12:00:02.5", 2e9],
  ["2026-03-04 12:01", 59.5e9],
];
for (const [text, time] of relative) {
  Deno.test(`timeBound() of ${text} counts from where it says`, () => {
    assertEquals(timeBound(text)(span), time);
  });
}

Deno.test("timeBound() of a time of day takes the next day if the trace lasts until then", () => {
  const night = { beginNs: localNs(2026, 3, 4, 23, 59, 50), end: 60e9 };
  assertEquals(timeBound("00:00:10")(night), 20e9);
  assertEquals(timeBound("00:01:10")(night), -86_320e9, "too late: the same day");
  assertEquals(timeBound("00:00:10")({ ...night, end: null }), -86_380e9);
});

Deno.test("timeBound() of a date takes its zone", () => {
  const utc = { beginNs: 1_772_625_600_000_000_000n, end: null };
  assertEquals(timeBound("2026-03-04T12:00:01Z")(utc), 1e9);
  assertEquals(timeBound("2026-03-04T14:00:01.25+02:00")(utc), 1.25e9);
});

Deno.test("timeBound() before the end needs an end", () => {
  const error = assertThrows(() => timeBound("-2s")({ beginNs: 0n, end: null }), TypeError);
  assertEquals(error.message, "Cannot use the time -2s: the trace has no end yet");
});

for (
  const text of [
    "",
    "soon",
    "25:00:00",
    "12:60",
    "1.5.5",
    "5 s",
    "2026-13-01",
    "--2s",
    "1e3",
    "1k",
    "5parsecs",
    "2026-02-31T12:00:00",
  ]
) {
  Deno.test(`timeBound() refuses "${text}"`, () => {
    const error = assertThrows(() => timeBound(text), TypeError);
    assertEquals(error.message.startsWith(`Cannot understand the time "${text}"`), true);
  });
}
