import type { FieldClass } from "@ltt/relay/ctf";
import { CtfError } from "@ltt/relay/ctf";
import { metadataPacket } from "../../../../relay/ctf/metadata_packet.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { MetadataParser } from "../../../../relay/ctf/tsdl/metadata_parser.ts";
import { UUID } from "../small_trace.ts";

const READ = Deno.permissions.querySync({ name: "read" }).state === "granted";

const BEGIN = `/* CTF 1.8 */
trace { major = 1; minor = 8; byte_order = be; };
`;

const parsed = (text: string): MetadataParser =>
  new MetadataParser(new TextEncoder().encode(BEGIN + text));

/** Fields of an event, by their names. */
function fields(text: string, types = ""): Record<string, FieldClass> {
  const format = parsed(`${types} event { name = e; fields := struct { ${text} }; };`);
  const { members } = format.streams.get(0)!.events.get(0)!.fields;
  return Object.fromEntries(members.map((one) => [one.name, one.class]));
}

/** The error for some metadata behind the first two lines. */
function refused(text: string): CtfError {
  return assertThrows(() => parsed(text), CtfError);
}

const U8 = {
  kind: "integer",
  size: 8,
  alignment: 8,
  signed: false,
  base: 10,
  byteOrder: "be",
  encoding: "none",
  clock: null,
} as const;

Deno.test("MetadataParser() reads integers with all that can be said of them", () => {
  const text = `integer { size = 8; } plain; integer { size = 12; } odd;
    integer { size = 0x20; align = 64; signed = true; base = hex; byte_order = le; } all;
    integer { size = 010; signed = 1; base = 8; encoding = ASCII; byte_order = network; } octal;
    integer { size = 0b101ULL; align = 4; base = "b"; encoding = UTF8; } binary;
    integer { size = 64; map = clock.c.value; base = o; byte_order = native; } time;`;
  assertEquals(fields(text, "clock { name = c; };"), {
    plain: U8,
    odd: { ...U8, size: 12, alignment: 1 },
    all: { ...U8, size: 32, alignment: 64, signed: true, base: 16, byteOrder: "le" },
    octal: { ...U8, signed: true, base: 8, encoding: "ascii" },
    binary: { ...U8, size: 5, alignment: 4, base: 2, encoding: "utf8" },
    time: { ...U8, size: 64, base: 8, clock: "c" },
  });
});

Deno.test("MetadataParser() reads floating-point numbers and strings", () => {
  const text = `floating_point { exp_dig = 8; mant_dig = 24; } f;
    floating_point { exp_dig = 11; mant_dig = 53; align = 1; byte_order = le; } d;
    string s; string { encoding = ascii; } a;`;
  assertEquals(fields(text), {
    f: { kind: "float", size: 32, alignment: 8, byteOrder: "be" },
    d: { kind: "float", size: 64, alignment: 1, byteOrder: "le" },
    s: { kind: "string", encoding: "utf8" },
    a: { kind: "string", encoding: "ascii" },
  });
});

Deno.test("MetadataParser() counts labels up from the one before", () => {
  const text = `enum : u8 { a, b = 5, c, "d e" = 10 ... 20, f, g = -1, h, } x;`;
  const { x } = fields(text, "typealias integer { size = 8; } := u8;");
  const mapping = (label: string, first: bigint, last = first) => ({ label, first, last });
  assertEquals(x, {
    kind: "enumeration",
    container: U8,
    mappings: [
      mapping("a", 0n),
      mapping("b", 5n),
      mapping("c", 6n),
      mapping("d e", 10n, 20n),
      mapping("f", 21n),
      mapping("g", -1n),
      mapping("h", 0n),
    ],
  });
});

Deno.test("MetadataParser() knows types by alias, typedef, and names of structs, enums and variants", () => {
  const types = `typealias integer { size = 8; } := unsigned char;
    typealias integer { size = 8; } := const unsigned char *;
    typealias integer { size = 8; } := int;
    typedef unsigned char byte, bytes[2];
    struct s { byte x; } align(32);
    enum e { one = 1 };
    variant v { byte one; };`;
  const { u, p, b, c, s, e, v } = fields(
    "const unsigned char u; unsigned char * p; byte b; bytes c; struct s s; enum e e; variant v <e> v;",
    types.replace(":= const unsigned char *", ":= unsigned char *"),
  );
  assertEquals([u, p, b], [U8, U8, U8]);
  assertEquals(c, { kind: "array", element: U8, length: 2 });
  assertEquals(s, { kind: "struct", alignment: 32, members: [{ name: "x", class: U8 }] });
  const mappings = [{ label: "one", first: 1n, last: 1n }];
  assertEquals(e, { kind: "enumeration", container: U8, mappings });
  const tag = { scope: "event fields", names: ["e"] } as const;
  assertEquals(v, { kind: "variant", tag, options: [{ name: "one", class: U8 }] });
});

