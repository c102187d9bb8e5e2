/// <reference lib="dom" />
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TraceEvent } from "../../../../../relay/ctf/reader/trace_event.ts";
import { barLabel, hasFailed, makeBars } from "../../../../../relay/view/picture/page/bars.ts";
import { lowerBound } from "../../../../../relay/view/picture/page/lanes.ts";
import { barAt, paintBars } from "../../../../../relay/view/picture/page/paint_bars.ts";
import type { Brush } from "../../../../../relay/view/picture/page/paint_lane.ts";
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
  assertEquals(group.count, 12);
});

/** A server with 40 clients: each asks again when it is answered, once in vain for long. */
function crowd(): { data: TraceData; slow: number } {
  const times: [number, number][] = [[1000, 1900]];
  for (let client = 0; client < 40; client++) {
    for (let at = client; at < 2500; at += 21 + client) times.push([at, at + 20 + client]);
  }
  const data = spans(times);
  return { data, slow: data.pairs.duration.indexOf(900) };
}

Deno.test("makeBars() gives what lasts longest a row in which nothing lies over it, in a crowd too", () => {
  const { data, slow } = crowd();
  const [{ rows, count }] = makeBars(data);
  assertEquals(rows.length, 8);
  assertEquals(rows.reduce((sum, row) => sum + row.pairs.length + row.covered.length, 0), count);
  const [row, ...others] = rows.filter(({ pairs }) => pairs.includes(slow));
  assertEquals(others, []);
  const over = row.begins.filter((begin) => begin > 1000 && begin < 1900);
  assertEquals([...over], []);
});

Deno.test("barAt() finds what lasts longest at each of its times, in a crowd too", () => {
  const { data, slow } = crowd();
  const row = makeBars(data)[0].rows.find(({ pairs }) => pairs.includes(slow))!;
  for (let time = 1001; time < 1900; time++) {
    assertEquals(barAt(row, data.pairs, time, 1, -1), slow, `at ${time}`);
  }
});

Deno.test("barAt() finds what is selected also where it lies below others", () => {
  const { data } = crowd();
  const row = makeBars(data)[0].rows[7];
  const below = row.covered[0];
  const time = data.pairs.begin[below] + 1;
  assert(barAt(row, data.pairs, time, 1, -1) !== below);
  assertEquals(barAt(row, data.pairs, time, 1, below), below);
});

Deno.test("makeBars() keeps rows in which each ends after the one before, whatever overlaps", () => {
  const span = fc.tuple(fc.nat(60), fc.nat(40)).map(([at, length]): [number, number] => [
    at,
    at + length,
  ]);
  fc.assert(fc.property(fc.array(span, { minLength: 1, maxLength: 60 }), (times) => {
    const data = spans(times);
    const [{ rows }] = makeBars(data);
    const all = rows.flatMap(({ pairs, covered }) => [...pairs, ...covered]);
    assertEquals(all.sort((a, b) => a - b), [...data.pairs.begin.keys()]);
    for (const { begins, ends, covered } of rows) {
      for (let i = 1; i < begins.length; i++) {
        assert(begins[i] >= begins[i - 1] && ends[i] >= ends[i - 1]);
      }
      assert(covered.length === 0 || rows.length === 8);
    }
  }));
});

/** A canvas that keeps the rectangles that are drawn on it, and the texts. */
function recorder(): { brush: Brush; frames: number[][]; texts: string[] } {
  const frames: number[][] = [];
  const texts: string[] = [];
  const context = {
    fillRect: () => {},
    strokeRect: (...rectangle: number[]) => frames.push(rectangle),
    fillText: (text: string) => texts.push(text),
    measureText: (text: string) => ({ width: 6 * text.length }),
  } as unknown as CanvasRenderingContext2D;
  const colors = { marks: Array(8).fill("red") } as unknown as Brush["colors"];
  const scale = { from: 0, to: 2500, left: 0, width: 2500, nsPerPixel: 1 };
  return { brush: { context, colors, scale, data: crowd().data }, frames, texts };
}

Deno.test("paintBars() frames what is selected over its whole length, also if it lies below others", () => {
  const { brush, frames } = recorder();
  const [group] = makeBars(brush.data);
  const { pairs } = brush.data;
  for (const row of group.rows) {
    for (const pair of [row.pairs[0], ...row.covered.subarray(0, 3)]) {
      frames.length = 0;
      paintBars(brush, group, row, pair, 0);
      assertEquals(frames, [[pairs.begin[pair] - 1, 1, pairs.duration[pair] + 2, 18]]);
    }
  }
});

Deno.test("barAt() finds what lasted at a time, and what is near it", () => {
  const data = spans([[100, 200], [300, 400]]);
  const [{ rows: [row] }] = makeBars(data);
  const at = (time: number): number => barAt(row, data.pairs, time, 10, -1);
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

Deno.test("barLabel() has the path of an address, and not its origin", () => {
  const urls = [
    "http://127.0.0.1:8000/slow?n=1",
    "https://x.org",
    "https://x.org?a",
    "/x",
    "data:,a",
  ];
  const data = dataOf(
    urls.map((url, i) => event("http:server_request", i, { request: i, method: "GET", url })),
  );
  assertEquals(urls.map((_, pair) => barLabel(data, pair)), [
    "GET /slow?n=1",
    "GET /",
    "GET ?a",
    "GET /x",
    "GET data:,a",
  ]);
});
