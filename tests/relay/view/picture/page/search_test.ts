import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  EnumValue,
  type FieldValues,
  type TraceEvent,
} from "../../../../../relay/ctf/reader/trace_event.ts";
import type { EventClass } from "../../../../../relay/ctf/tsdl/field_class.ts";
import { EventValues } from "../../../../../relay/view/event_values.ts";
import { expression } from "../../../../../relay/view/expression.ts";
import { ExpressionError } from "../../../../../relay/view/expression_tokens.ts";
import {
  findEvents,
  missingFields,
  question,
} from "../../../../../relay/view/picture/page/search.ts";
import { TraceData } from "../../../../../relay/view/picture/page/trace_data.ts";
import { PictureData } from "../../../../../relay/view/picture/picture_data.ts";
import type { PictureFacts } from "../../../../../relay/view/picture/picture_format.ts";
import { event, integerClass, oneTrace, structClass } from "../../support.ts";

const FACTS: PictureFacts = { title: "t", beginNs: "0", environments: {}, lives: [] };

const data = dataOf([
  event("http:server_request", 0, { request: 1, method: "GET", url: "/a b?x=1" }),
  event("http:server_response", 5e6, { request: 1, status: 200 }),
  event("http:server_request", 6e6, { request: 2, method: "POST", url: "/Slow" }, { cpu: 1 }),
  event("console:log", 7e6, { text: "request 2 waits, 404" }, { cpu: 1 }),
  event("http:server_response", 9e6, { request: 2, status: 500 }, { cpu: 1 }),
  event("id", 9e6, { id: 2n ** 63n }),
]);

function dataOf(events: readonly TraceEvent[]): TraceData {
  const collected = new PictureData();
  for (const one of events) collected.push(one);
  return new TraceData(collected.finish(FACTS));
}

const CASES: readonly (readonly [typed: string, found: readonly number[]])[] = [
  ["", []],
  ["  ", []],
  ["server_request", [0, 2]],
  ["SLOW", [2]],
  ["get", [0]],
  ["404", [3]],
  ["500", [4]],
  ["http 2", [2, 4]],
  ['"request 2"', [3]],
  ["'request 2'", [3]],
  ["request 2", [2, 3]],
  ['"request 2', [3]],
  ['"request" "2"', [2, 3]],
  ["status>=500", [4]],
  ["status<500", [1]],
  ["status!=200", [4]],
  ["status == 200", [1]],
  ["500 == status", [4]],
  ['url contains "/Sl"', [2]],
  ['url =~ "*S*w"', [2]],
  ['url=="/Slow"', [2]],
  ['url == "/slow"', []],
  ['url == "/a b?x=1"', [0]],
  ['method != "GET"', [2]],
  ["/a", [0]],
  ["b?x=1", [0]],
  ["cpu==1", [2, 3, 4]],
  ['cpu == 1 && "http"', [2, 4]],
  ['!"http"', [3, 5]],
  ['("404" || "get") && cpu == 0', [0]],
  ['name == "id"', [5]],
  ['name contains "response" && status >= 0', [1, 4]],
  ["duration>=5ms", [1]],
  ["duration>2.5ms", [1, 4]],
  ["!(duration > 1h)", [1, 4]],
  ["time >= 9ms", [4, 5]],
  ["id>=9000000000G", [5]],
  ["id == 9223372036854775808", [5]],
  ["9223372036854775808", [5]],
  ["cpu_id == 1", [2, 3, 4]],
  ["nothing>1", []],
  ["status > x", []],
  ["NaN", []],
  ["</script>", []],
];

for (const [typed, found] of CASES) {
  Deno.test(`findEvents() finds [${found}] for ${JSON.stringify(typed)}`, () => {
    const asked = question(typed);
    assertEquals(asked === null ? [] : [...findEvents(data, asked)], found);
  });
}

const WRONG: readonly (readonly [typed: string, problem: string])[] = [
  ["status >= ", "it ends where a field, a number or a text is expected"],
  ["status=500", '"=" means nothing'],
  ["url~slow", '"~" means nothing'],
  ["url contains /slow", '"/" means nothing'],
  [
    "http status>=500",
    'there is "status" where a comparison, == != < <= > >= =~ contains is expected',
  ],
  ['"http" && slow', "it ends where a comparison, == != < <= > >= =~ contains is expected"],
  ['url == "/slow', "the text has no end"],
];

for (const [typed, problem] of WRONG) {
  Deno.test(`question() refuses ${JSON.stringify(typed)}, which is meant for an expression`, () => {
    assertEquals(assertThrows(() => question(typed), ExpressionError).problem, problem);
  });
}

Deno.test("missingFields() names fields that no event has, and those that come near", () => {
  const missing = (typed: string): string[] => missingFields(data, question(typed)!);
  assertEquals(missing("statsu >= 500"), ['no event has a field "statsu"; there is status']);
  assertEquals(missing("dration > 1ms || cpu == dration"), [
    'no event has a field "dration"; there is duration',
  ]);
  assertEquals(missing("status.code == 1 && url[0] == 2"), [
    'no event has a field "status.code"',
    'no event has a field "url[0]"',
  ]);
  assertEquals(missing("method == GET && method != POST"), [
    'no event has a field "GET"; text stands in quotes',
    'no event has a field "POST"; text stands in quotes',
  ]);
  assertEquals(missing("status == fields.status || duration > time || cpu_id == cpu"), []);
  assertEquals(missing("server_request"), []);
});

