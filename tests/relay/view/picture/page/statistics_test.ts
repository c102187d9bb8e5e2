import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  durationStatistics,
  mostUneven,
} from "../../../../../relay/view/picture/page/statistics.ts";
import type { DurationFigures } from "../../../../../relay/view/duration_figures.ts";
import { Statistics } from "../../../../../relay/view/statistics.ts";
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

Deno.test("durationStatistics() counts durations by name, the name with the longest first", () => {
  const statistics = durationStatistics(dataOf([["a", 5], ["b", 100], ["a", 3], ["b", 1]]));
  const told = statistics.map(({ name, figures: { durations: { count, min, max } } }) => {
    return { name, count, min, max };
  });
  assertEquals(told, [
    { name: "b", count: 2, min: 1, max: 100 },
    { name: "a", count: 2, min: 3, max: 5 },
  ]);
});

Deno.test("durationStatistics() has the percentiles and bars that --stats has", () => {
  const durations = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(10 ** 9)));
  fc.assert(fc.property(durations, (all) => {
    const statistics = new Statistics();
    for (const [i, [name, duration_ns]] of all.entries()) {
      statistics.push(event(name, 1000 * i, { duration_ns }));
    }
    const figuresOf = ({ durations }: DurationFigures<unknown>): unknown => [
      durations.count,
      ...[0.5, 0.9, 0.99, 1].map((part) => durations.percentile(part)),
      durations.bars(),
    ];
    const shown = durationStatistics(dataOf(all)).map((
      { name, figures },
    ) => [name, figuresOf(figures)]);
    const told = statistics.durations.map(([name, figures]) => [name, figuresOf(figures)]);
    assertEquals(new Map(shown as [string, unknown][]), new Map(told as [string, unknown][]));
  }));
});

Deno.test("durationStatistics() counts what has not ended apart, as --stats does, and names it", () => {
  const [data, statistics] = [new PictureData(), new Statistics()];
  const events = [
    event("worker:start", 0, { worker: 1 }),
    event("timer:fire_begin", 10, { timer: 1 }),
    event("timer:fire_end", 15, { timer: 1 }),
    event("timer:fire_begin", 20, { timer: 2 }),
    event("x", 1000),
  ];
  for (const one of events) {
    data.push(one);
    statistics.push(one);
  }
  const trace = new TraceData(
    data.finish({ title: "t", beginNs: "0", environments: {}, lives: [] }),
  );
  const shown = durationStatistics(trace);
  const [fire, worker] = shown;
  assertEquals(
    [fire.name, fire.figures.durations.count, fire.figures.durations.max, fire.unended],
    [
      "timer:fire",
      1,
      5,
      1,
    ],
  );
  assertEquals([worker.name, worker.figures.durations.count, worker.unended], ["worker", 0, 1]);
  // They can be gone to all the same.
  assertEquals(fire.figures.slowest.all.length, 2);
  assertEquals(mostUneven(shown).name, "timer:fire");
  const told = statistics.durations.map(([name, { durations }]) => {
    return [name, durations.count, statistics.unended.get(name) ?? 0];
  });
  const counts = shown.map(({ name, figures, unended }) => [
    name,
    figures.durations.count,
    unended,
  ]);
  assertEquals(counts, told);
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

Deno.test("durationStatistics() names the longest of a name, the longest first, also where many are as long", () => {
  const data = dataOf([["a", 5], ["b", 900], ["a", 8], ["a", 5], ["a", 5], ["a", 2]]);
  const a = durationStatistics(data).find(({ name }) => name === "a")!;
  const durations = a.figures.slowest.all.map((pair) => data.pairs.duration[pair]);
  assertEquals(durations.slice(0, 3), [8, 5, 5]);
});
