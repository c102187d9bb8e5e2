import { assertEquals, assertStringIncludes } from "@std/assert";
import { progressLine, summaryOf, summaryText } from "../../../relay/cli/summary.ts";
import type { Figures } from "../../../relay/session/statistics_file.ts";

const byCause = { full: 0, wrap: 0, big: 0, nested: 0, torn: 0, offline: 0 };
const none = { full: 0, wrap: 0, big: 0, nested: 0, torn: 0, offline: 0, unattached: 0 };
const statistics: Figures = {
  pid: 1,
  unwrittenBytes: 0,
  output: "/traces/t",
  events: 30,
  bytes: 2_340_000,
  lost: { ...none, full: 4, unattached: 1 },
  cpus: [
    {
      cpu: 0,
      thread: "main",
      clock: "clock_gettime",
      events: 10,
      bytes: 340_000,
      lost: 0,
      lostByCause: byCause,
    },
    {
      cpu: 2,
      thread: "w",
      clock: "performance.now",
      events: 20,
      bytes: 2_000_000,
      lost: 4,
      lostByCause: { ...byCause, full: 4 },
    },
  ],
  tracepoints: [
    { name: "few", events: 1, bytes: 10, lost: 0 },
    { name: "never", events: 0, bytes: 0, lost: 0 },
    ...Array.from({ length: 12 }, (_, i) => ({ name: `e${i}`, events: 2 + i, bytes: 9, lost: 1 })),
  ],
};

const ALL = { kind: "all" } as const;

Deno.test("summaryOf() has the trace, the sums, and a line a CPU", () => {
  assertEquals(summaryOf("/t", statistics, ALL), {
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
  const text = summaryText("my trace", statistics, ALL);
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
  assertStringIncludes(
    summaryText("t", { ...statistics, lost: none }, ALL),
    "MB; none lost; clock",
  );
});

Deno.test("summaryText() names no clock where no thread has recorded", () => {
  const text = summaryText("t", { ...statistics, lost: none, events: 0, cpus: [] }, ALL);
  assertStringIncludes(text, "0 events, 2.3 MB; none lost\n");
});

Deno.test("progressLine() says how far it is", () => {
  assertEquals(progressLine(12.6, statistics), "13 s  30 events  2.3 MB  5 lost  2 CPUs");
});

for (
  const [bytes, shown] of [
    [0, "0.0 KB"],
    [340, "0.3 KB"],
    [12_345, "12.3 KB"],
    [999_949, "999.9 KB"],
    [999_950, "1.0 MB"],
    [1_000_000, "1.0 MB"],
    [12_345_678_901, "12345.7 MB"],
  ] as const
) {
  Deno.test(`summaryText() and progressLine() show ${bytes} bytes as ${shown}`, () => {
    const small = { ...statistics, bytes };
    assertStringIncludes(progressLine(1, small), `events  ${shown}  5 lost`);
    assertStringIncludes(summaryText("t", small, ALL), `30 events, ${shown}; lost`);
  });
}

Deno.test("summaryText() of a flight recorder names its snapshots, and how to look at the last one", () => {
  const snapshots = ["snapshot-0-error", "snapshot-1-unload"];
  const text = summaryText("my trace", statistics, { kind: "snapshots", snapshots });
  assertStringIncludes(
    text,
    "  written: 2 snapshots: my trace/snapshot-0-error, my trace/snapshot-1-unload\n",
  );
  assertStringIncludes(text, "\n  babeltrace2 'my trace/snapshot-1-unload'\n");
  assertEquals(text.match(/babeltrace2/g)?.length, 1);
  const one = summaryText("t", statistics, { kind: "snapshots", snapshots: ["snapshot-0"] });
  assertStringIncludes(one, "  written: 1 snapshot: t/snapshot-0\n");
});

Deno.test("summaryText() of a flight recorder names ten snapshots at most", () => {
  const snapshots = Array.from({ length: 12 }, (_, i) => `snapshot-${i}`);
  const text = summaryText("t", statistics, { kind: "snapshots", snapshots });
  assertStringIncludes(text, "  written: 12 snapshots, the last t/snapshot-2, t/snapshot-3, ");
  assertStringIncludes(text, ", t/snapshot-11\n");
});

Deno.test("summaryText() of a flight recorder without snapshots names nothing to look at", () => {
  const text = summaryText("t", statistics, { kind: "snapshots", snapshots: [] });
  assertStringIncludes(text, "  written: no snapshots\n");
  assertEquals(text.includes("babeltrace2"), false);
});

Deno.test("summaryText() of a rotated trace says how much of it there is", () => {
  const text = summaryText("t", statistics, { kind: "newest", files: 3, bytes: 12_288 });
  assertStringIncludes(text, "  written: the newest 12.3 KB, in 3 files\n");
  assertStringIncludes(text, "\n  babeltrace2 t\n");
});

Deno.test("summaryOf() a flight recorder has the paths of its snapshots", () => {
  const written = { kind: "snapshots", snapshots: ["snapshot-0", "snapshot-1-a"] } as const;
  assertEquals(summaryOf("/t", statistics, written).snapshots, [
    "/t/snapshot-0",
    "/t/snapshot-1-a",
  ]);
});
