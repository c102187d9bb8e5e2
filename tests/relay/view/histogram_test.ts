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

Deno.test("each() tells every value once, the least first", () => {
  fc.assert(fc.property(fc.array(fc.maxSafeInteger().map(Math.abs)), (values) => {
    const histogram = new Histogram();
    for (const one of values) histogram.add(one);
    let total = 0;
    let last = -1;
    histogram.each((value, count) => {
      assert(value > last);
      last = value;
      total += count;
    });
    assertEquals(total, values.length);
  }));
});