Deno.test("MetadataParser() knows types only up to the brace that ends what they are declared in", () => {
  const types = "typealias integer { size = 8; } := t;";
  const { s, t } = fields(
    "struct { typealias integer { size = 16; } := t; t x; } s; t t;",
    types,
  );
  assertEquals(t, U8);
  const members = [{ name: "x", class: { ...U8, size: 16 } }];
  assertEquals(s, { kind: "struct", alignment: 8, members });
});

Deno.test("MetadataParser() finds fields that lengths refer to, near and far", () => {
  const format = parsed(`typealias integer { size = 8; } := u8;
    stream { packet.context := struct { u8 p; };
      event.header := struct { u8 id; struct { u8 h; } in; }; event.context := struct { u8 c; }; };
    event { context := struct { u8 _own; }; fields := struct {
      u8 n; struct { u8 n; u8 near[n]; } s; u8 far[ s.n ]; u8 again[n][2];
      struct { u8 outer[n]; } t;
      u8 a[stream.packet.context.p]; u8 b[stream.event.header.in.h]; u8 c[stream.event.context.c];
      u8 d[event.context._own]; u8 e[event.fields.s.n];
    }; };`);
  const found: string[] = [];
  const look = (field: FieldClass): void => {
    if (field.kind === "struct") { for (const one of field.members) look(one.class); }
    else if (field.kind === "sequence") {
      found.push(`${field.length.scope}: ${field.length.names.join(".")}`);
      look(field.element);
    }
  };
  look(format.streams.get(0)!.events.get(0)!.fields);
  assertEquals(found, [
    "event fields: s.n",
    "event fields: s.n",
    "event fields: n",
    "event fields: n",
    "packet context: p",
    "event header: in.h",
    "stream event context: c",
    "event context: own",
    "event fields: s.n",
  ]);
});

Deno.test("MetadataParser() takes the first _ off names, but where another one is called that", () => {
  const names = Object.keys(fields("string _a; string __b; string c; string _c; string _;"));
  assertEquals(names, ["a", "_b", "c", "_c", "_"]);
});

Deno.test("MetadataParser() reads clocks, environment and events", () => {
  const format = parsed(
    `env { a = "x\\ty\\"\\303\\244\\u20ac"; "b c" = -5; big = 0xffffffffffffffff; };
    clock { name = "c"; uuid = "u"; description = "d"; freq = 1000; offset_s = -2; offset = 7;
      precision = 3; absolute = TRUE; };
    callsite { name = "x"; file = "y"; line = 3; };
    stream { id = 7; };
    event { name = "a:b"; id = 4; loglevel = 13; model.emf.uri = "u"; };`,
  );
  assertEquals({ ...format.env }, { a: 'x\ty"ä€', "b c": -5, big: 2n ** 64n - 1n });
  assertEquals([...format.clocks.values()], [{
    name: "c",
    uuid: "u",
    description: "d",
    frequency: 1000n,
    offsetS: -2n,
    offset: 7n,
    precision: 3n,
    isAbsolute: true,
  }]);
  const { name, id, streamId, loglevel } = format.streams.get(7)!.events.get(4)!;
  assertEquals([name, id, streamId, loglevel], ["a:b", 4, 7, 13]);
});

Deno.test("MetadataParser() gives times the only clock if they have none", () => {
  const { streams } = parsed(`clock { name = c; }; typealias integer { size = 64; } := t;
    stream { event.header := struct { t id; t timestamp; }; };`);
  const clocks = streams.get(0)!.eventHeader!.members.map((one) => {
    return one.class.kind === "integer" ? one.class.clock : undefined;
  });
  assertEquals(clocks, [null, "c"]);
});

Deno.test("MetadataParser() reads packets of either byte order", () => {
  const text = new TextEncoder().encode(BEGIN + "stream { id = 3; };");
  const little = metadataPacket(UUID, text);
  const padded = new Uint8Array(little.length + 50);
  padded.set(little);
  new DataView(padded.buffer).setUint32(28, 8 * padded.length, true);
  const big = little.slice();
  for (const at of [0, 24, 28]) big.subarray(at, at + 4).reverse();
  for (const bytes of [little, padded, big]) {
    assertEquals([...new MetadataParser(bytes).streams.keys()], [3]);
  }
  const more = metadataPacket(UUID, new TextEncoder().encode("stream { id = 4; };"));
  const both = new Uint8Array([...padded, ...more]);
  assertEquals([...new MetadataParser(both).streams.keys()], [3, 4]);
});

