import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  array,
  bool,
  enumeration,
  f32,
  f64,
  type FieldLike,
  i16,
  i32,
  i64,
  i8,
  sequence,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "@ltt/relay/ctf";
import type { TracepointOf } from "@ltt/relay/trace";
import { argumentsOf, bigint, fields, number } from "./arbitrary.ts";
import type { Decoded } from "./decode.ts";
import { stored, storedFields } from "./stored.ts";
import { runs, TestTrace } from "./support.ts";

/** Records one value in a field, also as a member of a struct and an element of arrays. */
function recorder(one: FieldLike) {
  const trace = new TestTrace();
  const fields = [
    one,
    struct("s", one),
    array({ ...one, name: "a" }, 2),
    sequence({ ...one, name: "q" }),
  ];
  const tracepoint = trace.tracepoint("t:one", ...fields);
  const { id } = tracepoint;
  return {
    trace,
    record(value: unknown): Record<string, Decoded> {
      tracepoint(
        value as never,
        { [one.name]: value } as never,
        [value, value] as never,
        [value] as never,
      );
      const [event, ...others] = trace.events([{ id, fields }]);
      assertEquals(others, []);
      return event.fields;
    },
    expected(value: unknown): Record<string, Decoded> {
      const once = stored(one.type, value);
      return { [one.name]: once, s: { [one.name]: once }, a: [once, once], q: [once] };
    },
  };
}

for (const make of [u8, u16, u32, u64, i8, i16, i32, i64, f32, f64] as const) {
  Deno.test(`${make.name}() stores any number as a typed array would`, () => {
    const { trace, record, expected } = recorder(make("x"));
    using _ = trace;
    fc.assert(
      fc.property(number, (value) => assertEquals(record(value), expected(value))),
      { numRuns: runs(300) },
    );
  });

  Deno.test(`${make.name}() takes for a number what a typed array takes for one`, () => {
    const { trace, record, expected } = recorder(make("x"));
    using _ = trace;
    for (
      const value of ["12", " 0x10 ", "", "x", null, undefined, true, [], [7], {}, new Date(5)]
    ) {
      assertEquals(record(value), expected(value), `${Deno.inspect(value)}`);
    }
  });

  Deno.test(`${make.name}() refuses a symbol, as a typed array does, and records nothing`, () => {
    const { trace, record } = recorder(make("x"));
    using _ = trace;
    assertThrows(() => record(Symbol("x")), TypeError);
    assertThrows(() => record(Object.create(null)), TypeError);
    assertEquals([trace.state.events[0], trace.packets()], [0, []]);
  });
}

for (const make of [u64, i64] as const) {
  Deno.test(`${make.name}() stores any bigint as a typed array would`, () => {
    const { trace, record, expected } = recorder(make("x"));
    using _ = trace;
    fc.assert(
      fc.property(bigint, (value) => assertEquals(record(value), expected(value))),
      { numRuns: runs(300) },
    );
  });
}

for (const make of [u8, u16, u32, i8, i16, i32, f32, f64] as const) {
  Deno.test(`${make.name}() refuses a bigint, as a typed array does`, () => {
    const { trace, record } = recorder(make("x"));
    using _ = trace;
    assertThrows(() => record(1n), TypeError);
    assertEquals([trace.state.events[0], trace.packets()], [0, []]);
  });
}

Deno.test("bool() stores whether something is truthy", () => {
  const { trace, record } = recorder(bool("x"));
  using _ = trace;
  for (const value of [true, false, 0, -0, NaN, 1, "", "false", null, undefined, 0n, 2n, [], {}]) {
    const once = value ? 1 : 0;
    const expected = { x: once, s: { x: once }, a: [once, once], q: [once] };
    assertEquals(record(value), expected, Deno.inspect(value));
  }
});

Deno.test("enumeration() stores the value of a label, and a value as its container would", () => {
  const labels = { least: -(2n ** 63n), most: 2n ** 63n - 1n, one: 1, "1": 2 };
  const { trace, record, expected } = recorder(enumeration("x", i64, labels));
  using _ = trace;
  for (const value of [...Object.keys(labels), 1, 5, -1, 2n ** 63n, 2 ** 63, 1.5, NaN]) {
    assertEquals(record(value), expected(value), `${value}`);
  }
  assertEquals(record("least").x, -(2n ** 63n));
});

Deno.test("enumeration() stores values up to the highest of 64 bits", () => {
  const { trace, record } = recorder(
    enumeration("x", u64, { all: 2n ** 64n - 1n, high: 2n ** 63n }),
  );
  using _ = trace;
  assertEquals([record("all").x, record("high").x], [2n ** 64n - 1n, 2n ** 63n]);
});

for (const make of [u8, i8, u16, i16, u32, i32] as const) {
  Deno.test(`enumeration() of ${make.name} stores any number as a typed array would`, () => {
    const { trace, record, expected } = recorder(enumeration("x", make, { a: 1, b: 100 }));
    using _ = trace;
    fc.assert(
      fc.property(
        fc.oneof(number, fc.constantFrom("a", "b")),
        (value) => assertEquals(record(value), expected(value)),
      ),
      { numRuns: runs(100) },
    );
  });
}

