import { assertEquals } from "@std/assert";
import type { TraceEvent } from "../../../../../relay/ctf/reader/trace_event.ts";
import { findEvents, numberOf, parseQuery } from "../../../../../relay/view/picture/page/search.ts";
import { TraceData } from "../../../../../relay/view/picture/page/trace_data.ts";
import { PictureData } from "../../../../../relay/view/picture/picture_data.ts";
import { event } from "../../support.ts";

const data = dataOf([
  event("http:server_request", 0, { request: 1, method: "GET", url: "/a b?x=1" }),
  event("http:server_response", 5e6, { request: 1, status: 200 }),
  event("http:server_request", 6e6, { request: 2, method: "POST", url: "/Slow" }, { cpu: 1 }),
  event("console:log", 7e6, { text: "request 2 waits, 404" }, { cpu: 1 }),
  event("http:server_response", 9e6, { request: 2, status: 500 }, { cpu: 1 }),
  event("id", 9e6, { id: 2n ** 63n }),
]);

function dataOf(events: readonly TraceEvent[]): TraceData {
  const collected = new PictureData();
  for (const one of events) collected.push(one);
  return new TraceData(
    collected.finish({ title: "t", beginNs: "0", environments: {}, lives: [] }),
  );
}

const CASES: readonly (readonly [query: string, found: readonly number[]])[] = [
  ["", []],
  ["server_request", [0, 2]],
  ["SLOW", [2]],
  ["get", [0]],
  ["404", [3]],
  ["500", [4]],
  ["http 2", [2, 4]],
  ['"request 2"', [3]],
  ["request 2", [2, 3]],
  ["status>=500", [4]],
  ["status<500", [1]],
  ["status!=200", [4]],
  ["status=200", [1]],
  ["status==200", [1]],
  ["status~50", [4]],
  ["url~slow", [2]],
  ["url=/Slow", [2]],
  ["url=/slow", []],
  ['url="/a b?x=1"', [0]],
  ["method!=GET", [2]],
  ["/a", [0]],
  ["b?x=1", [0]],
  ["cpu=1", [2, 3, 4]],
  ["cpu=1 http", [2, 4]],
  ["name=id", [5]],
  ["name~response status>=0", [1, 4]],
  ["duration>=5ms", [1]],
  ["duration>2.5ms", [1, 4]],
  ["id>=9e18", [5]],
  ["nothing>1", []],
  ["status>x", []],
  ["NaN", []],
];

for (const [query, found] of CASES) {
  Deno.test(`findEvents() finds [${found}] for ${JSON.stringify(query)}`, () => {
    assertEquals([...findEvents(data, query)], found);
  });
}

Deno.test("parseQuery() takes text with spaces as one, also where the last quote is not typed yet", () => {
  assertEquals(parseQuery('"a b" url="c d'), [
    { kind: "word", text: "a b" },
    { kind: "compare", field: "url", operator: "=", value: "c d" },
  ]);
});

Deno.test("numberOf() knows units of time, hexadecimal digits, and what is no number", () => {
  const texts = ["5ms", "1.5us", "2s", "10k", "0x1F", "-3", "1e3", "", "abc", "5 ms"];
  assertEquals(texts.map(numberOf), [5e6, 1500, 2e9, 10_000, 31, -3, 1000, NaN, NaN, NaN]);
});