Deno.test("MetadataParser.append() knows what was declared before", () => {
  const format = parsed("typealias integer { size = 8; } := u8; stream { id = 3; };");
  format.append(new TextEncoder().encode("event { id = 1; fields := struct { u8 x; }; };"));
  assertEquals(format.streams.get(3)!.events.get(1)!.fields.members, [{ name: "x", class: U8 }]);
});

Deno.test("MetadataParser() reads what LTTng-UST wrote", { ignore: !READ }, () => {
  const path = new URL("../lttng_ust_2.13.5.tsdl", import.meta.url);
  const { env, uuid, streams } = new MetadataParser(Deno.readFileSync(path));
  assertEquals([env.tracer_name, uuid], ["lttng-ust", "6ad89fc36ed84870980cffb272a70824"]);
  const names = [...streams.get(0)!.events.values()].map((event) => {
    return [event.name, ...event.fields.members.map(({ name }) => name)];
  });
  assertEquals(names, [["demo:one", "value"], ["demo:four", "a", "b", "c", "msg"]]);
});

Deno.test("MetadataParser() says where in the text something is wrong", () => {
  const error = refused('\n\nevent { name = "ä"; id = ; };');
  assertEquals(error.file, "metadata");
  const line = "Cannot read metadata, line 5: no value is there (metadata, byte";
  const offset = new TextEncoder().encode(`${BEGIN}\n\nevent { name = "ä"; id = `).length;
  assertEquals(error.message, `${line} ${offset})`);
  assertEquals(error.offset, offset);
});

Deno.test("MetadataParser() says where in its packet something is wrong", () => {
  const text = new TextEncoder().encode(BEGIN);
  const bytes = [...metadataPacket(UUID, text), ...metadataPacket(UUID, text.subarray(14))];
  const error = assertThrows(() => new MetadataParser(new Uint8Array(bytes)), CtfError);
  assertEquals(error.offset, 37 + text.length + 37);
});

for (
  const [what, text] of [
    ["a type that is not known", "event { fields := struct { nothing x; }; };"],
    ["a length that is no field", "event { fields := struct { string x[n]; }; };"],
    ["a length that is text", "event { fields := struct { string n; string x[n]; }; };"],
    ["a length that comes later", "event { fields := struct { string x[n]; u8 n; }; };"],
    [
      "a tag that is no enumeration",
      "event { fields := struct { u8 n; variant <n> { u8 a; } x; }; };",
    ],
    ["a variant without a tag", "event { fields := struct { variant { u8 a; } x; }; };"],
    ["an integer of 65 bits", "event { fields := struct { integer { size = 65; } x; }; };"],
    ["an integer of no bits", "event { fields := struct { integer { size = 0; } x; }; };"],
    ["an alignment of 3", "event { fields := struct { integer { size = 8; align = 3; } x; }; };"],
    ["a field that is there twice", "event { fields := struct { u8 x; u8 x; }; };"],
    ["an event that is there twice", "event { id = 1; }; event { id = 1; };"],
    ["a stream that is not there", "stream { id = 1; }; event { stream_id = 2; };"],
    ["a type that is there twice", "typedef u8 x; typedef u8 x;"],
    ["text without an end", 'env { x = "y'],
    ["a comment without an end", "/* *"],
    ["a brace without an end", "event { name = x;"],
    ["a character of no word", "event { name = $; };"],
    ["an octal number with a 9", "env { x = 09; };"],
    ["a second trace", "trace { major = 1; minor = 8; byte_order = le; };"],
    ["a base of 7", "event { fields := struct { integer { size = 8; base = 7; } x; }; };"],
    ["an encoding nobody has", "event { fields := struct { string { encoding = x; } x; }; };"],
    [
      "no IEEE number",
      "event { fields := struct { floating_point { exp_dig = 5; mant_dig = 11; } x; }; };",
    ],
    ["fields that are no structure", "event { fields := u8; };"],
    [
      "a label of more than there is",
      "event { fields := struct { enum : u8 { a = 5 ... 4 } x; }; };",
    ],
  ]
) {
  Deno.test(`MetadataParser() refuses ${what}`, () => {
    const error = refused(`typealias integer { size = 8; } := u8;\n${text}`);
    assertEquals([error.file, /^Cannot read metadata, line \d+: ./.test(error.message)], [
      "metadata",
      true,
    ], error.message);
  });
}

Deno.test("MetadataParser() refuses what is no CTF 1.8", () => {
  for (const text of ["", "trace { };", '{"type": "preamble"}', "/* CTF 2.0 */", "/* CTF 1.8 */"]) {
    assertThrows(() => new MetadataParser(new TextEncoder().encode(text)), CtfError);
  }
});
