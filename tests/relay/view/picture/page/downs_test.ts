import { assertEquals } from "@std/assert";
import type { TraceEvent } from "../../../../../relay/ctf/reader/trace_event.ts";
import { downsOf } from "../../../../../relay/view/picture/page/downs.ts";
import { makeLanes } from "../../../../../relay/view/picture/page/lanes.ts";
import { TraceData } from "../../../../../relay/view/picture/page/trace_data.ts";
import { PictureData } from "../../../../../relay/view/picture/picture_data.ts";
import type { PictureFacts } from "../../../../../relay/view/picture/picture_format.ts";
import { event } from "../../support.ts";

/** A program of 1000 ns, and what its second CPU recorded from 100 to 900. */
function dataOf(
  events: readonly TraceEvent[],
  environments: PictureFacts["environments"] = {},
): TraceData {
  const collected = new PictureData();
  for (const one of events) collected.push(one);
  const lives = [
    { trace: "", cpu: 0, begin: 0, end: 1000 },
    { trace: "", cpu: 1, begin: 100, end: 900 },
  ];
  return new TraceData(collected.finish({ title: "t", beginNs: "0", environments, lives }));
}

const on = (time: number, name: string, fields: TraceEvent["fields"] = {}): TraceEvent =>
  event(name, time, fields, { cpu: 1 });

/** Two workers that had the CPU one after the other. */
const WORKERS = [
  on(110, "worker:begin", { worker: 1, name: "first" }),
  on(200, "tick"),
  on(300, "worker:end", { worker: 1, reason: "close" }),
  on(310, "tick"),
  on(600, "worker:begin", { worker: 2, name: "second" }),
  on(700, "tick"),
];

/** Downs of the second CPU; the first one has a lane when it recorded, too. */
function downsOfSecond(data: TraceData): [begin: number, end: number][] {
  const index = data.lanes.findIndex(({ cpu }) => cpu === 1);
  return downsOf(data)[index].map(({ begin, end }) => [begin, end]);
}

Deno.test("downsOf() is before the first packet, behind the last, and between workers", () => {
  assertEquals(downsOfSecond(dataOf(WORKERS)), [[0, 100], [310, 600], [900, 1000]]);
});

Deno.test("downsOf() claims nothing between packets where no worker has told that it ends", () => {
  const silent = WORKERS.filter(({ class: { name } }) => name !== "worker:end");
  assertEquals(downsOfSecond(dataOf(silent)), [[0, 100], [900, 1000]]);
});

Deno.test("downsOf() is empty for a CPU that recorded all the time", () => {
  const data = dataOf(WORKERS);
  assertEquals(downsOf(data)[data.lanes.findIndex(({ cpu }) => cpu === 0)], []);
});

Deno.test("makeLanes() names all threads that had a CPU, one after the other", () => {
  assertEquals(makeLanes(dataOf(WORKERS)).map(({ label }) => label), [
    "CPU 0",
    "CPU 1 · first, second",
  ]);
});

Deno.test("makeLanes() names the main thread where workers say their names, of this tracer's traces", () => {
  const labels = (events: readonly TraceEvent[], tracer_name: string): string[] =>
    makeLanes(dataOf(events, { "": { tracer_name } })).map(({ label }) => label);
  const named = ["CPU 0 · main", "CPU 1 · first, second"];
  assertEquals(labels(WORKERS, "ltt-relay-deno"), named);
  assertEquals(labels(WORKERS, "lttng-ust")[0], "CPU 0");
  assertEquals(labels([on(1, "tick")], "ltt-relay-deno"), ["CPU 0", "CPU 1"]);
  const worker = event("worker:begin", 5, { worker: 9, name: "starter" });
  assertEquals(labels([worker, ...WORKERS], "ltt-relay-deno")[0], "CPU 0 · starter");
});
