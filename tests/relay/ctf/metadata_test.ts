import {
  array,
  bool,
  enumeration,
  eventMetadata,
  f32,
  f64,
  hex,
  i64,
  sequence,
  string,
  struct,
  traceMetadata,
  u16,
  u32,
  u64,
  u8,
} from "@ltt/relay/ctf";
import { uuidText } from "../../../relay/ctf/metadata.ts";
import { assert, assertEquals } from "@std/assert";

const READ = Deno.permissions.querySync({ name: "read" }).state === "granted";

const uuid = Uint8Array.fromHex("6ad89fc36ed84870980cffb272a70824");

/** What LTTng-UST 2.13.5 wrote for a session with two tracepoints. */
const recorded = (): string =>
  Deno.readTextFileSync(new URL("./lttng_ust_2.13.5.tsdl", import.meta.url));

const ours = traceMetadata({
  uuid,
  env: { domain: "ust", tracer_name: "x", tracer_major: 2 },
  clock: { name: "monotonic", description: "Monotonic Clock", offsetNs: 1795429474271441428n },
  eventContext: [],
});

/** The declaration that begins with some text, up to the `;` outside all braces, its white space made alike. */
function block(metadata: string, begin: string): string {
  const at = metadata.indexOf(`\n${begin}`) + 1;
  assert(at > 0, `no "${begin}" in the metadata`);
  let end = at;
  for (let depth = 0; depth > 0 || metadata[end] !== ";"; end++) {
    assert(end < metadata.length, `no end of "${begin}"`);
    if (metadata[end] === "{") depth++;
    else if (metadata[end] === "}") depth--;
  }
  const text = metadata.slice(at, end + 1);
  return text.replace(/\/\*.*?\*\//g, "").replace(/\s+/g, " ");
}

Deno.test("traceMetadata() begins with the line that readers look for", () => {
  assert(ours.startsWith("/* CTF 1.8 */\n"));
});

for (
  const begin of [
    "trace {",
    "struct packet_context {",
    "struct event_header_large {",
    "stream {",
    "typealias integer { size = 8; ",
    "typealias integer { size = 16; ",
    "typealias integer { size = 32; ",
    "typealias integer { size = 64; align = 8; signed = false; } := uint64_t",
    "typealias integer { size = 64; align = 8; signed = false; } := unsigned long",
    "typealias integer {\n\tsize = 32; ",
    "typealias integer {\n\tsize = 64; ",
  ]
) {
  Deno.test(
    `traceMetadata() says "${begin.replace(/\s+/g, " ").trim()} …" as LTTng does`,
    { ignore: !READ },
    () => assertEquals(block(ours, begin), block(recorded(), begin)),
  );
}

Deno.test("traceMetadata() describes the clock as LTTng does", { ignore: !READ }, () => {
  // LTTng's has the UUID of the boot, by which readers know that clocks are the same; ours is nobody else's.
  const withoutUuid = (text: string): string => text.replace(/uuid = "[-0-9a-f]+";/, "uuid;");
  // Its offset is to the epoch too, but it does not say so: traces of several hosts cannot be read together.
  const absolute = "absolute = TRUE; ";
  const clock = withoutUuid(block(ours, "clock {"));
  assert(clock.includes(absolute), clock);
  assertEquals(clock.replace(absolute, ""), withoutUuid(block(recorded(), "clock {")));
});

Deno.test("eventMetadata() describes events as LTTng does", { ignore: !READ }, () => {
  const one = eventMetadata({ name: "demo:one", id: 0, loglevel: 13, fields: [u64("value")] });
  const fields = [u32("a"), i64("b"), u64("c"), string("msg")];
  const four = eventMetadata({ name: "demo:four", id: 1, loglevel: 13, fields });
  assert(recorded().includes(one), one);
  assert(recorded().includes(four), four);
});

Deno.test("traceMetadata() lists the environment in order, text quoted", () => {
  const env = { b: 'say "hi"\\\n', a: -5, c: "ü\t\x01" };
  const metadata = traceMetadata({
    uuid,
    env,
    clock: { name: "monotonic", description: 'a "clock"', offsetNs: -1n },
    eventContext: [u32("cpu_id"), string("worker_name")],
  });
  assertEquals(
    block(metadata, "env {"),
    'env { b = "say \\"hi\\"\\\\\\n"; a = -5; c = "ü\\t\\001"; };',
  );
  assert(metadata.includes('description = "a \\"clock\\"";'));
  assert(metadata.includes("offset = -1;"));
  const context = "event.context := struct { " +
    "integer { size = 32; align = 8; signed = 0; encoding = none; base = 10; } _cpu_id; " +
    "string _worker_name; };";
  assert(block(metadata, "stream {").includes(context));
});

const integer = (size: number, signed = 0, base = 10): string =>
  `integer { size = ${size}; align = 8; signed = ${signed}; encoding = none; base = ${base}; }`;

/** The fields of an event as metadata. */
function described(...fields: Parameters<typeof struct>[1][]): string {
  const metadata = eventMetadata({ name: "t", id: 7, loglevel: 14, fields });
  return /fields := (struct \{.*\});\n\};\n\n$/s.exec(metadata)![1].replace(/\s+/g, " ");
}

for (
  const [field, expected] of [
    [hex(u16("event")), `${integer(16, 0, 16)} _event;`],
    [f32("f"), "floating_point { exp_dig = 8; mant_dig = 24; align = 8; } _f;"],
    [f64("f"), "floating_point { exp_dig = 11; mant_dig = 53; align = 8; } _f;"],
    [bool("b"), `enum : ${integer(8)} { "false" = 0, "true" = 1 } _b;`],
    [array(hex(u8("a")), 6), `${integer(8, 0, 16)} _a[6];`],
    [sequence(string("q")), `${integer(32)} __q_length; string _q[ __q_length ];`],
    [
      struct("s", u8("x"), struct("in", string("y"))),
      `struct { ${integer(8)} _x; struct { string _y; } _in; } _s;`,
    ],
    [
      enumeration("e", i64, { 'a"\\\n': -(2n ** 63n), b: 1, also: 1 }),
      `enum : ${integer(64, 1)} { "a\\"\\\\\\n" = -9223372036854775808, "b" = 1 } _e;`,
    ],
  ] as const
) {
  Deno.test(`eventMetadata() describes ${field.type.kind} "${field.name}"`, () => {
    assertEquals(described(field), `struct { ${expected} }`);
  });
}

Deno.test("eventMetadata() quotes any name, and says number and log level", () => {
  const name = 'a "b" \\ \n\t\0\x1f\x7f ü😀';
  const metadata = eventMetadata({ name, id: 4095, loglevel: 3, fields: [] });
  const quoted = '"a \\"b\\" \\\\ \\n\\t\\000\\037\\177 ü😀"';
  assertEquals(
    metadata,
    `event {\n\tname = ${quoted};\n\tid = 4095;\n\tstream_id = 0;\n\tloglevel = 3;\n` +
      "\tfields := struct {\n\t};\n};\n\n",
  );
});

Deno.test("uuidText() writes a UUID as people do", () => {
  assertEquals(uuidText(uuid), "6ad89fc3-6ed8-4870-980c-ffb272a70824");
});
