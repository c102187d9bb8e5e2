import { assertEquals } from "@std/assert";
import { EnumValue } from "../../../relay/ctf/reader/trace_event.ts";
import { TextSearch } from "../../../relay/view/text_search.ts";

Deno.test("isIn() finds a part of a text, however long and in upper or lower case, each time", () => {
  const search = new TextSearch("Needle");
  const hay = "hay ".repeat(1000);
  for (const text of ["a NEEDLE", `${hay}needle${hay}`, "a NEEDLE", `${hay}needle${hay}`]) {
    assertEquals(search.isIn(text), true, text.slice(0, 20));
  }
  for (const text of ["need", hay, "need", hay, ""]) assertEquals(search.isIn(text), false);
});

Deno.test("isIn() finds numbers that are equal, labels, and what structures and lists hold", () => {
  const five = new TextSearch("5ms");
  for (const value of [5_000_000, 5_000_000n, [1, { x: 5_000_000 }], "lasts 5ms"]) {
    assertEquals(five.isIn(value), true);
  }
  for (const value of [5, [], {}, "5000000", { "5ms": 1 }]) assertEquals(five.isIn(value), false);
  const label = new TextSearch("get");
  assertEquals(
    [["GET"], ["POST", "Forget"], []].map((labels) => label.isIn(new EnumValue(labels, 1))),
    [true, true, false],
  );
});
