import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TraceEvent } from "../../../../../relay/ctf/trace_event.ts";
import { barLabel, hasFailed, makeBars } from "../../../../../relay/view/picture/page/bars.ts";
import { lowerBound } from "../../../../../relay/view/picture/page/lanes.ts";
import { barAt } from "../../../../../relay/view/picture/page/paint_bars.ts";
import { TraceData } from "../../../../../relay/view/picture/page/trace_data.ts";
import { PictureData } from "../../../../../relay/view/picture/picture_data.ts";
import { event } from "../../support.ts";

function dataOf(events: readonly TraceEvent[]): TraceData {
  const collected = new PictureData();
  for (const one of events) collected.push(one);
  return new TraceData(
    collected.finish({ title: "t", beginNs: "0", environments: {}, lives: [] }),
  );
}

/** Spans from one time to another, in any order. */
function spans(times: readonly (readonly [begin: number, end: number])[]): TraceData {
  const events = times.flatMap(([begin, end], span) => [
    event("job_begin", begin, { span }),
    event("job_end", end, { span }),
  ]);
  return dataOf(events.sort((a, b) => a.time - b.time));
}

Deno.test("makeBars() puts what overlaps into different rows", () => {
  const [group] = makeBars(spans([[0, 100], [10, 20], [15, 30], [25, 40], [100, 110]]));
  assertEquals(group.name, "job");
  assertEquals(group.count, 5);
  assertEquals(group.rows.map(({ begins }) => [...begins]), [[0, 100], [10, 25], [15]]);
});

Deno.test("makeBars() puts what overlaps more than eightfold into the last row", () => {
  const [group] = makeBars(spans(Array.from({ length: 12 }, (_, i) => [i, 100 + i])));
  assertEquals(group.rows.map(({ pairs }) => pairs.length), [1, 1, 1, 1, 1, 1, 1, 5]);
});

Deno.test("barAt() finds what lasted at a time, and what is near it", () => {
  const data = spans([[100, 200], [300, 400]]);
  const [{ rows: [row] }] = makeBars(data);
  const at = (time: number): number => barAt(row, data.pairs.duration, time, 10);
  assertEquals([95, 100, 150, 205, 250, 300, 350, 409, 420].map(at), [
    0,
    0,
    0,
    0,
    -1,
    1,
    1,
    1,
    -1,
  ]);
});

Deno.test("lowerBound() finds the first that is not below, from any place before it on", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50)),
      fc.integer({ min: -1, max: 51 }),
      fc.nat(),
      (list, value, at) => {
        const sorted = Float64Array.from(list).sort();
        const naive = sorted.findIndex((one) => one >= value);
        const expected = naive < 0 ? sorted.length : naive;
        assertEquals(lowerBound(sorted, value), expected);
        assertEquals(lowerBound(sorted, value, at % (expected + 1)), expected);
      },
    ),
  );
});

Deno.test("barLabel() is what the begin says, and hasFailed() what the end's name says", () => {
  const data = dataOf([
    event("http:server_request", 0, { request: 1, method: "GET", url: "/x" }),
    event("http:server_failure", 1, { request: 1, error: "TypeError" }),
    event("job_begin", 2, { span: 1 }),
    event("job_end", 3, { span: 1 }),
  ]);
  assertEquals([0, 1].map((pair) => barLabel(data, pair)), ["GET /x", "job"]);
  assertEquals([0, 1].map((pair) => hasFailed(data, pair)), [true, false]);
});
