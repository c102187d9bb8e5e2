/* What this module recorded is read as it was recorded, and as babeltrace2 reads it. */
import { EnumValue, type FieldValue } from "@ltt/relay/ctf";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Decoded } from "../trace/decode.ts";
import { randomTrace } from "../trace/random_trace.ts";
import { record } from "../trace/read_back.ts";
import { runs, TestTrace, withDirectory } from "../trace/support.ts";
import { BABELTRACE_MISSING } from "./babeltrace.ts";
import { assertAsBabeltrace, readAll, traceInputs } from "./reading.ts";

const FILES = ["read", "write"] as const;
const ignoreFiles = FILES.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** A random trace is recorded, and looked at. */
async function eachTrace(
  numRuns: number,
  look: (directory: string, given: ReturnType<typeof record>["given"]) => void | Promise<void>,
): Promise<void> {
  const seed = Date.now() % 2 ** 31;
  for (let i = 0; i < numRuns; i++) {
    const [random] = fc.sample(randomTrace(2000), { seed: seed + i, numRuns: 1 });
    using trace = new TestTrace(random);
    await withDirectory(async (directory) => {
      try {
        await look(directory, record(trace, random, directory).given);
      } catch (cause) {
        throw new Error(`the trace of seed ${seed + i}`, { cause });
      }
    });
  }
}

/** What was read in the words of what was stored. */
function asStored(value: FieldValue): Decoded {
  if (value instanceof EnumValue) return asStored(value.value);
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(asStored);
  const fields = Object.entries(value).filter(([name]) => !isLength(name, value));
  return Object.fromEntries(fields.map(([name, one]) => [name, asStored(one)]));
}

/** Whether a field is the length of a sequence beside it, and no field of the program's of such a name. */
function isLength(name: string, fields: object): boolean {
  if (!name.startsWith("_") || !name.endsWith("_length")) return false;
  const values = fields as Readonly<Record<string, unknown>>;
  const list = values[name.slice(1, -"_length".length)];
  return Array.isArray(list) && values[name] === list.length;
}

/** Integers as numbers where these are exact. */
function small(value: Decoded): Decoded {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if (Array.isArray(value)) return value.map(small);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, small(one)]));
}

Deno.test(
  "TraceReader() reads random events as they were recorded",
  { ignore: ignoreFiles },
  () =>
    eachTrace(runs(25), (directory, given) => {
      const { reader, events, errors } = readAll(traceInputs(directory));
      assertEquals(errors, []);
      for (const event of events) {
        const { stored } = given.get(reader.beginNs + BigInt(event.time))!;
        assertEquals(asStored(event.fields), small(stored));
      }
    }),
);

Deno.test(
  "TraceReader() reads random recorded events as babeltrace2 does, and what was lost",
  { ignore: BABELTRACE_MISSING },
  () =>
    eachTrace(runs(15), async (directory) => {
      await assertAsBabeltrace(directory);
    }),
);
