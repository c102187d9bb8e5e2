import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  durationStatistics,
  histogram,
  mostUneven,
  percentile,
  slowest,
} from "../../../../../relay/view/picture/page/statistics.ts";
import { TraceData } from "../../../../../relay/view/picture/page/trace_data.ts";
import { PictureData } from "../../../../../relay/view/picture/picture_data.ts";
import { event } from "../../support.ts";

function dataOf(durations: readonly (readonly [name: string, duration: number])[]): TraceData {
  const data = new PictureData();
  for (const [i, [name, duration_ns]] of durations.entries()) {
    data.push(event(name, 1000 * i, { duration_ns }));
  }
  return new TraceData(data.finish({ title: "t", beginNs: "0", environments: {}, lives: [] }));
}

Deno.test("durationStatistics() sorts durations by name, the name with the longest first", () => {
  const statistics = durationStatistics(dataOf([["a", 5], ["b", 100], ["a", 3], ["b", 1]]));
  assertEquals(statistics.map(({ name, sorted }) => [name, [...sorted]]), [
    ["b", [1, 100]],
    ["a", [3, 5]],
  ]);
});

Deno.test("percentile() is a duration that the part of all does not exceed", () => {
  const sorted = Float64Array.from({ length: 100 }, (_, i) => i + 1);
  assertEquals([0.5, 0.9, 0.99, 1].map((part) => percentile(sorted, part)), [50, 90, 99, 100]);
  assertEquals(percentile(Float64Array.of(7), 0.5), 7);
});

Deno.test("mostUneven() is the name whose longest exceeds the usual most, not that with the longest", () => {
  const data = dataOf([["even", 900], ["even", 950], ["a", 1], ["a", 1], ["a", 500]]);
  assertEquals(mostUneven(durationStatistics(data)).name, "a");
});

Deno.test("mostUneven() weighs nanoseconds: what is a hundred times as long, but short, is noise", () => {
  const noise = [["noise", 10], ["noise", 10], ["noise", 5000]] as const;
  const data = dataOf([...noise, ["job", 20_000], ["job", 20_000], ["job", 900_000]]);
  assertEquals(mostUneven(durationStatistics(data)).name, "job");
});

Deno.test("mostUneven() is the server before its clients, which wait longer", () => {
  const client = [["http:fetch", 20], ["http:fetch", 21], ["http:fetch", 903]] as const;
  const server = [["http:server", 18], ["http:server", 19], ["http:server", 30]] as const;
  const nameOf = (durations: Parameters<typeof dataOf>[0]): string =>
    mostUneven(durationStatistics(dataOf(durations))).name;
  assertEquals([nameOf([...client, ...server]), nameOf(client)], ["http:server", "http:fetch"]);
});

Deno.test("slowest() names the longest of a name, the longest first, also where many are as long", () => {
  const data = dataOf([["a", 5], ["b", 900], ["a", 8], ["a", 5], ["a", 5], ["a", 2]]);
  const a = durationStatistics(data).find(({ name }) => name === "a")!;
  const durations = slowest(data, a, 3).map((pair) => data.pairs.duration[pair]);
  assertEquals(durations, [8, 5, 5]);
});

Deno.test("histogram() counts each duration once, within its limits", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10 ** 7), { minLength: 1 }), (durations) => {
      const sorted = Float64Array.from(durations).sort();
      const { limits, counts } = histogram(sorted);
      assertEquals(limits.length, counts.length + 1);
      const expected = counts.map((_, i) =>
        durations.filter((one) => one >= (i === 0 ? 0 : limits[i]) && one < limits[i + 1]).length
      );
      assertEquals(counts, expected);
      assertEquals(counts.reduce((a, b) => a + b), durations.length);
    }),
  );
});

Deno.test("histogram() has limits of 1, 2 and 5 times powers of ten", () => {
  assertEquals(histogram(Float64Array.of(1500, 30_000)), {
    limits: [1000, 2000, 5000, 10_000, 20_000, 50_000],
    counts: [1, 0, 0, 0, 1],
  });
});