Deno.test("enumeration() refuses a label there is not, with the path of the field", () => {
  using trace = new TestTrace();
  const state = enumeration("state", u8, { on: 1 });
  const plain = trace.tracepoint("plain", state);
  const nested = trace.tracepoint("nested", struct("s", sequence(state)));
  const refusal = (path: string) => `Cannot record "${path}": it has no label "toString"`;
  assertThrows(() => plain("toString" as never), RangeError, refusal("state"));
  assertThrows(
    () => nested({ state: ["on", "toString" as never] }),
    RangeError,
    refusal("s.state[]"),
  );
  assertEquals(trace.packets(), []);
  plain("on");
  assertEquals(trace.events([{ id: plain.id, fields: [state] }])[0].fields, { state: 1 });
});

Deno.test("array() writes what is not given as undefined, and leaves out what is too much", () => {
  using trace = new TestTrace();
  const fields = [
    array(u8("a"), 3),
    array(f64("b"), 2),
    array(string("c"), 2),
    array(bool("d"), 2),
    array(enumeration("e", i8, { x: 1 }), 2),
    u16("last"),
  ];
  const tracepoint = trace.tracepoint("t", ...fields) as unknown as (...values: unknown[]) => void;
  tracepoint([1, 2, 3, 4, 5], [1, 2, 3], ["x", "y", "z"], [true, true, true], ["x", "x", "x"], 7);
  tracepoint([1], [], [], [true], [], 8);
  tracepoint({ 1: 5 }, { 0: 1 }, "äb", "x", "x".split(""), 9);
  const read = trace.events([{ id: 0, fields }]).map(({ fields }) => Object.values(fields));
  assertEquals(read, [
    [[1, 2, 3], [1, 2], ["x", "y"], [1, 1], [1, 1], 7],
    [[1, 0, 0], [NaN, NaN], ["undefined", "undefined"], [1, 0], [0, 0], 8],
    [[0, 5, 0], [1, NaN], ["ä", "b"], [1, 0], [1, 0], 9],
  ]);
});

Deno.test("sequence() writes as many elements as the array-like says it has", () => {
  using trace = new TestTrace();
  const fields = [sequence(i32("a")), sequence(string("b")), u16("last")];
  const tracepoint = trace.tracepoint("t", ...fields) as unknown as (...values: unknown[]) => void;
  tracepoint([], [], 7);
  tracepoint(Int32Array.of(-1, 2), { length: 2, 0: "x" }, 8);
  tracepoint({ length: "2", 1: 3 }, { length: 1.9 }, 9);
  tracepoint({}, { length: NaN }, 10);
  const read = trace.events([{ id: 0, fields }]).map(({ fields }) => Object.values(fields));
  assertEquals(read, [
    [[], [], 7],
    [[-1, 2], ["x", "undefined"], 8],
    [[0, 3], ["undefined"], 9],
    [[], [], 10],
  ]);
});

Deno.test("any fields are read back as they were given, whatever they are", () => {
  const anything = fields.chain((fields) =>
    fc.tuple(fc.constant(fields), fc.array(argumentsOf(fields), { minLength: 1, maxLength: 4 }))
  );
  using trace = new TestTrace({ subbufSize: 2 ** 20 });
  let next = 0;
  const property = fc.property(anything, ([fields, given]) => {
    // Nothing is left of a run that failed.
    trace.packets();
    const tracepoint = trace.tracepoint(`t${next++}`, ...fields) as TracepointOf<FieldLike[]>;
    for (const values of given) {
      tracepoint(...fields.map(({ name }) => values[name] as never));
    }
    const events = trace.events([{ id: tracepoint.id, fields }]);
    assertEquals(events.map(({ fields }) => fields), given.map((one) => storedFields(fields, one)));
    assertEquals(trace.lost, {});
    // What the statistics say of the bytes is what there is.
    assertEquals(trace.state.events[tracepoint.id], given.length);
  });
  fc.assert(property, { numRuns: Math.min(runs(400), 1500) });
});

Deno.test("the bytes counted for a tracepoint are those of its events", () => {
  using trace = new TestTrace();
  const fields = [u16("a"), string("b"), sequence(u8("c")), struct("d", f32("e"), string("f"))];
  const tracepoint = trace.tracepoint("t", ...fields) as unknown as (...values: unknown[]) => void;
  const { id } = trace.tracer.tracepoint("t", ...fields);
  tracepoint(1, "ä€", [1, 2, 3], { e: 1, f: "xyz" });
  tracepoint(1, "", [], { e: 1, f: "" });
  const [{ info }] = trace.packets();
  const { events, bytes } = trace.state;
  assertEquals(events[id] * trace.registry.sizeOf(id) + bytes[id], info.contentSize - 84);
});
