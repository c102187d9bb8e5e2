import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EnumValue } from "../../../relay/ctf/reader/trace_event.ts";
import { ColumnText } from "../../../relay/view/column_text.ts";
import { COLORS } from "../../../relay/view/colors.ts";
import { textWidth } from "../../../relay/view/text_width.ts";
import { event, integerClass, structClass } from "./support.ts";

Deno.test("event() makes rows whose columns stand below each other", () => {
  const text = new ColumnText();
  const rows = [
    text.title(),
    text.event(event("http:server_request", 1_234_567, { request: 1, url: "/a b" })),
    text.event(event("gc", 2_345_678_901, {}, { cpu: 12 })),
    text.event(event("gc", 2_345_678_902, { size: 5n }, { cpu: -1, context: { vtid: 7 } })),
  ];
  assertEquals(
    rows.join(""),
    [
      "       seconds    delta CPU event                fields\n",
      '   0.001234567            0 http:server_request  request=1 url="/a b"\n',
      "   2.345678901    2.34s  12 gc\n",
      "   2.345678902      1ns     gc                   size=5 vtid=7\n",
    ].join(""),
  );
});

Deno.test("event() shows structures, lists and labels briefly", () => {
  const fields = {
    at: { x: 1, y: -2 },
    args: ["-v", "x y"],
    sync: new EnumValue(["true"], 1),
    bare: new EnumValue([], 9),
  };
  assertEquals(
    new ColumnText().event(event("e", 0, fields)).trim(),
    '0.000000000            0 e                    at={x=1 y=-2} args=["-v" "x y"] sync=true bare=9',
  );
});

Deno.test("event() shows integers in their base, wherever they are", () => {
  const hex = integerClass({ base: 16 });
  const fields = structClass({
    address: hex,
    low: hex,
    mode: integerClass({ base: 8 }),
    bits: integerClass({ base: 2 }),
    list: { kind: "array", element: hex, length: 2 },
    at: structClass({ x: hex, y: integerClass() }),
    label: { kind: "enumeration", container: hex, mappings: [] },
  });
  const one = event("e", 0, {
    address: 2n ** 64n - 1n,
    low: -31,
    mode: 0o644,
    bits: 5,
    list: [0x1000, 0],
    at: { x: 10, y: 10 },
    label: new EnumValue([], 16),
  }, { context: { ip: 0x1000 } });
  const made = { ...one, class: { ...one.class, fields, context: structClass({ ip: hex }) } };
  const shown = "address=0xffffffffffffffff low=-0x1f mode=0644 bits=0b101 list=[0x1000 0x0] " +
    "at={x=0xa y=10} label=0x10 ip=0x1000";
  assertEquals(new ColumnText().event(made).split("e ").at(-1)!.trim(), shown);
  assertEquals(new ColumnText({ width: 200 }).event(made).split("e ").at(-1)!.trim(), shown);
});

Deno.test("event() gives longer names their room from then on", () => {
  const text = new ColumnText();
  text.event(event("a:name_of_twenty_five_xxxx", 0));
  const row = text.event(event("b", 0, { x: 1 }));
  assertEquals(row.indexOf("x=1") - row.indexOf("b"), 27);
});

Deno.test("event() lets nothing through that moves the cursor of a terminal", () => {
  const harmful = "\x1b[2J\r\n\x07\x9b\u202e\u2028";
  const row = new ColumnText().event(event(`e${harmful}`, 0, { text: harmful }));
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]/.test(row), false);
  assertEquals(row.indexOf("\n"), row.length - 1);
});

Deno.test("event() and lost() are never wider than the terminal, with colours or without", () => {
  const wide = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 200 }),
      wide,
      wide,
      fc.nat(),
      (width, name, value, time) => {
        const one = event(`n${name}`, time * 1e6, { value, other: value });
        const plain = new ColumnText({ width }).event(one);
        const colored = new ColumnText({ width, colors: COLORS }).event(one);
        // deno-lint-ignore no-control-regex
        assertEquals(colored.replace(/\x1b\[[\d;]*m/g, "").trimEnd(), plain.trimEnd());
        assert(textWidth(plain.slice(0, -1)) <= width, plain);
        const lost = new ColumnText({ width }).lost({ cpu: 1, begin: 0, end: time, count: 3 });
        assert(textWidth(lost.slice(0, -1)) <= width, lost);
      },
    ),
  );
});

Deno.test("lost() tells how many, where and since when", () => {
  assertEquals(
    new ColumnText().lost({ cpu: 2, begin: 1e9, end: 3e9, count: 17 }),
    "   3.000000000              *** 17 events lost on CPU 2 since 1.000000000 ***\n",
  );
});
