/*
 * Arguments that are code: what is called while they are converted may do anything, as long as it is
 * before a slot is reserved.
 */
import {
  array,
  enumeration,
  f64,
  i64,
  sequence,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "@ltt/relay/ctf";
import { assertEquals, assertThrows } from "@std/assert";
import { TestTrace } from "./support.ts";

/** An object that is that number, or text, once `before` is done. */
function when(value: unknown, before: () => void): never {
  const convert = (): unknown => {
    before();
    return value;
  };
  return { valueOf: convert, toString: convert } as never;
}

const inner = [string("text"), sequence(u16("numbers")), u8("last")] as const;

/** A trace with a tracepoint to record from within arguments of others. */
function nesting(subbufSize?: number) {
  const trace = new TestTrace(subbufSize ? { subbufSize } : {});
  const nested = trace.tracepoint("inner", ...inner);
  return { trace, nested: () => nested("nested", [1, 2, 3], 255) };
}

const NESTED = { text: "nested", numbers: [1, 2, 3], last: 255 };

for (
  const [what, field, value, read] of [
    ["u8", u8("x"), 7, 7],
    ["u32", u32("x"), -1, 2 ** 32 - 1],
    ["u64", u64("x"), 2 ** 40, 2n ** 40n],
    ["i64", i64("x"), -(2 ** 40), -(2n ** 40n)],
    ["f64", f64("x"), 1.5, 1.5],
    ["string", string("x"), "text of the outer", "text of the outer"],
    ["a long string", string("x"), "€".repeat(100), "€".repeat(100)],
  ] as const
) {
  Deno.test(`an event recorded while ${what} is converted is whole, and the outer one too`, () => {
    const { trace, nested } = nesting();
    using _ = trace;
    const outer = [
      string("a"),
      sequence(string("b")),
      field,
      array(u16("c"), 2),
      struct("s", { ...field, name: "y" }, string("t")),
      sequence({ ...field, name: "q" }),
      string("z"),
    ] as const;
    const tracepoint = trace.tracepoint("outer", ...outer) as unknown as (...a: unknown[]) => void;
    const asked = when(value, nested);
    tracepoint(
      "first",
      ["p", "q", "r"],
      asked,
      [5, 6],
      { y: asked, t: "in" },
      [asked, asked],
      "last",
    );
    const events = trace.events([{ id: 0, fields: inner }, { id: 1, fields: outer }]);
    assertEquals(events.map(({ id }) => id), [0, 0, 0, 0, 1]);
    for (const { fields } of events.slice(0, 4)) assertEquals(fields, NESTED);
    assertEquals(events[4].fields, {
      a: "first",
      b: ["p", "q", "r"],
      x: read,
      c: [5, 6],
      s: { y: read, t: "in" },
      q: [read, read],
      z: "last",
    });
  });
}

Deno.test("an event recorded within itself, three deep, is whole each time", () => {
  using trace = new TestTrace({ subbufSize: 2 ** 16 });
  const fields = [string("text"), sequence(string("more")), u32("depth"), string("end")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const record = (depth: number): void => {
    const more = Array.from({ length: 30 }, (_, i) => `${depth}.${i}`);
    more[15] = when("middle", () => depth < 3 && record(depth + 1));
    tracepoint(`text ${depth}`, more, depth, `end ${depth}`);
  };
  record(0);
  const read = trace.events([{ id: 0, fields }]).map(({ fields }) => fields);
  const expected = [3, 2, 1, 0].map((depth) => ({
    text: `text ${depth}`,
    more: Array.from({ length: 30 }, (_, i) => i === 15 ? "middle" : `${depth}.${i}`),
    depth,
    end: `end ${depth}`,
  }));
  assertEquals(read, expected);
});

Deno.test("an event that grows the memory for another one's arguments harms neither", () => {
  const { trace } = nesting(2 ** 21);
  using _ = trace;
  const fields = [sequence(u8("a")), string("b")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const large = Array.from({ length: 400_000 }, (_, i) => i);
  const asked = when(9, () => tracepoint(large, "y".repeat(300_000)));
  tracepoint([1, 2, asked, 4], "outer");
  const [first, second] = trace.events([{ id: 1, fields }]).map(({ fields }) => fields);
  assertEquals(first, { a: large.map((n) => n & 255), b: "y".repeat(300_000) });
  assertEquals(second, { a: [1, 2, 9, 4], b: "outer" });
});

Deno.test("an event of more short texts than there is memory at first is whole", () => {
  using trace = new TestTrace({ subbufSize: 2 ** 20 });
  const fields = [sequence(string("texts")), string("last")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const texts = Array.from({ length: 40_000 }, (_, i) => `${i}`.repeat(1 + i % 4));
  tracepoint(texts, "last");
  assertEquals(trace.events([{ id: 0, fields }])[0].fields, { texts, last: "last" });
});

Deno.test("an argument that throws leaves nothing, and events go on", () => {
  const { trace, nested } = nesting();
  using _ = trace;
  const fields = [string("a"), sequence(string("b")), u32("c"), string("d")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const thrown = new Error("no");
  const bad = when(0, () => {
    nested();
    throw thrown;
  });
  const calls: (() => void)[] = [
    () => tracepoint(bad, [], 1, "x"),
    () => tracepoint("x", ["p", bad], 1, "x"),
    () => tracepoint("x", ["p"], bad, "x"),
    () => tracepoint("x", ["p"], 1, bad),
  ];
  for (const [i, call] of calls.entries()) {
    assertEquals(assertThrows(call), thrown);
    assertEquals(trace.ring.writer.hasOpenSlot, false);
    tracepoint("good", ["q", "r"], i, "y");
  }
  const events = trace.events([{ id: 0, fields: inner }, { id: 1, fields }]);
  const expected = [0, 1, 2, 3].flatMap((c) => [NESTED, { a: "good", b: ["q", "r"], c, d: "y" }]);
  assertEquals(events.map(({ fields }) => fields), expected);
  assertEquals([trace.state.events[1], trace.lost], [4, {}]);
});

for (const nothing of [null, undefined]) {
  Deno.test(`struct() and arrays refuse ${nothing} before anything is reserved`, () => {
    using trace = new TestTrace();
    const s = trace.tracepoint("s", string("t"), struct("s", u8("x"), string("y")));
    const a = trace.tracepoint("a", array(u8("x"), 2));
    const q = trace.tracepoint("q", sequence(struct("x", u8("y"))));
    assertThrows(() => s("t", nothing as never), TypeError);
    assertThrows(() => a(nothing as never), TypeError);
    assertThrows(() => q(nothing as never), TypeError);
    assertThrows(() => q([{ y: 1 }, nothing as never]), TypeError);
    assertEquals([trace.ring.writer.hasOpenSlot, trace.packets(), trace.lost], [false, [], {}]);
  });
}

Deno.test("struct() reads each property once, in the order of the fields", () => {
  using trace = new TestTrace();
  const fields = [
    struct(
      "s",
      u8("a"),
      string("b"),
      enumeration("c", u8, { x: 1, y: 2 }),
      struct("d", u64("e"), string("f")),
      sequence(string("g")),
    ),
    sequence(struct("t", string("b"), enumeration("c", u8, { x: 1, y: 2 }))),
    sequence(enumeration("u", u8, { x: 1 })),
  ] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const read: string[] = [];
  const logged = <T extends object>(path: string, object: T): T =>
    new Proxy(object, {
      get(target, key) {
        if (typeof key === "string") read.push(`${path}${key}`);
        return Reflect.get(target, key);
      },
    });
  tracepoint(
    logged("s.", { a: 1, b: "text", c: "y", d: logged("d.", { e: 5n, f: "f" }), g: ["h"] }),
    [logged("t.", { b: "b", c: "x" })],
    logged("u.", ["x"] as const),
  );
  const expected = [
    "s.a",
    "s.b",
    "s.c",
    "s.d",
    "d.e",
    "d.f",
    "s.g",
    "t.b",
    "t.c",
    "u.length",
    "u.0",
  ];
  assertEquals(read, expected);
});

Deno.test("struct() takes a property that is text the first time it is read only", () => {
  using trace = new TestTrace();
  const fields = [struct("s", string("text"), u32("after"))] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  let reads = 0;
  const text = { length: 5, charCodeAt: () => 0x41, includes: () => false };
  tracepoint({
    get text() {
      return (reads++ === 0 ? "text" : text) as string;
    },
    after: 7,
  });
  assertEquals(trace.events([{ id: 0, fields }])[0].fields, { s: { text: "text", after: 7 } });
});

Deno.test("a sequence that says it is endless is lost, and is not gone through", () => {
  using trace = new TestTrace();
  const fields = [
    sequence(u8("a")),
    sequence(struct("b", sequence(string("c")))),
    string("d"),
  ] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const endless = { length: 2 ** 32 - 1 };
  tracepoint(endless, [], "");
  tracepoint([], [{ c: endless }], "");
  tracepoint(
    [],
    [{ c: ["x".repeat(5000), "y".repeat(100), "z".repeat(9000)] }, { c: endless }],
    "x",
  );
  assertEquals([trace.lost, trace.state.lost[0], trace.packets()], [{ big: 3 }, 3, []]);
  tracepoint([1], [{ c: ["x"] }], "d");
  assertEquals(trace.events([{ id: 0, fields }])[0].fields, { a: [1], b: [{ c: ["x"] }], d: "d" });
});

Deno.test("an argument that stops the tracing while it is converted loses the event, counted", () => {
  using trace = new TestTrace();
  const tracepoint = trace.tracepoint("t", u8("x"));
  tracepoint(when(1, () => trace.tracer.stream.detach()));
  assertEquals([trace.registry.unattached, trace.packets()], [1, []]);
});
