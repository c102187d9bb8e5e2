/*
 * What is recorded is what babeltrace2 reads. `TRACE_RUNS` says how many random traces to write, if
 * not the few that CI has time for; `deno task read-back` writes 10^7 events.
 */
import {
  array,
  bool,
  enumeration,
  f32,
  f64,
  hex,
  i16,
  i64,
  sequence,
  string,
  struct,
  u32,
  u64,
  u8,
} from "@ltt/relay/ctf";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { babeltrace, BABELTRACE_MISSING, babeltraceMetadata } from "../ctf/babeltrace.ts";
import { text } from "./arbitrary.ts";
import { NAMES } from "./random_trace.ts";
import { readBacks } from "./read_back.ts";
import { runs, TestTrace, withDirectory } from "./support.ts";

const ignore = BABELTRACE_MISSING;

Deno.test(
  "random events of random tracepoints are read by babeltrace2 as recorded",
  { ignore },
  async () => {
    // To make a counter-example smaller would start babeltrace2 for hours: that is for people, by its seed.
    let traces = 0;
    for await (const _ of readBacks(Date.now() % 2 ** 31, 1000)) if (++traces === runs(25)) break;
  },
);

Deno.test("babeltrace2 finds the metadata it was given", { ignore }, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace();
    trace.tracepoint("t", u8("event"), string("msg"));
    trace.consume(directory).close();
    const expected = new TextDecoder().decode(trace.registry.metadata(0));
    assertEquals(babeltraceMetadata(directory).trim(), expected.trim());
    const { events, exitCode } = await babeltrace(directory);
    assertEquals([events, exitCode], [[], 0]);
  });
});

Deno.test("each type is shown as it should be, field by field", { ignore }, async () => {
  await withDirectory(async (directory) => {
    const context = [u32("cpu_id"), string("worker_name")];
    const env = { hostname: "a-host" };
    const offsetNs = 1_700_000_000_000_000_000n;
    using trace = new TestTrace({ contextFields: context, context: [3, "wörker"], env, offsetNs });
    const fields = [
      u8("u8"),
      hex(i16("hex")),
      i64("i64"),
      u64("u64"),
      f32("f32"),
      f64("f64"),
      bool("yes"),
      bool("no"),
      string("text"),
      enumeration("known", i64, { "least\n": -(2n ** 63n), most: 2n ** 63n - 1n }),
      enumeration("unknown", u8, { one: 1 }),
      enumeration("all", u64, { all: 2n ** 64n - 1n }),
      array(hex(u8("mac")), 3),
      sequence(string("names")),
      struct("s", u8("x"), sequence(struct("q", bool("b"), array(f64("w"), 2)))),
    ] as const;
    trace.time = 5 * 2 ** 32;
    const tracepoint = trace.tracepoint({ name: "all", loglevel: "warning" }, ...fields);
    const escapes = '"quoted" \\ \n\r\t\x01\x1b\x7f\x80 äß€😀 { } [0] = , ';
    tracepoint(
      255,
      -2,
      -(2n ** 63n),
      2n ** 64n - 1n,
      1.5,
      -1e300,
      true,
      false,
      escapes,
      "least\n",
      99,
      "all",
      [1, 0xab, 255],
      ["", "b"],
      { x: 1, q: [{ b: true, w: [NaN, -Infinity] }] },
    );
    trace.consume(directory).close();
    const { events: [event] } = await babeltrace(directory);
    assertEquals(event, {
      timestampNs: offsetNs + 5n * 2n ** 32n,
      host: "a-host",
      loglevel: "TRACE_WARNING (4)",
      name: "all",
      packetContext: { cpu_id: 0 },
      eventContext: { cpu_id: 3, worker_name: "wörker" },
      fields: {
        u8: 255,
        hex: 0xfffe,
        i64: -(2n ** 63n),
        u64: 2n ** 64n - 1n,
        f32: 1.5,
        f64: -1e300,
        yes: { label: "true", value: 1 },
        no: { label: "false", value: 0 },
        text: escapes,
        known: { label: "least\n", value: -(2n ** 63n) },
        unknown: { label: null, value: 99 },
        all: { label: "all", value: 2n ** 64n - 1n },
        mac: [1, 0xab, 255],
        _names_length: 2,
        names: ["", "b"],
        s: {
          x: 1,
          _q_length: 1,
          q: [{ b: { label: "true", value: 1 }, w: [NaN, -Infinity] }],
        },
      },
    });
  });
});

Deno.test("any name and any label is read back", { ignore }, async () => {
  await withDirectory(async (directory) => {
    const names = fc.sample(text, { numRuns: 200, seed: 7 });
    // A name ends where babeltrace2's own text goes on, and text in metadata ends at U+0000.
    const unlike = (one: string): boolean => one !== "" && !one.includes("\0");
    const given = [
      ...new Set([...NAMES, ...names.filter(unlike)].map((one) => one.toWellFormed())),
    ];
    using trace = new TestTrace({ subbufSize: 2 ** 20 });
    for (const name of given) {
      const label = enumeration("label", u8, { [name]: 1 });
      trace.tracepoint(name, label, string("text"))(name as never, name);
    }
    trace.consume(directory).close();
    const { events, exitCode, stderr } = await babeltrace(directory);
    assertEquals([events.length, exitCode], [given.length, 0], stderr);
    for (const [i, name] of given.entries()) {
      assertEquals(events[i].name, name);
      assertEquals(events[i].fields, { label: { label: name, value: 1 }, text: name });
    }
  });
});

Deno.test(
  "1,000 tracepoints declared while events are written are all read",
  { ignore },
  async () => {
    await withDirectory(async (directory) => {
      using trace = new TestTrace();
      const consumed = trace.consume(directory);
      for (let i = 0; i < 1000; i++) {
        trace.tracepoint(`t:${i}`, u32("n"), string("text"), array(u8("pad"), i % 40 + 1))(
          i,
          `x${i}`,
          [],
        );
        if (i % 10 === 9) consumed.drain();
      }
      consumed.close();
      const { events, exitCode, discarded } = await babeltrace(directory);
      assertEquals([events.length, exitCode, discarded], [1000, 0, []]);
      const found = events.map(({ name, fields: { n, text } }) => [name, n, text]);
      assertEquals(found, Array.from({ length: 1000 }, (_, i) => [`t:${i}`, i, `x${i}`]));
    });
  },
);

Deno.test("fields whose names differ by underscores are told apart", { ignore }, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace();
    const fields = [
      u8("x"),
      u8("_x"),
      u8("__x"),
      u8("a_length"),
      sequence(u8("a")),
      u8("__a_length"),
    ] as const;
    trace.tracepoint("t", ...fields, struct("s", u8("_"), u8("__")))(1, 2, 3, 4, [5], 6, {
      _: 7,
      __: 8,
    });
    trace.consume(directory).close();
    const { events: [event], stderr } = await babeltrace(directory);
    const s = { _: 7, __: 8 };
    const expected = { x: 1, _x: 2, __x: 3, a_length: 4, _a_length: 1, a: [5], __a_length: 6, s };
    assertEquals(event?.fields, expected, stderr);
  });
});
