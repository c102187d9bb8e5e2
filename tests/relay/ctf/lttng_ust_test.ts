/*
 * Traces that the real LTTng-UST writes: a C program is compiled and traced here. What it needs are Debian's
 * `gcc`, `liblttng-ust-dev` and `lttng-tools`.
 */
import { assert, assertEquals } from "@std/assert";
import { LttngSession } from "../../bench/peers/lttng_session.ts";
import { output } from "../../bench/peers/program.ts";
import { BABELTRACE_MISSING } from "./babeltrace.ts";
import { assertAsBabeltrace, type Reading } from "./reading.ts";

const ignore = BABELTRACE_MISSING || isMissing();

function isMissing(): boolean {
  if (Deno.permissions.querySync({ name: "run" }).state !== "granted") return true;
  const programs = [["gcc", "--version"], ["lttng-sessiond", "--version"], ["lttng", "--version"]];
  const headers = ["-E", "-x", "c", "-include", "lttng/tracepoint.h", "/dev/null"];
  return [...programs, ["gcc", ...headers]].some(([program, ...args]) => {
    try {
      return !new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync()
        .success;
    } catch {
      return true;
    }
  });
}

/** Traces the program, and reads what was written as babeltrace2 does. */
async function traced(
  events: number,
  channel: readonly string[],
  contexts: readonly string[],
): Promise<Reading> {
  const directory = await Deno.makeTempDir();
  try {
    const program = `${directory}/kinds`;
    const here = `${import.meta.dirname}/lttng`;
    const flags = ["-O1", `-I${here}`, "-o", program, `${here}/kinds.c`];
    await output("gcc", { args: [...flags, "-llttng-ust", "-ldl", "-pthread"] });
    Deno.chmodSync(program, 0o755);
    await using session = new LttngSession(directory);
    const path = `${session.options.env.LTTNG_HOME}/trace`;
    await session.start("relay_kinds", { create: ["--output", path], channel, contexts });
    await output(program, { ...session.options, args: [`${events}`] });
    await session.stop();
    return await assertAsBabeltrace(path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("TraceReader() reads a trace of LTTng-UST as babeltrace2 does", { ignore }, async () => {
  const channel = ["--subbuf-size", "1M", "--num-subbuf", "4"];
  const { events, lost } = await traced(500, channel, []);
  assertEquals([events.length, lost], [2 * (500 + 500 + 72), []]);
});

Deno.test(
  "TraceReader() reads a trace of LTTng-UST that has lost events as babeltrace2 does",
  { ignore },
  async () => {
    const channel = ["--subbuf-size", "4k", "--num-subbuf", "2"];
    const { events, lost } = await traced(20_000, channel, ["vpid", "vtid", "procname"]);
    const count = lost.reduce((sum, one) => sum + one.count, 0);
    assert(count > 0, "none was lost");
    assertEquals(events[0].streamContext?.procname, "kinds");
  },
);
