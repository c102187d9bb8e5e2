import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  EnumValue,
  type LostEvents,
  type TraceEvent,
} from "../../../relay/ctf/reader/trace_event.ts";
import { ChromeJson } from "../../../relay/view/chrome_json.ts";
import { microseconds } from "../../../relay/view/chrome_values.ts";
import type { OriginOf } from "../../../relay/view/origins.ts";
import { type ChromeEvent, type ChromeTrace, readChromeTrace } from "./chrome_format.ts";
import { event } from "./support.ts";

const oneOrigin: OriginOf = () => ({
  trace: "t",
  env: { vpid: 4711, hostname: "workshop", trace_name: "orders" },
  hasClock: true,
  packetContext: null,
  streamContext: null,
});

function textOf(
  items: readonly (TraceEvent | LostEvents)[],
  originOf: OriginOf = oneOrigin,
): string {
  const json = new ChromeJson(1_790_000_000_123_456_789n, originOf);
  const pieces = items.map((item) =>
    "class" in item ? json.event(item) : json.lost(item, "t", oneOrigin(null!).env)
  );
  return [json.begin(), ...pieces, json.end()].join("");
}

function traceOf(items: readonly (TraceEvent | LostEvents)[], originOf?: OriginOf): ChromeTrace {
  return readChromeTrace(textOf(items, originOf));
}

/** Entries of a phase, or of several. */
function ofPhase(trace: ChromeTrace, phases: string): ChromeEvent[] {
  return trace.traceEvents.filter(({ ph }) => phases.includes(ph));
}

Deno.test("ChromeJson is an object with no events for a trace without any", () => {
  assertEquals(traceOf([]), {
    displayTimeUnit: "ns",
    otherData: { begin_ns: "1790000000123456789" },
    traceEvents: [],
  });
});

Deno.test("ChromeJson.event() is an instant of its thread, with what was recorded", () => {
  const trace = traceOf([
    event("http:open", 1_234_567, { n: -1, text: "x" }, { cpu: 3, context: { worker_name: "w" } }),
  ]);
  assertEquals(ofPhase(trace, "i"), [{
    name: "http:open",
    cat: "http",
    ph: "i",
    s: "t",
    ts: 1234.567,
    pid: 4711,
    tid: 5,
    args: { fields: { n: -1, text: "x" }, context: { worker_name: "w" } },
  }]);
});

Deno.test("ChromeJson.event() names threads as they say their names, and the main one when workers do", () => {
  const names = (items: readonly TraceEvent[], tracer_name: string): unknown[] => {
    const origin = { ...oneOrigin(null!), env: { ...oneOrigin(null!).env, tracer_name } };
    const told = new Map(
      ofPhase(traceOf(items, () => origin), "M").map(({ tid, args }) => [tid, args.name]),
    );
    return [told.get(2), told.get(3)];
  };
  const begin = (time: number, name: string): TraceEvent =>
    event("worker:begin", time, { worker: time, name }, { cpu: 1 });
  const [tick, tock] = [event("tick", 1), event("tick", 9)];
  const both = ["CPU 0 · main", "CPU 1 · first, second"];
  assertEquals(names([tick, begin(2, "first"), begin(3, "second")], "ltt-relay-deno"), both);
  assertEquals(names([begin(2, "first"), begin(3, "second"), tock], "ltt-relay-deno"), both);
  assertEquals(names([tick, begin(2, "first")], "lttng-ust"), ["CPU 0", "CPU 1 · first"]);
  assertEquals(names([tick, tock], "ltt-relay-deno"), ["CPU 0", undefined]);
  const named = event("tick", 1, {}, { context: { worker_name: "w" } });
  assertEquals(names([named, begin(2, "")], "ltt-relay-deno"), ["CPU 0 · w", "CPU 1"]);
});

Deno.test("ChromeJson.event() names the process and each thread once", () => {
  const trace = traceOf([0, 1, 0, -1].map((cpu, i) => event("tick", i, {}, { cpu })));
  const names = ofPhase(trace, "M").map(({ name, pid, tid, args }) => [name, pid, tid, args.name]);
  assertEquals(names, [
    ["process_name", 4711, 0, "orders on workshop"],
    ["thread_name", 4711, 2, "CPU 0"],
    ["thread_name", 4711, 3, "CPU 1"],
    ["thread_name", 4711, 1, "unknown CPU"],
  ]);
});

