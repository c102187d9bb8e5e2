import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EnumValue, type FieldValue } from "../../../../relay/ctf/reader/trace_event.ts";
import { fieldText, MAX_TEXT } from "../../../../relay/view/picture/field_text.ts";
import { packValue, unpackValue } from "../../../../relay/view/picture/packed_values.ts";

const integer = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2n ** 63n, -(2n ** 63n)));
const { value } = fc.letrec<{ value: FieldValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    integer,
    fc.double(),
    fc.string({ unit: "grapheme" }),
    fc.tuple(fc.array(fc.string()), integer).map(([labels, one]) => new EnumValue(labels, one)),
    fc.array(tie("value")),
    fc.dictionary(fc.stringMatching(/^[a-z]\w*$/), tie("value"), { noNullPrototype: true }),
  ) as fc.Arbitrary<FieldValue>,
}));

Deno.test("unpackValue() is what packValue() was given", () => {
  fc.assert(fc.property(value, (one) => assertEquals(unpackValue(packValue(one)), one)));
});

Deno.test("packValue() keeps as much of a long value as is shown of it", () => {
  const long = [
    Array.from({ length: 1_000_000 }, (_, i) => i),
    "x".repeat(1_000_000),
    ["", ...Array<string>(1_000_000).fill("")],
    [["y".repeat(MAX_TEXT - 3)], "z", "end"],
    Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`n${i}`, [new EnumValue([""], i)]]),
    ),
  ];
  for (const one of long) {
    const packed = packValue(one);
    assertEquals(fieldText(unpackValue(packed)), fieldText(one));
    assert(packed.length < 20 * MAX_TEXT, `${packed.length} characters`);
  }
});
