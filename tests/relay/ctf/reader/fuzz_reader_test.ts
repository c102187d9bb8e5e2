import { CtfError, TraceReader } from "@ltt/relay/ctf";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { countDamaged, cutEverywhere, fuzzReader, readDamaged, traceBytes } from "./fuzz_reader.ts";
import { smallFile, smallMetadata } from "../small_trace.ts";

Deno.test("TraceReader() reads what is before the end of traces that are cut off", () => {
  for (let seed = 0; seed < 3; seed++) cutEverywhere(traceBytes(seed), 37);
});

Deno.test("TraceReader() and EventCounter read damaged traces, or refuse them by name", () => {
  const ended = fuzzReader(1000, Date.now() % 2 ** 31);
  assert(ended.trace > 0 && ended.error > 0, JSON.stringify(ended));
});

/** Metadata of an event with such fields, and with such types before. */
const withFields = (fields: string, types = ""): Uint8Array =>
  new TextEncoder().encode(`/* CTF 1.8 */
trace { major = 1; minor = 8; byte_order = le; };
${types}
event { name = "e"; fields := struct { ${fields} }; };
`);

const U32 = "integer { size = 32; }";

Deno.test("TraceReader() refuses arrays of nothing that are too long, whoever says it", () => {
  for (
    const fields of [
      "struct { } a[4294967295];",
      `${U32} n; struct { } a[n];`,
      "struct { struct { } b[65536]; } a[65536];",
      `${U32} n; struct { ${U32} m; struct { } b[m]; } a[1];`,
    ]
  ) {
    const stream = new Uint8Array(1 << 16).fill(255);
    const trace = { metadata: withFields(fields), stream };
    const { events, error } = readDamaged(trace, fields);
    assertEquals(events.length, 0);
    assert(error !== null, fields);
    countDamaged(trace, fields);
  }
});

Deno.test("TraceReader() refuses events without a size", () => {
  const stream = new Uint8Array(1000);
  const { error } = readDamaged({ metadata: withFields(""), stream }, "no fields");
  assertEquals(error?.message, "Cannot read an event: it has no size (stream, byte 0)");
});

Deno.test("TraceReader() refuses types that grow without end as they are declared", () => {
  const types = [0, 1, 2, 3, 4].map((i) => {
    const type = i === 0 ? U32 : `struct s${i - 1}`;
    const fields = Array.from({ length: 100 }, (_, field) => `${type} x${field};`);
    return `struct s${i} { ${fields.join(" ")} };`;
  });
  const metadata = withFields("struct s4 all;", types.join("\n"));
  assertThrows(() => new TraceReader([{ metadata, streams: [] }]), CtfError, "1000000 fields");
});

Deno.test("TraceReader() refuses types that are too deep in each other", () => {
  const braces = `${"struct { ".repeat(10_000)}${"} x; ".repeat(10_000)}`;
  const chain = Array.from({ length: 10_000 }, (_, i) => {
    return `struct s${i} { ${i === 0 ? U32 : `struct s${i - 1}`} x; };`;
  }).join("\n");
  const arrays = Array.from({ length: 10_000 }, (_, i) => {
    return `typedef ${i === 0 ? U32 : `t${i - 1}`} t${i}[1];`;
  }).join("\n");
  for (
    const metadata of [
      withFields(braces),
      withFields("struct s9999 x;", chain),
      withFields("t9999 x;", arrays),
      withFields("", `typealias ${"enum : ".repeat(50_000)}${U32} := x;`),
    ]
  ) assertThrows(() => new TraceReader([{ metadata, streams: [] }]), CtfError, "more than 64");
});

Deno.test("TraceReader() refuses packets whose sizes cannot be", () => {
  const offsets = { content: 48, packet: 56 };
  for (
    const [at, value] of [
      [offsets.content, 0n],
      [offsets.content, 8n * 83n],
      [offsets.content, 2n ** 64n - 1n],
      [offsets.packet, 0n],
      [offsets.packet, 8n * 84n + 1n],
      [offsets.packet, 2n ** 63n],
    ] as const
  ) {
    const stream = smallFile({ seq: 0, times: [1, 2], padding: 10 });
    new DataView(stream.buffer).setBigUint64(at, value, true);
    const { error } = readDamaged({ metadata: smallMetadata(), stream }, `${value} at ${at}`);
    assert(error !== null && error.offset === 0, `${value} at ${at}: ${error?.message}`);
  }
});

Deno.test("TraceReader() looks at an enumeration's labels once, however many fields are of it", () => {
  const labels = Array.from({ length: 20_000 }, (_, i) => `l${i}`).join(", ");
  const fields = Array.from({ length: 2000 }, (_, i) => `enum many f${i};`).join(" ");
  const metadata = withFields(fields, `enum many : ${U32} { ${labels} };`);
  const before = Deno.memoryUsage().heapUsed;
  const { events } = readDamaged({ metadata, stream: new Uint8Array(8000) }, "labels");
  const used = Deno.memoryUsage().heapUsed - before;
  assertEquals([events.length, String(events[0].fields.f1999)], [1, "l0"]);
  // Each field's own table of labels would be more than a megabyte.
  assert(used < 500e6, `${used} bytes`);
});

Deno.test("TraceReader() refuses variants whose options have too many labels", () => {
  const labels = Array.from({ length: 1000 }, (_, i) => `a = ${2 * i}`).join(", ");
  const variants = Array.from({ length: 60 }, (_, i) => `variant <tag> { ${U32} a; } v${i};`);
  const fields = `enum : ${U32} { ${labels} } tag; ${variants.join(" ")}`;
  const stream = new Uint8Array(1000);
  const { error } = readDamaged({ metadata: withFields(fields), stream }, "labels");
  assertEquals(error?.message.includes("variants have more than 50000 labels"), true);
});
