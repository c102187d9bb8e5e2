import {
  bool,
  enumeration,
  i64,
  LOGLEVELS,
  sequence,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "@ltt/relay/ctf";
import { Registry } from "../../../relay/trace/registry.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { LOST } from "../../../relay/ring/control.ts";
import { TestTrace } from "./support.ts";

/** Where the ring counts the events that are too long: the third cause. */
const LOST_BIG_WORD = LOST + 2;

Deno.test("Tracer.tracepoint() refuses declarations that are wrong, and declares nothing", () => {
  using trace = new TestTrace();
  const { tracer: { tracepoint: _ }, registry } = trace;
  const cases: [() => unknown, string][] = [
    [() => trace.tracepoint(""), "Cannot declare a tracepoint: it has no name"],
    [() => trace.tracepoint({ name: "" }), "Cannot declare a tracepoint: it has no name"],
    [() => trace.tracepoint({} as never), "Cannot declare a tracepoint: it has no name"],
    [() => trace.tracepoint({ name: 5 as never }), "Cannot declare a tracepoint: it has no name"],
    [
      () => trace.tracepoint({ name: "t", loglevel: "loud" as never }),
      'Cannot declare tracepoint "t": there is no log level "loud"',
    ],
    [
      () => trace.tracepoint({ name: "t", loglevel: "toString" as never }),
      'Cannot declare tracepoint "t": there is no log level "toString"',
    ],
    [
      () => trace.tracepoint("t", u8("a"), u16("a")),
      'Cannot make tracepoint "t": it has two fields "a"',
    ],
    [
      () => trace.tracepoint("t", sequence(u8("a")), u8("_a_length")),
      'Cannot make tracepoint "t": it has two fields "_a_length"',
    ],
  ];
  for (const [declare, message] of cases) assertThrows(declare, TypeError, message);
  assertEquals(registry.count, 0);
});

Deno.test("Tracer.tracepoint() returns the same function for the same declaration", () => {
  using trace = new TestTrace();
  const first = trace.tracepoint("t", u8("a"));
  assert(trace.tracepoint("t", u8("a")) === first);
  assert(trace.tracepoint({ name: "t", loglevel: "debug_line" }, u8("a")) === first);
  assertThrows(() => trace.tracepoint("t", u16("a")), TypeError, "declared with other fields");
  assertThrows(() => trace.tracepoint({ name: "t", loglevel: "err" }, u8("a")), TypeError);
  const other = trace.newTracer().tracepoint("t", u8("a"));
  assert(other !== first);
  assertEquals([first.id, other.id, first.length], [0, 0, 1]);
});

Deno.test("Tracer.tracepoint() converts as each declaration says, though the trace tells no difference", () => {
  using trace = new TestTrace();
  const labels = { false: 0, true: 1 };
  const truth = trace.tracepoint("t", bool("a"));
  const label = trace.tracepoint("t", enumeration("a", u8, labels));
  assertEquals([truth.id, label.id], [0, 0]);
  truth(5 as never);
  label(5);
  label("true");
  truth("" as never);
  const read = trace.events([{ id: 0, fields: [u8("a")] }]).map(({ fields: { a } }) => a);
  assertEquals(read, [1, 5, 1, 0]);
  assertEquals(trace.state.events[0], 4);
  assert(trace.tracepoint("t", bool("a")) === truth);
  assert(trace.tracepoint("t", enumeration("a", u8, { ...labels })) === label);
});

Deno.test("Tracer.tracepoint() looks labels up as each declaration spells them", () => {
  using trace = new TestTrace();
  const one = trace.tracepoint("t", enumeration("a", u8, { "\ud800": 3 }));
  const other = trace.tracepoint("t", enumeration("a", u8, { "\ufffd": 3 }));
  one("\ud800");
  other("\ufffd");
  assertEquals(trace.state.events[0], 2);
});

Deno.test("Tracer.tracepoint() puts the log level in the metadata, by its name", () => {
  using trace = new TestTrace();
  for (const [name, level] of Object.entries(LOGLEVELS)) {
    trace.tracepoint({ name, loglevel: name as keyof typeof LOGLEVELS });
    const metadata = new TextDecoder().decode(trace.registry.metadata(0));
    assert(
      metadata.includes(
        `name = "${name}";\n\tid = ${level};\n\tstream_id = 0;\n\tloglevel = ${level};`,
      ),
    );
  }
});

Deno.test("a tracepoint records while it is enabled and the session records, and says so", () => {
  using trace = new TestTrace();
  const tracepoint = trace.tracepoint("http:request", u8("n"));
  const other = new Registry(trace.ram, trace.registryAddress);
  const steps: [() => void, boolean][] = [
    [() => {}, true],
    [() => other.disable("http:*"), false],
    [() => other.enable("http:request"), true],
    [() => other.active = false, false],
    [() => other.active = true, true],
    [() => other.enable("*", LOGLEVELS.info), false],
    [() => other.enable("*", LOGLEVELS.debug_line), true],
  ];
  for (const [n, [step, enabled]] of steps.entries()) {
    step();
    assertEquals(tracepoint.enabled, enabled, `step ${n}`);
    tracepoint(n);
  }
  const read = trace.events([{ id: 0, fields: [u8("n")] }]).map(({ fields: { n } }) => n);
  assertEquals(read, [0, 2, 4, 6]);
  assertEquals([trace.state.events[0], trace.state.lost[0], trace.registry.unattached], [4, 0, 0]);
});

Deno.test("a tracepoint that is disabled converts nothing", () => {
  using trace = new TestTrace();
  const tracepoint = trace.tracepoint("t", u8("n"), string("s"));
  trace.registry.disable("t");
  const never = (): never => {
    throw new Error("converted");
  };
  tracepoint({ valueOf: never } as never, { toString: never } as never);
  assertEquals(trace.time, 1, "nor does it read the clock");
});

Deno.test("an event of a thread without a CPU is lost, and counted by itself", () => {
  using trace = new TestTrace();
  const other = trace.newTracer();
  const tracepoint = other.tracepoint("t", u8("n"), string("s"));
  tracepoint(1, "x");
  tracepoint(2, "x");
  assertEquals([trace.registry.unattached, trace.lost, trace.packets()], [2, {}, []]);
});

Deno.test("losses beyond 2^32 are counted, though no packet is closed", () => {
  using trace = new TestTrace();
  const lost = trace.tracepoint("t", string("s"));
  const long = "x".repeat(5000);
  const { control } = trace.ring.memory;
  // The ring counts so many already; the tracer looks there from time to time.
  for (const count of [0, 2 ** 31, 2 ** 32 - 2 ** 17]) {
    control[LOST_BIG_WORD] = count;
    for (let i = 0; i < 2 ** 16; i++) lost(long);
  }
  for (let i = 0; i < 2 ** 17; i++) lost(long);
  const big = 2 ** 32 + 2 ** 16;
  assertEquals(trace.state.lostNow(() => trace.ring.lost), {
    full: 0,
    wrap: 0,
    big,
    nested: 0,
    torn: 0,
    offline: 0,
  });
});

Deno.test("contexts come before the fields of every event, and are read at each", () => {
  const contextFields = [u32("cpu_id"), string("worker_name"), struct("s", i64("x"), string("y"))];
  const context = [7, "main", { x: -1, y: "in" }];
  using trace = new TestTrace({ contextFields, context });
  const fields = [sequence(string("a")), u64("b")] as const;
  const first = trace.tracepoint("first", ...fields);
  const empty = trace.tracepoint("empty");
  first(["p", "q"], 5);
  empty();
  trace.tracer.context[1] = "renamed";
  first([], 6);
  const events = trace.events([{ id: 0, fields }, { id: 1, fields: [] }]);
  const shown = { cpu_id: 7, worker_name: "main", s: { x: -1n, y: "in" } };
  assertEquals(events.map(({ context, fields }) => [context, fields]), [
    [shown, { a: ["p", "q"], b: 5n }],
    [shown, {}],
    [{ ...shown, worker_name: "renamed" }, { a: [], b: 6n }],
  ]);
});

Deno.test("a tracepoint can have hundreds of fields", () => {
  using trace = new TestTrace({ subbufSize: 2 ** 16 });
  const fields = Array.from(
    { length: 500 },
    (_, i) => i % 3 === 0 ? string(`f${i}`) : u16(`f${i}`),
  );
  const record = trace.tracepoint("t", ...fields) as unknown as (...values: unknown[]) => void;
  record(...fields.map((_, i) => i));
  const expected = Object.fromEntries(
    fields.map(({ name }, i) => [name, i % 3 === 0 ? `${i}` : i]),
  );
  assertEquals(trace.events([{ id: 0, fields }])[0].fields, expected);
});

Deno.test("names of fields and tracepoints do not get into the code that is made", () => {
  using trace = new TestTrace();
  const names = [
    "stream",
    "scratch",
    "view",
    "now",
    "tools",
    "at",
    "top",
    "base",
    "time",
    "a0",
    "v0",
    "__proto__",
  ];
  const fields = names.map((name) => string(name));
  const record = trace.tracepoint("`); throw 1; //", ...fields) as unknown as (
    ...values: string[]
  ) => void;
  record(...names);
  const [event] = trace.events([{ id: 0, fields }]);
  assertEquals(Object.values(event.fields), names.slice(0, -1).concat("__proto__"));
});

// Spans.

Deno.test("Tracer.span() records a begin and an end with the same number", () => {
  using trace = new TestTrace();
  const fields = [string("path"), u16("size")] as const;
  const end = [u16("status"), bool("ok")] as const;
  const span = trace.tracer.span({ name: "http", loglevel: "info", end }, ...fields);
  const first = span("/a", 1);
  const second = span("/b", 2);
  second(200, true);
  first(404, false);
  const read = trace.events([
    { id: 0, fields: [u64("span"), ...fields] },
    { id: 1, fields: [u64("span"), ...end] },
  ]).map(({ id, fields }) => [id, Object.values(fields)]);
  assertEquals(read, [
    [0, [1n, "/a", 1]],
    [0, [2n, "/b", 2]],
    [1, [2n, 200, 1]],
    [1, [1n, 404, 0]],
  ]);
  assertEquals([trace.registry.nameOf(0), trace.registry.nameOf(1)], ["http_begin", "http_end"]);
});

Deno.test("Tracer.span() ends with `using`, its fields as if undefined were given", () => {
  using trace = new TestTrace();
  const span = trace.tracer.span({ name: "s", end: [u8("a"), string("b")] });
  {
    using _ = span();
  }
  const end = [u64("span"), u8("a"), string("b")];
  const [, event] = trace.events([{ id: 0, fields: [u64("span")] }, { id: 1, fields: end }]);
  assertEquals(event.fields, { span: 1n, a: 0, b: "undefined" });
});

Deno.test("Tracer.span() gives no number twice, in no thread", () => {
  using trace = new TestTrace();
  const others = [trace.tracer, trace.newTracer(), trace.newTracer()];
  const numbers = others.flatMap((tracer) => {
    trace.tracer.stream.detach();
    tracer.stream.attach(trace.ring.writer, trace.state);
    const [a, b] = [tracer.span("a"), tracer.span("b")];
    for (const span of [a, b, a]) span()();
    tracer.stream.detach();
    return trace.events([0, 1, 2, 3].map((id) => ({ id, fields: [u64("span")] })))
      .map(({ fields: { span } }) => span);
  });
  assertEquals(numbers.length, 18);
  assertEquals(new Set(numbers).size, 9, "each in one begin and one end");
});

Deno.test("Tracer.span() says whether begins or ends are recorded", () => {
  using trace = new TestTrace();
  const span = trace.tracer.span("s");
  assertEquals(span.enabled, true);
  trace.registry.disable("s_begin");
  assertEquals(span.enabled, true);
  trace.registry.disable("s_end");
  assertEquals(span.enabled, false);
  span()();
  assertEquals(trace.packets(), []);
});
