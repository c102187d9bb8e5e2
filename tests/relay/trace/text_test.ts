import { string, u16, u32 } from "@ltt/relay/ctf";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { text } from "./arbitrary.ts";
import { stored } from "./stored.ts";
import { runs, TestTrace } from "./support.ts";

/** As it has to be recorded. */
const kept = (one: string): string => stored({ kind: "string" }, one) as string;

/** Records texts, in a field between two others, and reads them back. */
function recorder(subbufSize = 2 ** 20) {
  const trace = new TestTrace({ subbufSize });
  const fields = [u16("before"), string("text"), u32("after")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const readBack = (texts: readonly string[]): string[] => {
    for (const [i, one] of texts.entries()) tracepoint(i, one, 2 ** 32 - 1 - i);
    return trace.events([{ id: 0, fields }]).map(({ fields: { before, text, after } }, i) => {
      assertEquals([before, after], [i % 2 ** 16, 2 ** 32 - 1 - i], `fields beside ${text}`);
      return text as string;
    });
  };
  return { trace, readBack };
}

Deno.test("string() stores any text in UTF-8, what that has no place for as U+FFFD", () => {
  const { trace, readBack } = recorder();
  using _ = trace;
  const property = fc.property(fc.array(text), (texts) => {
    assertEquals(readBack(texts), texts.map(kept));
  });
  fc.assert(property, { numRuns: runs(200) });
});

Deno.test("string() stores text of each length, of one to four bytes a character", () => {
  const { trace, readBack } = recorder();
  using _ = trace;
  for (const one of ["a", "ä", "€", "😀", "\0", "\ud800", "\udfff", "ab\0", "aaa€"]) {
    const texts = Array.from({ length: 300 }, (_, length) => one.repeat(length));
    assertEquals(readBack(texts), texts.map(kept));
  }
});

Deno.test("string() stores U+0000 and halves of pairs as U+FFFD, short or long", () => {
  const { trace, readBack } = recorder();
  using _ = trace;
  const filler = "x".repeat(200);
  for (const around of ["", filler]) {
    const texts = ["a\0b", "\0", "\ud800", "\udc00", "\udc00\ud800", "😀\ud83d"].map((one) =>
      around + one + around
    );
    assertEquals(readBack(texts), texts.map((one) => one.replace(/\0|\p{Surrogate}/gu, "\ufffd")));
  }
});

Deno.test("string() stores a text alike however often it comes, with and without a byte order mark", () => {
  const { trace, readBack } = recorder();
  using _ = trace;
  for (const one of ["main", "\ufeffmain", "", "\ufeff", "\ufeff\ufeff"]) {
    const texts = new Array(50).fill(one);
    assertEquals(readBack(texts), texts);
  }
  const texts = ["main", "\ufeffmain", "", "\ufeff", "\ufeff\ufeff"];
  assertEquals(readBack(texts), texts, "when all have come before");
});

Deno.test("string() stores flat, sliced and concatenated text alike", () => {
  const { trace, readBack } = recorder();
  using _ = trace;
  const long = Array.from({ length: 100 }, (_, i) => `<${i}ä>`).join("");
  const texts = Array.from({ length: 3000 }, (_, i) => {
    const from = i % 400;
    return [
      long.slice(from, from + 40),
      `${i % 50}` + long.slice(0, 20),
      `n${i}`,
      `k${i % 7}`,
    ][i % 4];
  });
  assertEquals(readBack(texts), texts);
});

Deno.test("string() stores text up to what a sub-buffer has room for, and loses what is longer", () => {
  const { trace, readBack } = recorder(2 ** 14);
  using _ = trace;
  // All but packet header, extended header, the other fields, and the zero byte.
  const room = 2 ** 14 - 84 - 14 - 6 - 1;
  for (
    const [units, one] of [[room, "x"], [Math.floor(room / 2), "ä"], [
      Math.floor(room / 3),
      "€",
    ]] as const
  ) {
    trace.tracer.stream.attach(trace.ring.writer, trace.state);
    const fits = one.repeat(units);
    assertEquals(readBack([fits]), [fits]);
  }
  assertEquals(trace.lost, {});
  let big = 0;
  for (
    const [units, one] of [[room + 1, "x"], [room, "ä"], [room + 9000, "x"], [
      2 ** 20,
      "€",
    ]] as const
  ) {
    trace.tracer.stream.attach(trace.ring.writer, trace.state);
    assertEquals(readBack([one.repeat(units)]), []);
    assertEquals(trace.lost, { big: ++big });
    assertEquals(trace.state.lost[0], big);
  }
  assertEquals(readBack(["next"]), ["next"]);
});

Deno.test("several texts of an event are not taken for each other", () => {
  using trace = new TestTrace({ subbufSize: 2 ** 20 });
  const fields = [string("a"), u16("n"), string("b"), string("c")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const few = fc.constantFrom(
    "",
    "x",
    "abc",
    "ä€😀",
    "\ufeffabc",
    "aaaa",
    "aaaab",
    "z".repeat(96),
    "z".repeat(97),
  );
  const one = fc.oneof({ weight: 3, arbitrary: few }, text);
  const property = fc.property(fc.array(fc.tuple(one, fc.nat(65535), one, one)), (given) => {
    for (const values of given) tracepoint(...values);
    const read = trace.events([{ id: 0, fields }]).map((
      { fields: { a, n, b, c } },
    ) => [a, n, b, c]);
    assertEquals(read, given.map(([a, n, b, c]) => [kept(a), n, kept(b), kept(c)]));
  });
  fc.assert(property, { numRuns: runs(300) });
});

Deno.test("texts that come again and texts that do not are told for ever, however many", () => {
  using trace = new TestTrace({ subbufSize: 2 ** 20, nSubbufs: 4 });
  const fields = [string("a"), string("b"), u32("n")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const described = [{ id: 0, fields }];
  // Rounds with few texts, more than are remembered, and new ones only: it looks, evicts, gives up.
  const kinds = [
    (i: number) => `few ${i % 20}`,
    (i: number) => `many ${i * 7919 % 3000}`,
    (i: number) => `new ${i} ${"ä".repeat(i % 80)}`,
    (i: number) => i % 3 === 0 ? `x${i}` : `few ${i % 9}`,
  ];
  for (let round = 0; round < 12; round++) {
    const textOf = kinds[round % kinds.length];
    const first = round * 5000;
    const given = Array.from(
      { length: 5000 },
      (_, i) => [textOf(first + i), textOf(i ^ 5)] as const,
    );
    for (const [i, [a, b]] of given.entries()) tracepoint(a, b, i);
    const read = trace.events(described).map(({ fields: { a, b, n } }) => [n, a, b]);
    assertEquals(read.length, given.length);
    const wrong = read.find(([n, a, b], i) => n !== i || a !== given[i][0] || b !== given[i][1]);
    assertEquals(wrong, undefined, `round ${round}`);
  }
});
