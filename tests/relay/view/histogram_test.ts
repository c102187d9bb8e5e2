import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Histogram } from "../../../relay/view/histogram.ts";

Deno.test("percentile() is wrong by 0.4 % at most, whatever the values", () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 1000 }),
    fc.maxSafeInteger().map(Math.abs),
    fc.integer({ min: 0, max: 53 }).map((power) => Math.min(2 ** power, Number.MAX_SAFE_INTEGER)),
  );
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), share, (values, p) => {
    const histogram = new Histogram();
    for (const one of values) histogram.add(one);
    const sorted = values.toSorted((a, b) => a - b);
    const exact = sorted[Math.max(1, Math.ceil(p * values.length)) - 1];
    const found = histogram.percentile(p);
    assert(Math.abs(found - exact) <= 0.004 * exact, `${found} for ${exact}`);
  }));
});

Deno.test("percentile() of values below 256 is exact", () => {
  const histogram = new Histogram();
  for (let value = 0; value < 256; value++) histogram.add(value);
  assertEquals([0, 0.25, 0.5, 1].map((p) => histogram.percentile(p)), [0, 63, 127, 255]);
  const hundred = new Histogram();
  for (let value = 1; value <= 100; value++) hundred.add(value);
  assertEquals([0.5, 0.9, 0.99, 1].map((p) => hundred.percentile(p)), [50, 90, 99, 100]);
  const one = new Histogram();
  one.add(7);
  assertEquals(one.percentile(0.5), 7);
});

Deno.test("count, sum, min and max are exact", () => {
  const histogram = new Histogram();
  for (const value of [1_000_001, 5, 77_777]) histogram.add(value);
  const { count, sum, min, max } = histogram;
  assertEquals({ count, sum, min, max }, { count: 3, sum: 1_077_783, min: 5, max: 1_000_001 });
});

Deno.test("a histogram of nothing has no percentile", () => {
  assertEquals(new Histogram().percentile(0.5), NaN);
});

Deno.test("add() of what is no duration counts the next that is one", () => {
  const histogram = new Histogram();
  histogram.add(-5);
  histogram.add(2 ** 64);
  assertEquals([histogram.min, histogram.max], [0, Number.MAX_SAFE_INTEGER]);
});

Deno.test("bars() has every step from the first with values to the last", () => {
  const histogram = new Histogram();
  for (const value of [0, 1, 3, 5, 40]) histogram.add(value);
  assertEquals(histogram.bars().map(({ from, to, count }) => [from, to, count]), [
    [0, 1, 1],
    [1, 2, 1],
    [2, 5, 1],
    [5, 10, 1],
    [10, 20, 0],
    [20, 50, 1],
  ]);
  assertEquals(new Histogram().bars(), []);
});

Deno.test("bars() counts each value once, within its limits, which are 1, 2 and 5 times powers of ten", () => {
  const value = fc.oneof(fc.nat(10 ** 7), fc.maxSafeInteger().map(Math.abs));
  const limits = [0, ...Array.from({ length: 17 }, (_, i) => [1, 2, 5].map((one) => one * 10 ** i))]
    .flat();
  fc.assert(fc.property(fc.array(value, { minLength: 1 }), (values) => {
    const histogram = new Histogram();
    for (const one of values) histogram.add(one);
    const bars = histogram.bars();
    for (const { from, to, count } of bars) {
      assertEquals(limits.indexOf(to), limits.indexOf(from) + 1);
      assertEquals(count, values.filter((one) => one >= from && one < to).length);
    }
    assertEquals(bars.reduce((sum, { count }) => sum + count, 0), values.length);
    assert(bars[0].count > 0 && bars[bars.length - 1].count > 0);
  }));
});

Deno.test("bars() counts what shares a bucket with values beyond a limit where it belongs", () => {
  const histogram = new Histogram();
  for (const value of [1_999_999, 2_000_000]) histogram.add(value);
  assertEquals(histogram.bars().map(({ count }) => count), [1, 1]);
});