Deno.test("ChromeJson.event() tells traces apart, also those of programs with one number", () => {
  const originOf: OriginOf = ({ name }) => ({ ...oneOrigin(null!), trace: name });
  const trace = traceOf([event("a", 1), event("b", 2)], originOf);
  assertEquals(ofPhase(trace, "i").map(({ pid }) => pid), [4711, 4712]);
});

Deno.test("ChromeJson.event() makes what lasted on a thread a complete event, nested ones too", () => {
  const trace = traceOf([
    event("outer_entry", 1000, { what: "o" }),
    event("inner_entry", 1500),
    event("inner_exit", 2250),
    event("outer_exit", 3001, { code: 1 }),
  ]);
  const complete = ofPhase(trace, "X").map(({ name, ts, dur, args }) => ({ name, ts, dur, args }));
  assertEquals(complete, [
    { name: "inner", ts: 1.5, dur: 0.75, args: { end: {} } },
    {
      name: "outer",
      ts: 1,
      dur: 2.001,
      args: { fields: { what: "o" }, end: { fields: { code: 1 } } },
    },
  ]);
});

Deno.test("ChromeJson.event() makes what may overlap an asynchronous event with an id of its own", () => {
  const trace = traceOf([
    event("http:server_request", 1000, { request: 1, url: "/a" }),
    event("http:server_request", 2000, { request: 2, url: "/b" }),
    event("http:server_response", 3000, { request: 1, status: 200 }),
    event("http:server_failure", 4000, { request: 2, error: "E" }),
    event("file:stat", 5000, { path: "p", duration_ns: 700 }),
  ]);
  const parts = ofPhase(trace, "be").map(({ name, ph, ts, id, args }) => [name, ph, ts, id, args]);
  assertEquals(parts, [
    ["http:server", "b", 1, "0x1", { fields: { request: 1, url: "/a" } }],
    ["http:server", "e", 3, "0x1", { fields: { request: 1, status: 200 } }],
    ["http:server", "b", 2, "0x2", { fields: { request: 2, url: "/b" } }],
    ["http:server", "e", 4, "0x2", { fields: { request: 2, error: "E" } }],
    ["file:stat", "b", 4.3, "0x3", { fields: { path: "p", duration_ns: 700 } }],
    ["file:stat", "e", 5, "0x3", {}],
  ]);
});

Deno.test("ChromeJson.event() makes what ends before what began in it an asynchronous event", () => {
  const trace = traceOf(
    ["load_begin", "draw_begin", "load_end", "draw_end", "f_entry", "g_entry", "f_exit"]
      .map((name, i) => event(name, 1000 * i)),
  );
  const lasted = ofPhase(trace, "XBbe").map(({ name, ph, ts }) => [name, ph, ts]);
  assertEquals(lasted, [
    ["load", "b", 0],
    ["load", "e", 2],
    ["draw", "X", 1],
    ["f", "b", 4],
    ["f", "e", 6],
    ["g", "B", 5],
  ]);
});

Deno.test("ChromeJson nests what begins and ends in any order", () => {
  const names = ["a", "b", "c"].flatMap((name) => [`${name}_begin`, `${name}_end`]);
  const one = fc.tuple(fc.constantFrom(...names), fc.nat(3), fc.nat(1));
  fc.assert(fc.property(fc.array(one, { maxLength: 30 }), (all) => {
    let time = 0;
    // The format's checker fails for what does not lie in each other.
    traceOf(all.map(([name, later, cpu]) => event(name, time += later * 1000, {}, { cpu })));
  }));
});

Deno.test("ChromeJson.event() keeps fields that are called as what else it tells", () => {
  const trace = traceOf([
    event("c_begin", 1, { end: 5, context: "mine" }, { context: { fields: 1 } }),
    event("c_end", 2, { fields: 3 }),
  ]);
  assertEquals(ofPhase(trace, "X").map(({ args }) => args), [{
    fields: { end: 5, context: "mine" },
    context: { fields: 1 },
    end: { fields: { fields: 3 } },
  }]);
});