/** Fields of any kind of class, and values of them. */
const FIELDS = structClass({
  number: integerClass(),
  text: { kind: "string", encoding: "utf8" },
  at: structClass({ x: integerClass(), deep: structClass({ y: integerClass() }) }),
  label: { kind: "enumeration", container: integerClass(), mappings: [] },
  _list_length: integerClass(),
  list: {
    kind: "sequence",
    element: integerClass(),
    length: { scope: "event fields", names: ["_list_length"] },
  },
  choice: { kind: "variant", tag: { scope: "event fields", names: [] }, options: [] },
});
const CONTEXT = structClass({ number: integerClass(), vtid: integerClass() });
const STREAM = structClass({ vtid: integerClass(), worker: { kind: "string", encoding: "utf8" } });
const PACKET = structClass({ cpu_id: integerClass(), mode: integerClass() });
const FITTING: EventClass = {
  name: "job_end",
  id: 0,
  streamId: 0,
  loglevel: null,
  context: CONTEXT,
  fields: FIELDS,
};
const BEGIN: EventClass = { ...FITTING, name: "job_begin", id: 1, fields: structClass({}) };

const integer = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2n ** 63n, 5_000_000));
/** Texts as they are read: what is no text in a trace has become U+FFFD there. */
const words = fc.constantFrom("", "a", "Ab", "ab/c", "3", "\ufffd", "😀");
const label = fc.tuple(fc.array(words, { maxLength: 2 }), integer)
  .map(([labels, value]) => new EnumValue(labels, value));
const randomEvent: fc.Arbitrary<TraceEvent> = fc.record({
  class: fc.constantFrom(FITTING, BEGIN),
  time: fc.nat(10),
  cpu: fc.integer({ min: -1, max: 2 }),
  context: fc.record({ number: integer, vtid: fc.nat(1) }),
  streamContext: fc.record({ vtid: fc.nat(1), worker: words }),
  mode: fc.nat(2),
  fields: fc.record({
    number: integer,
    text: words,
    at: fc.record({ x: integer, deep: fc.record({ y: integer }) }),
    label,
    list: fc.array(fc.oneof(integer, fc.constantFrom(NaN, -0, Infinity)), { maxLength: 3 }),
    choice: fc.oneof(fc.record({ a: integer }), fc.record({ b: fc.record({ c: words }) }), label),
  }).map((fields): FieldValues => ({ ...fields, _list_length: fields.list.length }) as FieldValues),
}).map(({ mode, ...one }) => ({
  ...one,
  packetContext: one.cpu < 0 ? { mode } : { cpu_id: one.cpu, mode },
  fields: one.class === BEGIN ? {} : one.fields,
}));

const path = fc.constantFrom(
  ..."name cpu time duration number text at at.x at.deep.y label list list[1] list[0].x".split(" "),
  ..."choice.a choice.b.c choice.b choice _list_length vtid worker mode cpu_id".split(" "),
  ..."context.number context.vtid context.mode context.cpu_id fields.number fields.vtid x".split(
    " ",
  ),
);
const literal = fc.constantFrom(
  ..."-3 0 1 2 3 5ms 9223372036854775808 true".split(" "),
  ..."'' 'a' 'Ab' '*b' 'ab/c' 'job_end' '3'".split(" "),
);
const operand = fc.oneof({ weight: 3, arbitrary: path }, literal);
const sign = fc.constantFrom("==", "!=", "<", "<=", ">", ">=", "=~", "contains");
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(path, sign, operand).map((parts) => parts.join(" ")),
    fc.constantFrom("'a'", "'B'", "'3'", "'5ms'", "'job_b'", "'nan'"),
    tie("condition").map((one) => `!(${one})`),
    fc.tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"))
      .map(([left, join, right]) => `(${left}) ${join} (${right})`),
  ),
}));

Deno.test("missingFields() knows structures and what is in values, as --where does", () => {
  const one = event("job_end", 0, {}, { class: FITTING, context: { number: 1, vtid: 1 } });
  const fields = { number: 1, text: "a", at: { x: 1, deep: { y: 2 } }, list: [], _list_length: 0 };
  const label = new EnumValue([], 1);
  const picture = dataOf([{ ...one, fields: { ...fields, label, choice: { a: 1 } } }]);
  const missing = (typed: string): string[] => missingFields(picture, question(typed)!);
  assertEquals(missing("at == 1 || at.deep == 2 || list[7] == 1 || choice.a == 1"), []);
  assertEquals(missing("at.de == 1 || number.x == 2"), [
    'no event has a field "at.de"; there is at.deep.y',
    'no event has a field "number.x"; there is number',
  ]);
});

Deno.test("findEvents() finds what --where chooses, whatever the expression and the events", () => {
  const origin = { ...oneTrace(FITTING), streamContext: STREAM, packetContext: PACKET };
  fc.assert(
    fc.property(fc.array(randomEvent, { maxLength: 12 }), condition, (events, asked) => {
      events.sort((a, b) => a.time - b.time);
      const collected = new PictureData(() => origin);
      for (const one of events) collected.push(one);
      const picture = new TraceData(collected.finish(FACTS));
      const values = new EventValues(() => origin);
      const fits = expression(asked).testOf(values);
      const chosen = events.flatMap((one, i) => {
        values.meet(one);
        return fits(one) ? [i] : [];
      });
      assertEquals([...findEvents(picture, question(asked)!)], chosen);
    }),
    { numRuns: 3000 },
  );
});
