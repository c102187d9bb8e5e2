import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  EnumValue,
  type FieldValues,
  type TraceEvent,
} from "../../../relay/ctf/reader/trace_event.ts";
import { EventValues } from "../../../relay/view/event_values.ts";
import { expression, pathExpression } from "../../../relay/view/expression.ts";
import { ExpressionError } from "../../../relay/view/expression_tokens.ts";
import { event, oneTrace } from "./support.ts";

const fields: FieldValues = {
  status: 503,
  url: "http://h/a?b",
  duration_ns: 5_000_000,
  big: 2n ** 63n,
  low: -7,
  share: 0.25,
  sync: new EnumValue(["true", "yes"], 1),
  bare: new EnumValue([], 4),
  at: { x: 1, in: { y: "deep" } },
  args: ["-v", "run"],
  choice: { number: 9 },
  name: "visitor 1",
  quote: `it's "so"`,
};
const one: TraceEvent = event("http:server_response", 1_500_000_000, fields, {
  cpu: 3,
  context: { vtid: 42 },
  streamContext: { prio: 20, vtid: 1 },
});

/** Whether an event fits an expression. */
function fits(text: string, event: TraceEvent): boolean {
  return expression(text).testOf(new EventValues(oneTrace))(event);
}

const truths = [
  "status >= 500",
  "status == 503",
  "status != 500",
  "status == 0x1f7",
  "status == 503.0",
  "500 < status",
  "duration_ns > 4ms && duration_ns < 0.006s",
  "duration_ns == 5000us",
  "duration_ns == 5000k",
  "duration_ns == 5M",
  "duration_ns == 5000µs",
  "big == 9223372036854775808",
  "big > 9223372036854775807",
  "low == -7",
  "low<-6",
  "share == 0.25",
  "share >= 25e-2",
  'url =~ "http:*a?b"',
  "url contains '/a'",
  'url > "http"',
  "sync == true",
  'sync == "true"',
  'sync == "yes"',
  'sync != "no"',
  "sync == 1",
  'sync =~ "y*"',
  'sync contains "es"',
  "bare == 4",
  "at.x == 1",
  'at.in.y == "deep"',
  'args[1] == "run"',
  'args contains "-v"',
  "choice.number == 9",
  'name == "http:server_response"',
  'name =~ "http:*"',
  'fields.name == "visitor 1"',
  "cpu == 3",
  "time >= 1.5s",
  "time < 2s",
  "context.vtid == 42",
  "context.prio == 20",
  "context.cpu_id == 3",
  "vtid == 42",
  "!(status == 500)",
  "!!(status == 503)",
  "!(status == 500) && low == -7",
  "status == 1 || status == 503",
  "(status == 1 || status == 503) && low < 0",
  "missing == 1 || status == 503",
  "status == 1 && low == 1 || status == 503",
  "fields.status == status",
  `quote == 'it\\'s "so"'`,
  `quote == "it's \\"so\\""`,
  "  status\t==\n503 ",
  '"SERVER"',
  '"h/A?"',
  '"503"',
  '"5ms"',
  '"9223372036854775808"',
  '"yes" && !"no"',
  '"deep" || status == 1',
  '("run")',
];
for (const text of truths) {
  Deno.test(`expression() of ${text} fits`, () => assertEquals(fits(text, one), true));
}

const untruths = [
  "status < 500",
  'status == "503"',
  'status != "503"',
  "missing == 1",
  "!(args contains at)",
  "!(args contains args)",
  "missing != 1",
  "!(missing == 1)",
  "missing == 1 && status == 503",
  "!(missing == 1 || status == 1)",
  "url == 5",
  "url contains 5",
  'status contains "5"',
  'status =~ "5*"',
  'sync == "no"',
  'sync != "yes"',
  'bare == "x"',
  "at == 1",
  "at.z == 1",
  "at.x.y == 1",
  'args[2] == "run"',
  "args.length == 2",
  "url.length == 12",
  "choice.text == 9",
  "toString == 1",
  "at.constructor == 1",
  "context.none == 1",
  "big == 9223372036854775807",
  '"slow"',
  '"50"',
  '"9223372036854775807"',
  '!"server"',
  '"NaN"',
];
for (const text of untruths) {
  Deno.test(`expression() of ${text} does not fit`, () => {
    assertEquals(fits(text, one), false);
  });
}

