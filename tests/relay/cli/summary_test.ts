import { assertEquals, assertStringIncludes } from "@std/assert";
import { progressLine, summaryOf, summaryText } from "../../../relay/cli/summary.ts";
import type { SessionStatistics } from "../../../relay/session/mod.ts";

const none = { full: 0, wrap: 0, big: 0, nested: 0, torn: 0, offline: 0, unattached: 0 };
const statistics: SessionStatistics = {
  events: 30,
  bytes: 2_340_000,
  lost: { ...none, full: 4, unattached: 1 },
  cpus: [
    { cpu: 0, thread: "main", clock: "clock_gettime", events: 10, bytes: 340_000, lost: 0 },
    { cpu: 2, thread: "w", clock: "performance.now", events: 20, bytes: 2_000_000, lost: 4 },
  ],
  tracepoints: [
    { name: "few", events: 1, bytes: 10, lost: 0 },
    { name: "never", events: 0, bytes: 0, lost: 0 },
    ...Array.from({ length: 12 }, (_, i) => ({ name: `e${i}`, events: 2 + i, bytes: 9, lost: 1 })),
  ],
};

Deno.test("summaryOf() has the trace, the sums, and a line a CPU", () => {
  assertEquals(summaryOf("/t", statistics), {
    trace: "/t",
    events: 30,
    lost: { ...none, full: 4, unattached: 1 },
    bytes: 2_340_000,
    clock: "clock_gettime, performance.now",
    cpus: [
      { cpu: 0, events: 10, lost: 0, bytes: 340_000 },
      { cpu: 2, events: 20, lost: 4, bytes: 2_000_000 },
    ],
  });
});

Deno.test("summaryText() names the most frequent events, what was lost and what to type next", () => {
  const text = summaryText("my trace", statistics);
  const names = [...text.matchAll(/^ {2}(e\d+|few|never)/gm)].map(([, name]) => name);
  assertEquals(names, Array.from({ length: 10 }, (_, i) => `e${11 - i}`));
  assertStringIncludes(text, "  and 3 more\n");
  assertStringIncludes(
    text,
    "30 events, 2.3 MB; lost: 4 full, 1 unattached; clock: clock_gettime, perf",
  );
  assertStringIncludes(text, "  babeltrace2 'my trace'\n");
});

Deno.test("summaryText() says that nothing was lost", () => {
  assertStringIncludes(summaryText("t", { ...statistics, lost: none }), "MB; none lost; clock");
});

Deno.test("progressLine() says how far it is", () => {
  assertEquals(progressLine(12.6, statistics), "13 s  30 events  2.3 MB  5 lost  2 CPUs");
});
