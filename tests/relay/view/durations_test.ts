import { assertEquals } from "@std/assert";
import { durationText } from "../../../relay/view/durations.ts";

const cases: [number, string][] = [
  [0, "0ns"],
  [1, "1ns"],
  [999, "999ns"],
  [1000, "1µs"],
  [1550, "1.55µs"],
  [15_550, "15.6µs"],
  [155_500, "156µs"],
  [999_600, "1.00ms"],
  [1_564_020, "1.56ms"],
  [9_996_000, "10.0ms"],
  [2_000_000_000, "2s"],
  [123_456_000_000, "123s"],
  [5_000_000_000_000, "5000s"],
  [-1550, "-1.55µs"],
];
for (const [ns, text] of cases) {
  Deno.test(`durationText() of ${ns} is ${text}`, () => assertEquals(durationText(ns), text));
}