const wrong: [string, number, string][] = [
  ["", 0, "it ends where a field, a number or a text is expected"],
  ["status", 6, "it ends where a comparison, == != < <= > >= =~ contains is expected"],
  ["status = 5", 7, '"=" means nothing'],
  ["status == ", 10, "it ends where a field, a number or a text is expected"],
  ["status == 5 5", 12, 'there is "5" where && or || or the end is expected'],
  ["(status == 5", 12, 'it ends where ")" is expected'],
  ["status == 5)", 11, 'there is ")" where && or || or the end is expected'],
  ["status == 5parsecs", 10, 'there is no unit "parsecs"'],
  ["url == 'open", 7, "the text has no end"],
  ["a. == 1", 3, 'there is "==" where a name is expected'],
  ["a[x] == 1", 2, 'there is "x" where an index is expected'],
  ["a[1.5] == 1", 2, 'there is "1.5" where an index is expected'],
  ["a[1 == 1", 4, 'there is "==" where "]" is expected'],
  ["a == 1 && && b == 1", 10, 'there is "&&" where a field, a number or a text is expected'],
  ["a == 1 & b == 1", 7, '"&" means nothing'],
  ["!", 1, "it ends where a field, a number or a text is expected"],
  ['a "==" 1', 2, 'there is "==" where a comparison, == != < <= > >= =~ contains is expected'],
];
for (const [text, at, problem] of wrong) {
  Deno.test(`expression() of "${text}" is refused, and where`, () => {
    const error = assertThrows(() => expression(text), ExpressionError);
    const message = `Cannot understand the expression: ${problem}\n  ${text}\n  ${" ".repeat(at)}^`;
    assertEquals([error.at, error.message], [at, message]);
  });
}

Deno.test("expression() that is nested too deep is refused, not run out of stack for", () => {
  for (const open of ["(", "!"]) {
    const error = assertThrows(() => expression(open.repeat(100_000)), ExpressionError);
    assertEquals(error.message.includes("it is nested too deep"), true);
  }
});

Deno.test("pathExpression() reads what a path names, and refuses more", () => {
  const values = new EventValues(oneTrace);
  assertEquals(values.readerOf(pathExpression("at.in.y"))(one), "deep");
  assertEquals(values.readerOf(pathExpression("missing"))(one), undefined);
  assertThrows(() => pathExpression("5"), ExpressionError, "where a field is expected");
  assertThrows(() => pathExpression("a == 1"), ExpressionError);
});

/** An expression as a tree. */
type Tree =
  | { readonly op: "!"; readonly of: Tree }
  | { readonly op: "&&" | "||"; readonly left: Tree; readonly right: Tree }
  | { readonly op: string; readonly field: string; readonly literal: number | string };

const names = ["a", "b", "c", "d"];
const literal = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom("", "x", "xy", "q\"\\'"),
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record({
      op: fc.constantFrom("==", "!=", "<", "<=", ">", ">="),
      field: fc.constantFrom(...names),
      literal,
    }),
    fc.record({ op: fc.constant("!" as const), of: tie("tree") }),
    fc.record({ op: fc.constantFrom("&&", "||"), left: tie("tree"), right: tie("tree") }),
  ) as fc.Arbitrary<Tree>,
}));
const values = fc.record(
  Object.fromEntries(names.map((name) => [name, literal])),
  { requiredKeys: [] },
);

/** Writes a tree, with the parentheses it needs and, by `spare`, more. */
function written(one: Tree, spare: boolean): string {
  const inside = (sub: Tree): string => {
    const text = written(sub, spare);
    const isLeaf = "field" in sub || "of" in sub;
    return spare || !isLeaf ? `( ${text})` : text;
  };
  if ("of" in one) return `!${"field" in one.of ? `(${written(one.of, spare)})` : inside(one.of)}`;
  if ("left" in one) return `${inside(one.left)}${one.op} ${inside(one.right)}`;
  const { literal } = one;
  const text = typeof literal === "number" ? literal : JSON.stringify(literal);
  return `${one.field} ${one.op}${text}`;
}

/** True, false, or neither, by the book: all combinations of what an unknown could be. */
function naive(one: Tree, given: FieldValues): Set<boolean> {
  if ("of" in one) return new Set([...naive(one.of, given)].map((value) => !value));
  if ("left" in one) {
    const result = new Set<boolean>();
    for (const left of naive(one.left, given)) {
      for (const right of naive(one.right, given)) {
        result.add(one.op === "&&" ? left && right : left || right);
      }
    }
    return result;
  }
  const value = given[one.field];
  if (typeof value !== typeof one.literal) return new Set([true, false]);
  const [left, right] = [value as number, one.literal as number];
  const answers: Record<string, boolean> = {
    "==": left === right,
    "!=": left !== right,
    "<": left < right,
    "<=": left <= right,
    ">": left > right,
    ">=": left >= right,
  };
  return new Set([answers[one.op]]);
}

Deno.test("expression() says what a naive evaluation says, of any expression and event", () => {
  fc.assert(
    fc.property(tree, values, fc.boolean(), (one, given, spare) => {
      const expected = naive(one, given as FieldValues);
      const answer = fits(written(one, spare), event("e", 0, given as FieldValues));
      assertEquals(answer, expected.size === 1 && expected.has(true));
    }),
    { numRuns: 2000 },
  );
});
