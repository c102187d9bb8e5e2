import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventRules } from "../../../relay/trace/event_rules.ts";
import { glob } from "../../../relay/trace/glob.ts";
import { runs } from "./support.ts";

/** Matches the first characters, then what is left, by trying everything. */
function naive(pattern: string, name: string): boolean {
  if (pattern === "") return name === "";
  if (pattern[0] !== "*") return name[0] === pattern[0] && naive(pattern.slice(1), name.slice(1));
  for (let i = 0; i <= name.length; i++) if (naive(pattern.slice(1), name.slice(i))) return true;
  return false;
}

const few = (characters: string) =>
  fc.array(fc.constantFrom(...characters), { maxLength: 10 }).map((all) => all.join(""));

Deno.test("glob() matches as a naive matcher does", () => {
  const property = fc.property(
    few("ab:*"),
    few("ab:"),
    (pattern, name) =>
      assertEquals(glob(pattern)(name), naive(pattern, name), `${pattern} on ${name}`),
  );
  fc.assert(property, { numRuns: runs(5000) });
});

Deno.test("glob() takes every other character for itself", () => {
  for (
    const pattern of ["a.b", "a?b", "[ab]", "a\\", "^a$", "(a)", "a|b", "ü😀", "", "{a,b}", "a+"]
  ) {
    assertEquals(glob(pattern)(pattern), true, pattern);
    assertEquals(glob(pattern)("a"), false, pattern);
    assertEquals(glob(`${pattern}*`)(`${pattern}x*`), true, pattern);
  }
});

const rule = fc.record({
  pattern: fc.oneof(few("ab*"), fc.string()),
  loglevel: fc.integer({ min: -1, max: 14 }),
});

Deno.test("EventRules.parse() makes of text the rules it was made of", () => {
  const names = ["", "a", "ab", "ba", "x\ny"];
  const property = fc.property(fc.array(rule), (rules) => {
    const made = new EventRules(rules);
    const parsed = EventRules.parse(`${made}`);
    assertEquals(`${parsed}`, `${made}`);
    for (const name of names) {
      for (const loglevel of [0, 7, 14]) {
        assertEquals(parsed.enabled(name, loglevel), made.enabled(name, loglevel));
      }
    }
  });
  fc.assert(property, { numRuns: runs(300) });
});

Deno.test("EventRules let the last rule that matches decide, and all that none matches", () => {
  const property = fc.property(fc.array(rule), few("ab"), fc.nat(14), (all, name, loglevel) => {
    const rules = new EventRules();
    for (const { pattern, loglevel } of all) {
      if (loglevel < 0) rules.disable(pattern);
      else rules.enable(pattern, loglevel);
    }
    const last = all.findLast(({ pattern }) => naive(pattern, name));
    assertEquals(rules.enabled(name, loglevel), last === undefined || loglevel <= last.loglevel);
  });
  fc.assert(property, { numRuns: runs(1000) });
});

Deno.test("EventRules forget rules that another one makes idle", () => {
  const rules = new EventRules();
  for (let i = 0; i < 50; i++) {
    rules.disable("a:*");
    rules.enable("a:*", 14);
    rules.disable("b");
  }
  assertEquals(`${rules}`.split("\n").length - 1, 2);
  rules.enable("*", 5);
  assertEquals(`${rules}`, '["*",5]\n');
});
