import { assertEquals } from "@std/assert";
import {
  clockText,
  durationText,
  NICE_STEPS,
  niceStep,
  secondsText,
} from "../../../../../relay/view/picture/page/times.ts";

Deno.test("durationText() has the unit that suits", () => {
  const lengths = [
    0,
    1,
    999,
    1500,
    12_345,
    999_000,
    1_250_000,
    999_600,
    400e6,
    1.5e9,
    61e9,
    3725e9,
  ];
  assertEquals(lengths.map((ns) => durationText(ns)), [
    "0 ns",
    "1 ns",
    "999 ns",
    "1.50 µs",
    "12.3 µs",
    "999 µs",
    "1.25 ms",
    "1.00 ms",
    "400 ms",
    "1.50 s",
    "1 min 1 s",
    "1 h 2 min",
  ]);
});

Deno.test("secondsText() has the decimals that steps of so many nanoseconds need", () => {
  assertEquals([1, 10, 1e6, 5e8, 1e9].map((step) => secondsText(1_234_567_891, step)), [
    "1.234567891 s",
    "1.23456789 s",
    "1.235 s",
    "1.2 s",
    "1 s",
  ]);
});

Deno.test("clockText() has all nanoseconds, also where the sum passes a second", () => {
  assertEquals(clockText(1_790_000_000_999_999_999n, 2).slice(-10), ".000000001");
  assertEquals(clockText(1_790_000_000_123_456_789n, 0).slice(-10), ".123456789");
});

Deno.test("niceStep() is the next of 1, 2, 5, 10 …", () => {
  assertEquals([0, 1, 1.1, 3, 6, 10, 11, 99, 2001].map(niceStep), [
    1,
    1,
    2,
    5,
    10,
    10,
    20,
    100,
    5000,
  ]);
});

Deno.test("NICE_STEPS are steps whose multiples secondsText() writes whole", () => {
  for (const step of NICE_STEPS) {
    assertEquals(niceStep(step), step);
    for (const times of [1, 2, 3, 7]) {
      const text = secondsText(times * step, step);
      assertEquals(Math.round(Number.parseFloat(text) * 1e9), times * step, text);
    }
  }
});
