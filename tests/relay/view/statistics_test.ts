import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Between } from "../../../relay/view/between.ts";
import { Statistics } from "../../../relay/view/statistics.ts";
import { betweenJson, statisticsJson } from "../../../relay/view/statistics_json.ts";
import { betweenText, statisticsText } from "../../../relay/view/statistics_text.ts";
import { Histogram } from "../../../relay/view/histogram.ts";
import { histogramText } from "../../../relay/view/histogram_text.ts";
import { NO_COLORS } from "../../../relay/view/colors.ts";
import { event } from "./support.ts";

/** A thousand requests a millisecond apart of 100 µs each, one of them of 40 ms; one has no end. */
function requests(): Statistics {
  const statistics = new Statistics();
  for (let request = 1; request <= 1000; request++) {
    const time = request * 1e6;
    const duration = request === 777 ? 40e6 : 100e3;
    const url = `/page/${request}`;
    statistics.push(
      event("http:server_request", time, { request, method: "GET", url }, { cpu: 1 }),
    );
    if (request === 1000) break;
    const status = request === 777 ? 500 : 200;
    const told = { request, status, duration_ns: duration };
    statistics.push(event("http:server_response", time + 100e3, told, { cpu: 1 }));
  }
  return statistics;
}

Deno.test("push() counts by name, the most first, and by CPU", () => {
  const statistics = new Statistics();
  for (const [name, cpu] of [["b", 0], ["a", 1], ["b", 1], ["c", 0]] as const) {
    statistics.push(event(name, 5, {}, { cpu }));
  }
  statistics.lost({ cpu: 2, begin: 0, end: 1, count: 9 });
  assertEquals(statistics.names, [["b", 2], ["a", 1], ["c", 1]]);
  assertEquals(statistics.cpus.map(({ cpu, events, lost }) => [cpu, events, lost]), [
    [0, 2, 0],
    [1, 2, 0],
    [2, 0, 9],
  ]);
  assertEquals([statistics.events, statistics.lostEvents], [4, 9]);
});

Deno.test("push() finds what lasts, the slowest of it, and what has not ended", () => {
  const statistics = requests();
  const [[name, { durations, slowest }]] = statistics.durations;
  assertEquals([name, durations.count], ["http:server", 999]);
  assertEquals(slowest.all[0].begin?.fields.request, 1);
  assertEquals([...statistics.unended], [["http:server", 1]]);
});

Deno.test("statisticsText() and statisticsJson() name what lasts also where none of it has ended", () => {
  const statistics = requests();
  statistics.push(event("worker:start", 3e9, { worker: 1 }));
  const text = statisticsText(statistics);
  const [, row] = /^ {2}worker +(.*)$/m.exec(text)!;
  assertEquals(row.split(/ +/), ["0", "1"]);
  assertEquals(text.includes("slowest worker"), false);
  const { durations } = JSON.parse(statisticsJson(statistics));
  const { name, count, p50_ns, max_ns, sum_ns, unended, slowest } = durations[1];
  assertEquals([name, count, p50_ns, max_ns, sum_ns, unended, slowest], [
    "worker",
    0,
    null,
    null,
    0,
    1,
    [],
  ]);
});

Deno.test("push() finds the longest times without events", () => {
  const statistics = new Statistics();
  for (const time of [0, 1, 50, 52, 60]) statistics.push(event("e", time));
  assertEquals(
    statistics.pauses.map(({ end, duration }) => [end.time, duration]),
    [[50, 49], [60, 8], [52, 2]],
  );
});

Deno.test("statisticsText() names events, CPUs, what lasts and the slowest", () => {
  const text = statisticsText(requests());
  assertStringIncludes(text, "1999 events in 999ms on 1 CPU, 2001/s; none lost");
  assertStringIncludes(text, "http:server_request     1000  50.0 %        1001\n");
  assertStringIncludes(
    text,
    "what lasts   count    p50    p90    p99    max  together  not ended\n",
  );
  assertStringIncludes(
    text,
    "http:server    999  100µs  100µs  100µs  100µs    99.9ms          1\n",
  );
  assertStringIncludes(text, 'request=1 method="GET" url="/page/1" → request=1 status=200');
});

Deno.test("statisticsText() of nothing says so", () => {
  assertStringIncludes(statisticsText(new Statistics()), "0 events in 0ns on 0 CPUs; none lost");
});

Deno.test("statisticsJson() says the same to programs, with all digits", () => {
  const statistics = requests();
  statistics.push(event("a_begin", 2e9, { span: 2n ** 63n }));
  statistics.push(event("a_end", 3e9, { span: 2n ** 63n }));
  const text = statisticsJson(statistics);
  const parsed = JSON.parse(text);
  assertEquals(parsed.events, 2001);
  assertEquals(parsed.names[0], { name: "http:server_request", events: 1000 });
  assertEquals(parsed.durations[1].count, 999);
  assertEquals(parsed.durations[0].max_ns, 1e9);
  assertStringIncludes(text, '"span":9223372036854775808');
});

Deno.test("betweenText() and betweenJson() tell a histogram and the slowest", () => {
  const between = new Between({ from: "a", to: "b", by: null, slowest: 1 });
  for (const [i, duration] of [1e3, 1.1e3, 1.2e3, 9e6].entries()) {
    between.push(event("a", i * 1e9, { i }));
    between.push(event("b", i * 1e9 + duration));
  }
  const text = betweenText(between, "a", "b");
  assertStringIncludes(text, "a to b       4  1.10µs  9ms  9ms  9ms\n");
  assertStringIncludes(text, "3.000000000      9ms  i=3\n");
  const { count, histogram, slowest } = JSON.parse(betweenJson(between, "a", "b"));
  assertEquals(count, 4);
  assertEquals(histogram[0], { from: 1000, to: 2000, count: 3 });
  assertEquals(slowest[0].duration_ns, 9e6);
});

Deno.test("betweenText() of no two events says so", () => {
  const between = new Between({ from: "a", to: "b", by: null, slowest: 1 });
  assertEquals(betweenText(between, "a", "b"), "  a to b: never\n");
  assertEquals(JSON.parse(betweenJson(between, "a", "b")).histogram, []);
});

Deno.test("histogramText() draws every count that is not 0, the most over all columns", () => {
  const histogram = new Histogram();
  for (let i = 0; i < 1000; i++) histogram.add(1);
  histogram.add(3);
  const [first, second] = histogramText(histogram).split("\n");
  assertEquals(first, `     1ns … 2ns    1000 ${"█".repeat(40)}`);
  assertEquals(second, "     2ns … 5ns       1 ▏");
});

Deno.test("statisticsText() shows the slowest also where the terminal does not know its width", () => {
  const text = statisticsText(requests(), { width: 0, colors: NO_COLORS });
  const rows = text.split("\n").filter((line) => line.includes("    100µs  "));
  assert(rows.length > 0);
  assert(rows.every((line) => line.length === 40), rows.join("\n"));
});
