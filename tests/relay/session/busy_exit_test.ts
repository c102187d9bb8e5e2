import { assert, assertEquals, assertMatch } from "@std/assert";
import { libcPath } from "../../../hw/libc.ts";
import { STEPS_AT_ONCE, stepsAtOnce } from "../at_once.ts";
import {
  beside,
  type ChildEnd,
  ignore,
  range,
  readTrace,
  runChild,
  TempDirectory,
} from "./support.ts";

const PROGRAM = beside("busy_program.ts");
const READ_WRITE = ["--allow-read", "--allow-write"];

/** How a program ended that got a signal while it was busy. */
interface BusyEnd extends ChildEnd {
  /** Milliseconds from the signal to the end. */
  readonly ms: number;
}

/** Runs the program, and sends it a signal as soon as it is busy; kills it after some milliseconds. */
async function interrupt(
  how: string,
  output: string,
  { signal = "SIGINT", flags = ["--allow-all"], killAfterMs = 8000 }: {
    readonly signal?: Deno.Signal;
    readonly flags?: readonly string[];
    readonly killAfterMs?: number;
  } = {},
): Promise<BusyEnd> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...flags, PROGRAM, how, output],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  let begin = 0;
  let timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    stdout += text;
    if (begin > 0 || !stdout.includes("busy\n")) continue;
    // It is to record something.
    await new Promise((resolve) => setTimeout(resolve, 100));
    begin = performance.now();
    child.kill(signal);
    clearTimeout(timer);
    timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  }
  const status = await child.status;
  clearTimeout(timer);
  const ms = performance.now() - begin;
  stdout = stdout.replace("busy\n", "");
  return { code: status.code, signal: status.signal, stdout, stderr: await stderr, ms };
}

/** Fails unless a trace has the numbers from 0 on, at least as many. */
async function assertNumbers(path: string, atLeast: number): Promise<void> {
  const { numbers, discarded } = await readTrace(path);
  const recorded = numbers.get(0) ?? [];
  assertEquals(recorded, range(0, recorded.length));
  assertEquals(discarded, []);
  assert(recorded.length >= atLeast, `${recorded.length} events, not ${atLeast} or more`);
}

/** Numbers a program records in a second, at the very least: on a machine that is busy, too. */
const IN_A_SECOND = 1000;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends a program that does not come to its event loop, all written`, {
    ignore,
  }, async () => {
    using directory = new TempDirectory();
    const output = `${directory.path}/trace`;
    const { ms, ...end } = await interrupt("busy", output, { signal });
    assertEquals(end, { code: signal === "SIGINT" ? 130 : 143, signal, stdout: "", stderr: "" });
    assert(ms > 900 && ms < 5000, `${ms} ms`);
    await assertNumbers(output, IN_A_SECOND);
  });
}

for (const ffi of ["--allow-ffi", `--allow-ffi=${libcPath()}`]) {
  const what = ffi.includes("=") ? "one library" : "all libraries";
  Deno.test(`a signal ends a busy program that has given up its permissions: ${what}`, {
    ignore: ignore || libcPath() === null,
  }, async () => {
    using directory = new TempDirectory();
    const output = `${directory.path}/trace`;
    const flags = [...READ_WRITE, ffi];
    const { ms: _, ...end } = await interrupt("permissions given up", output, { flags });
    assertEquals(end, { code: 130, signal: "SIGINT", stdout: "", stderr: "" });
    await assertNumbers(output, IN_A_SECOND);
  });
}

Deno.test("a signal to a busy program that may run programs, but open no library, kills it", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const flags = [...READ_WRITE, "--allow-run"];
  const { signal, stderr } = await interrupt("busy", output, { flags });
  assertEquals(signal, "SIGKILL");
  assertMatch(stderr, /^ltt-relay: SIGINT ends .* by SIGKILL: .*event loop\n$/);
  await assertNumbers(output, IN_A_SECOND);
});

Deno.test("a busy program that cannot be ended has all written, and a line says so", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const end = await interrupt("busy", output, { flags: READ_WRITE, killAfterMs: 2500 });
  assertEquals(end.signal, "SIGKILL");
  assertMatch(end.stderr, /^ltt-relay: Cannot end the program by SIGINT: .*event loop.*\n$/);
  await assertNumbers(output, IN_A_SECOND);
});

Deno.test("a flight recorder's snapshot is taken of a busy program that a signal ends", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const { signal, stderr } = await interrupt("flight recorder", output);
  assertEquals({ signal, stderr }, { signal: "SIGINT", stderr: "" });
  const snapshots = [...Deno.readDirSync(output)].filter(({ isDirectory }) => isDirectory);
  assertEquals(snapshots.map(({ name }) => name), ["snapshot-0-SIGINT"]);
  await assertNumbers(`${output}/snapshot-0-SIGINT`, IN_A_SECOND);
});

Deno.test({
  name: "a program is left to itself whose listener is called",
  ignore,
  ...STEPS_AT_ONCE,
  async fn(t) {
    const steps = new Map<string, () => Promise<void>>();
    for (const how of ["Deno listener", "process listener", "listens once, then busy"]) {
      const what = "a busy program is not ended by a signal that it listens to itself";
      steps.set(`${what}: ${how}`, async () => {
        using directory = new TempDirectory();
        const output = `${directory.path}/trace`;
        const { code, stdout, stderr } = await interrupt(how, output);
        assertEquals({ code, stderr }, { code: 5, stderr: "" });
        await assertNumbers(output, Number(stdout));
      });
    }
    // Its listener is gone a second after the signal.
    steps.set("a program whose listener has gone after the signal is left to itself", async () => {
      using directory = new TempDirectory();
      const end = await interrupt("listens once, then waits", `${directory.path}/trace`);
      assertEquals([end.code, end.stderr], [5, ""]);
    });
    await stepsAtOnce(t, steps);
  },
});

Deno.test("a program that comes to its event loop is left to itself", { ignore }, async () => {
  const end = await runChild(beside("answering_program.ts"), []);
  assertEquals(end, { code: 0, signal: null, stdout: "[]\n", stderr: "" });
});

Deno.test("a program that has taken its listener away is ended", { ignore }, async () => {
  using directory = new TempDirectory();
  const end = await interrupt("listener taken away", `${directory.path}/trace`);
  assertEquals([end.signal, end.stderr], ["SIGINT", ""]);
});

Deno.test("a signal ends a program at once that is busy for less than a second", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const { ms, signal, stderr } = await interrupt("for a while", output);
  assertEquals([signal, stderr], ["SIGINT", ""]);
  assert(ms < 900, `${ms} ms`);
  await assertNumbers(output, 100);
});

for (const how of ["no handlers", "closed"]) {
  Deno.test(`a signal ends a busy program at once, as without a session: ${how}`, {
    ignore,
  }, async () => {
    using directory = new TempDirectory();
    const { ms, signal, stderr } = await interrupt(how, `${directory.path}/trace`);
    assertEquals([signal, stderr], ["SIGINT", ""]);
    assert(ms < 500, `${ms} ms`);
  });
}