Deno.test("ChromeJson.end() tells what has not ended", () => {
  const trace = traceOf([event("job_begin", 1, { span: 1 }), event("f_entry", 2)]);
  assertEquals(ofPhase(trace, "bB").map(({ name, ph, ts }) => [name, ph, ts]).sort(), [
    ["f", "B", 0.002],
    ["job", "b", 0.001],
  ]);
});

Deno.test("ChromeJson.lost() counts what was lost on a CPU up to then", () => {
  const trace = traceOf([
    event("tick", 0),
    { cpu: 0, begin: 1000, end: 2000, count: 5 },
    { cpu: 1, begin: 1000, end: 1500, count: 1 },
    { cpu: 0, begin: 3000, end: 4000, count: 2 },
  ]);
  const counts = ofPhase(trace, "C").map(({ name, ts, args }) => [name, ts, args.events]);
  assertEquals(counts, [
    ["lost on CPU 0", 1, 0],
    ["lost on CPU 0", 2, 5],
    ["lost on CPU 1", 1, 0],
    ["lost on CPU 1", 1.5, 1],
    ["lost on CPU 0", 3, 5],
    ["lost on CPU 0", 4, 7],
  ]);
});

Deno.test("ChromeJson.event() writes numbers that JSON or a double does not have as text", () => {
  const trace = traceOf([event("n", 0, {
    big: 2n ** 64n - 1n,
    negative: -(2n ** 63n),
    safe: Number.MAX_SAFE_INTEGER,
    nan: NaN,
    endless: -Infinity,
    zero: -0,
    label: new EnumValue(["ON", "AN"], 1),
    none: new EnumValue([], 2n ** 63n),
    list: [1n << 60n, "x", { y: [] }],
  })]);
  assertEquals(ofPhase(trace, "i")[0].args.fields, {
    big: "18446744073709551615",
    negative: "-9223372036854775808",
    safe: Number.MAX_SAFE_INTEGER,
    nan: "NaN",
    endless: "-Infinity",
    zero: 0,
    label: "ON",
    none: "9223372036854775808",
    list: ["1152921504606846976", "x", { y: [] }],
  });
});

Deno.test("microseconds() has all digits of nanoseconds", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (ns) => {
    const text = microseconds(ns);
    assertMatch(text, /^-?\d+(\.\d{3})?$/);
    const [, sign, whole, rest = "0"] = /^(-?)(\d+)(?:\.(\d{3}))?$/.exec(text)!;
    const size = BigInt(whole) * 1000n + BigInt(rest);
    assertEquals(sign === "-" ? -size : size, BigInt(ns));
  }));
});

Deno.test("ChromeJson is the format's JSON for any names, texts and times", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('"', "\\", "\u2028", "\ud800", "]}"),
  );
  const one = fc.tuple(
    fc.oneof(text, fc.constantFrom("a_begin", "a_end", "f_entry", "f_exit", "", ":")),
    fc.nat(2 ** 40),
    // Names of fields are identifiers in TSDL.
    fc.dictionary(
      fc.stringMatching(/^[A-Za-z_]\w{0,5}$/),
      fc.oneof(text, fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n)),
    ),
    fc.integer({ min: -1, max: 3 }),
  );
  fc.assert(
    fc.property(fc.array(one, { maxLength: 6 }), (all) => {
      const sorted = all.toSorted(([, a], [, b]) => a - b);
      const events = sorted.map(([name, time, fields, cpu]) => event(name, time, fields, { cpu }));
      const trace = traceOf(events);
      const instants = ofPhase(trace, "i");
      assertEquals(instants.map(({ name }) => name), sorted.map(([name]) => name));
      for (const [i, { args }] of instants.entries()) {
        const expected = Object.entries(events[i].fields).map((
          [name, value],
        ) => [name, String(value)]);
        assertEquals(
          Object.entries(args.fields ?? {}).map(([name, value]) => [name, String(value)]),
          expected,
        );
      }
    }),
  );
});

Deno.test("ChromeJson writes an entry a line", () => {
  const lines = textOf([event("a", 1, { text: "x\ny" }), event("b", 2)]).trimEnd().split("\n");
  assertEquals(lines.length, 1 + 2 + 2 + 1);
  assertStringIncludes(lines[1], "process_name");
  assert(lines.slice(1, -2).every((line) => line.endsWith(",")));
});
