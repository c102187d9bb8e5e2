import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { EnumClass } from "../../../relay/ctf/tsdl/field_class.ts";
import { EnumValue, type FieldValues } from "../../../relay/ctf/reader/trace_event.ts";
import { JsonText } from "../../../relay/view/json_text.ts";
import { event, integerClass, structClass } from "./support.ts";

const text = new JsonText(1_700_000_000_000_000_005n);

Deno.test("event() makes a line of JSON", () => {
  const one = event("http:server_response", 2_500_000_001, { status: 200, url: '/"a"' });
  assertEquals(
    text.event(one),
    '{"time":"1700000002500000006","s":2.500000001,"event":"http:server_response","cpu":0,' +
      '"fields":{"status":200,"url":"/\\"a\\""}}\n',
  );
});

Deno.test("event() of what has no fields, no CPU and contexts", () => {
  const one = event("e", 0, {}, { cpu: -1, context: { a: 1 }, streamContext: { b: "x" } });
  assertEquals(
    text.event(one),
    '{"time":"1700000000000000005","s":0.000000000,"event":"e","cpu":null,' +
      '"context":{"b":"x","a":1},"fields":{}}\n',
  );
});

Deno.test("event() keeps all digits of integers", () => {
  const line = text.event(event("e", 0, { big: 2n ** 64n - 1n, low: -(2n ** 63n) }));
  assertEquals(line.includes('"big":18446744073709551615,"low":-9223372036854775808'), true);
});

Deno.test("event() leaves out the lengths of sequences, and shows labels", () => {
  const one = event("e", 0, { _list_length: 2, list: [1, 2], on: new EnumValue(["true"], 1) });
  const fields = structClass({
    _list_length: integerClass(),
    list: {
      kind: "sequence",
      element: integerClass(),
      length: { scope: "event fields", names: ["_list_length"] },
    },
    on: { kind: "enumeration", container: integerClass(), mappings: [] },
  });
  const line = text.event({ ...one, class: { ...one.class, fields } });
  assertEquals(JSON.parse(line).fields, { list: [1, 2], on: "true" });
});

Deno.test("event() says true or false of a bool, wherever it is, and of no other enumeration", () => {
  const labels = (...all: string[]): EnumClass => ({
    kind: "enumeration",
    container: integerClass({ size: 8, signed: false }),
    mappings: all.map((label, i) => ({ label, first: BigInt(i), last: BigInt(i) })),
  });
  const bool = labels("false", "true");
  const [yes, no] = [new EnumValue(["true"], 1), new EnumValue(["false"], 0)];
  const fields = structClass({
    on: bool,
    odd: bool,
    list: { kind: "array", element: bool, length: 2 },
    at: structClass({ on: bool, n: integerClass({ base: 16 }) }),
    swapped: labels("true", "false"),
    more: labels("false", "true", "maybe"),
    signed: { ...bool, container: integerClass({ size: 8 }) },
  });
  const values = {
    on: yes,
    odd: new EnumValue([], 7),
    list: [no, yes],
    at: { on: no, n: 31 },
    swapped: yes,
    more: yes,
    signed: yes,
  };
  const one = event("e", 0, values, { context: { on: no } });
  const context = structClass({ on: bool });
  const line = JSON.parse(text.event({ ...one, class: { ...one.class, fields, context } }));
  assertEquals(line.context, { on: false });
  assertEquals(line.fields, {
    on: true,
    odd: 7,
    list: [false, true],
    at: { on: false, n: 31 },
    swapped: "true",
    more: "true",
    signed: "true",
  });
});

Deno.test("lost() makes a line of JSON", () => {
  assertEquals(
    text.lost({ cpu: 1, begin: 1, end: 2e9, count: 3 }),
    '{"lost":3,"cpu":1,"from":0.000000001,"to":2.000000000}\n',
  );
});

Deno.test("event() is JSON on one line, of the same values, whatever they are", () => {
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.integer(),
      fc.array(tie("value")),
      fc.dictionary(fc.string(), tie("value")),
    ),
  })).value;
  fc.assert(fc.property(fc.string({ unit: "binary", minLength: 1 }), value, (name, given) => {
    const fields = { given } as FieldValues;
    const one = event(name, 0, fields);
    const anyClass = structClass({
      given: { kind: "variant", tag: { scope: "event fields", names: [] }, options: [] },
    });
    const line = text.event({ ...one, class: { ...one.class, fields: anyClass } });
    assertEquals(line.indexOf("\n"), line.length - 1);
    const parsed = JSON.parse(line);
    assertEquals(parsed.event, name.toWellFormed() === name ? name : parsed.event);
    assertEquals(parsed.fields.given, asJson(given));
  }));
});

/** What JSON has no number for is text. */
function asJson(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : `${value}`;
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asJson(one)]));
}

Deno.test("JsonText escapes what moves a terminal's cursor or turns its direction", () => {
  const harmful = "a\x1b\x7f\x9b31m\u202e\u2028ä€";
  const line = new JsonText(0n).event(event(`e${harmful}`, 0, { text: harmful }));
  assertEquals(/[^ -~ä€\n]/.exec(line), null);
  const { event: name, fields } = JSON.parse(line);
  assertEquals([name, fields.text], [`e${harmful}`, harmful]);
});
