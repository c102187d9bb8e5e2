import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../relay/cli/job_error.ts";
import { parseViewArguments } from "../../../relay/cli/view_arguments.ts";
import { EventValues } from "../../../relay/view/event_values.ts";
import { event, oneTrace } from "../view/support.ts";

Deno.test("parseViewArguments() of a trace alone gives the defaults", () => {
  assertEquals(parseViewArguments(["trace"]), {
    traces: ["trace"],
    format: "columns",
    events: [],
    cpus: [],
    where: null,
    from: null,
    to: null,
    follow: false,
    stats: false,
    between: null,
    by: null,
    html: null,
    cwd: ".",
  });
});

Deno.test("parseViewArguments() takes options before and behind the traces", () => {
  const args = ["--event", "http:*,gc", "a", "--cpu", "1,3-5", "b", "--follow", "--format=json"];
  const { traces, events, cpus, follow, format } = parseViewArguments(args)!;
  assertEquals({ traces, events, cpus, follow, format }, {
    traces: ["a", "b"],
    events: ["http:*", "gc"],
    cpus: [{ text: "1", cpus: [1] }, { text: "3-5", cpus: [3, 4, 5] }],
    follow: true,
    format: "json",
  });
});

Deno.test("parseViewArguments() takes two names behind --between", () => {
  const args = ["--between", "a:*", "b", "trace", "--by", "id"];
  const { traces, between, by } = parseViewArguments(args)!;
  assertEquals({ traces, between }, { traces: ["trace"], between: ["a:*", "b"] });
  assertEquals(new EventValues(oneTrace).readerOf(by!)(event("a:x", 0, { id: 7 })), 7);
});

Deno.test("parseViewArguments() takes times before the end, though they look like options", () => {
  const { from, to } = parseViewArguments(["trace", "--from", "-2s", "--to", "-1"])!;
  const span = { beginNs: 0n, end: 10e9 };
  assertEquals([from!(span), to!(span)], [8e9, 9e9]);
});

Deno.test("parseViewArguments() makes a test of --where", () => {
  const { where } = parseViewArguments(["trace", "--where", "status >= 500"])!;
  const fits = where!.testOf(new EventValues(oneTrace));
  assertEquals([200, 503].map((status) => fits(event("e", 0, { status }))), [false, true]);
});

for (const help of ["--help", "-h"]) {
  Deno.test(`parseViewArguments() of ${help} asks for help`, () => {
    assertEquals(parseViewArguments([help]), null);
  });
}

for (const other of [["--format", "json"], ["--follow"], ["--stats"], ["--between", "a", "b"]]) {
  Deno.test(`parseViewArguments() refuses --html beside ${other[0]}`, () => {
    assertThrows(
      () => parseViewArguments(["trace", "--html", "file", ...other]),
      JobError,
      `Cannot use both --html and ${other[0]}`,
    );
  });
}

Deno.test("parseViewArguments() takes a file for a page beside what chooses events", () => {
  const { html, events } = parseViewArguments(["t", "--html", "f.html", "--event", "a"])!;
  assertEquals([html, events], ["f.html", ["a"]]);
});

Deno.test("parseViewArguments() collects the lists of an option that is there twice", () => {
  const args = ["t", "--event", "a,b", "--cpu", "0", "--event", "c", "--cpu", "2-3"];
  const { events, cpus } = parseViewArguments(args)!;
  assertEquals(events, ["a", "b", "c"]);
  assertEquals(cpus.map(({ text, cpus }) => [text, cpus]), [["0", [0]], ["2-3", [2, 3]]]);
});

const wrong: [string[], string][] = [
  [[], "Cannot view: no trace is named"],
  [[""], "Cannot view: no trace is named"],
  [["--between", "a", "b"], "Cannot view: no trace is named; --between takes two events"],
  [
    ["--statss", "t"],
    "Cannot understand the arguments: Unknown option '--statss'; there is --stats",
  ],
  [["t", "--event", ""], "Cannot use --event without a value"],
  [["t", "--event", "a,,b"], "Cannot use --event a,,b: something is empty"],
  [["t", "--cpu", "x"], 'Cannot use --cpu x: "x" is no CPU'],
  [["t", "--cpu", "5-3"], 'Cannot use --cpu 5-3: "5-3" is no CPU'],
  [["t", "--cpu=-1"], 'Cannot use --cpu -1: "-1" is no CPU'],
  [["t", "--format", "xml"], "Cannot use --format xml: it is not columns, json or babeltrace"],
  [["t", "--from", "soon"], 'Cannot understand the time "soon": '],
  [["t", "--where", "a ="], 'Cannot understand the expression: "=" means nothing\n  a =\n    ^'],
  [["t", "--from", "1", "--from=2"], "Cannot use --from twice: it has one value"],
  [["t", "--from", "-1s", "--from", "-2s"], "Cannot use --from twice: it has one value"],
  [
    ["t", "--between", "a", "b", "--between", "c", "d"],
    "Cannot use --between twice: it has one pair",
  ],
  [["t", "--by", "x"], "Cannot use --by without --between"],
  [["t", "--between", "a"], "Cannot use --between without two events"],
  [["t", "--between", "a", "b", "--by", "5"], "Cannot understand the expression: "],
  [["t", "--follow", "--stats"], "Cannot use --follow with --stats or --between"],
  [["t", "--stats", "--format=babeltrace"], "Cannot use --format babeltrace with --stats"],
  [["t", "--follow", "--from", "-1s"], "Cannot use --from -1s with --follow: the trace has no end"],
  [["t", "--follow", "--to=-1s"], "Cannot use --to -1s with --follow: the trace has no end yet"],
  [
    ["t", "--where", "a==1" + "&&a==1".repeat(12_000)],
    "Cannot understand the expression: it has mo",
  ],
  [["t", "--from", "2026-02-31T12:00:00"], 'Cannot understand the time "2026-02-31T12:00:00": '],
  [["t", "--frobnicate"], "Cannot understand the arguments: Unknown option '--frobnicate'"],
];
for (const [args, message] of wrong) {
  Deno.test(`parseViewArguments() refuses "${args.join(" ").slice(0, 60)}"`, () => {
    const error = assertThrows(() => parseViewArguments(args), JobError);
    assertEquals(error.message.slice(0, message.length), message);
  });
}
