import type { FieldLike } from "@ltt/relay/ctf";
import type { TracepointOf } from "@ltt/relay/trace";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BABELTRACE_MISSING } from "../ctf/babeltrace.ts";
import { TempDirectory } from "../session/support.ts";
import { randomEvents, randomTrace } from "../trace/random_trace.ts";
import { TestTrace } from "../trace/support.ts";
import { type HandMade, number, text, writeHandMade } from "../view/hand_made_trace.ts";
import { babeltraceText, ignore, view, writeClockless } from "./view_support.ts";

const UINT8 = "integer { size = 8; align = 8; base = 8; }";
const handMade: Readonly<Record<string, HandMade>> = {
  "integers of any size and base": {
    fields: [2, 8, 10, 16].flatMap((base) =>
      ["true", "false"].map((signed) =>
        [3, 5, 8, 33, 60, 64].map((size) =>
          `integer { size = ${size}; align = 1; signed = ${signed}; base = ${base}; } ` +
          `f${base}_${size}_${signed};`
        ).join(" ")
      )
    ).join(" "),
    payloads: [0x00, 0xff, 0x81, 0x5a].map((byte) => Array<number>(173).fill(byte)),
  },
  "floating-point numbers": {
    fields: "floating_point { exp_dig = 11; mant_dig = 53; align = 8; } f;",
    payloads: [0, -0, 1.5, 0.1, 1e300, 123456.5, 1e-5, 1e-320, 999999.5, NaN, -Infinity].map((
      one,
    ) => [...new Uint8Array(new Float64Array([one]).buffer)]),
  },
  "texts with every character that is escaped": {
    fields: "string a; integer { size = 8; encoding = UTF8; } b[4]; string c;",
    payloads: [
      [...Array.from({ length: 127 }, (_, i) => i + 1), 0, ...text("abc"), ...text("äß€😀\u0085")],
      [...text("?'\"\\"), 0x61, 0x62, 0x63, 0x64, ...text("x")],
    ],
  },
  "values of enumerations": {
    fields:
      'enum : integer { size = 8; signed = true; base = 16; } { "A" = 1, B = 2 ... 5, "C" = 4, ' +
      '"q\\"uo\\nte\\001" = -3 } e;',
    payloads: [[1], [4], [99], [0xfd]],
  },
  "structures, arrays and sequences": {
    fields: `struct { uint8_t a; struct { uint8_t x; } b; struct { } e; } s; uint8_t z[0]; ` +
      `uint8_t n; ${UINT8} q[n]; struct { uint8_t v; } l[2]; uint8_t m[2][2]; uint8_t _a; uint8_t __b;`,
    payloads: [[1, 2, 2, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8]],
  },
  "variants": {
    fields: "enum : uint8_t { a, b, c } tag; " +
      "variant <tag> { uint8_t a; struct { uint8_t q; string w; } b; string c; } v;",
    payloads: [[0, 7], [1, 5, ...text("hi")], [2, ...text("yo")]],
  },
  "several contexts": {
    fields: "uint8_t a;",
    payloads: [[1], [2]],
    env: 'hostname = "host"; procname = "program"; vpid = 5; domain = "ust";',
    packetContext: `uint32_t cpu_id; ${UINT8} mode;`,
    packetContextBytes: [...number(3n, 4), 0o17],
    stream: `event.context := struct { ${UINT8} _vtid; };`,
    event: `context := struct { ${UINT8} _level; };`,
    contextBytes: [9, 10],
  },
  "events without fields": { fields: "", payloads: [[], []], env: "vpid = 7;" },
  "times before and behind a whole second": {
    fields: "uint8_t a;",
    payloads: [[1], [2]],
    beginNs: 1_700_000_000_999_999_500n,
  },
};
for (const [what, trace] of Object.entries(handMade)) {
  Deno.test(
    `view() shows ${what} as Babeltrace does`,
    { ignore: ignore || BABELTRACE_MISSING },
    async () => {
      using directory = new TempDirectory();
      writeHandMade(`${directory.path}/t`, trace);
      const expected = await babeltraceText(`${directory.path}/t`);
      const { code, out, err } = await view(["--format", "babeltrace", `${directory.path}/t`]);
      assertEquals([out, err, code], [expected, "", 0]);
      assertEquals(out.split("\n").length, trace.payloads.length + 1);
    },
  );
}

Deno.test(
  "view() shows random events as Babeltrace does",
  { ignore: ignore || BABELTRACE_MISSING },
  async () => {
    for (let seed = 1; seed <= 3; seed++) {
      using directory = new TempDirectory();
      const path = `${directory.path}/t`;
      const [random] = fc.sample(randomTrace(1000), { seed: seed + Date.now() % 1e6, numRuns: 1 });
      using trace = new TestTrace({ ...random, offsetNs: 1_700_000_000_123_456_789n });
      const consumed = trace.consume(path);
      const tracepoints = random.tracepoints.map(({ name, fields }) =>
        trace.tracepoint(name, ...fields) as TracepointOf<FieldLike[]>
      );
      for (const { tracepoint, step, values } of randomEvents(random)) {
        trace.time += step;
        tracepoints[tracepoint](...values.map(withoutEmpty) as never[]);
        consumed.drain();
      }
      consumed.close();
      const expected = await babeltraceText(path);
      const { out } = await view(["--format", "babeltrace", path]);
      const [shown, right] = [out, expected.replaceAll("-nan", "nan")]
        .map((all) => all.split("\n"));
      const first = shown.findIndex((line, i) => line !== right[i]);
      assertEquals([shown.length, shown[first]], [right.length, right[first]]);
    }
  },
);

/** Of an empty text babeltrace2 2.0.4 may show an earlier event's, and a NaN has a sign for it. */
function withoutEmpty(value: unknown): unknown {
  if (value === "") return "empty";
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutEmpty(one)]));
}

for (const zone of ["UTC", "America/New_York", "Asia/Kolkata"]) {
  Deno.test(`view() shows times of day in ${zone} as Babeltrace does`, {
    ignore: ignore || BABELTRACE_MISSING,
  }, async () => {
    using directory = new TempDirectory();
    writeHandMade(directory.path, { fields: "uint8_t a;", payloads: [[1]] });
    const env = { TZ: zone };
    const { out } = await view(["--format", "babeltrace", directory.path], env);
    assertEquals(out, await babeltraceText(directory.path, env));
  });
}

Deno.test("view() shows a trace without a clock as Babeltrace does, without times", {
  ignore: ignore || BABELTRACE_MISSING,
}, async () => {
  using directory = new TempDirectory();
  const { path } = directory;
  writeClockless(path);
  const { code, out, err } = await view(["--format", "babeltrace", path]);
  assertEquals([code, out, err], [0, "e: { n = 1 }\ne: { n = 2 }\n", ""]);
  assertEquals(out, await babeltraceText(path));
});
