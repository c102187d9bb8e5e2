import { sumLost } from "@ltt/relay/session";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { beside as besideSession, ignore, readTrace, TempDirectory } from "../session/support.ts";

const PROGRAM = new URL("./disk_program.ts", import.meta.url).pathname;
/** Bytes of a packet whose sub-buffer is full. */
const PACKET = 65_536;
/** KiB a file may have: a packet and a half, behind which writing fails within the packet. */
const LIMIT_KIB = 96;

/** Whether a shell can limit the length of files. */
const noLimit = ignore || !limits();

function limits(): boolean {
  if (Deno.build.os === "windows") return false;
  try {
    const script = `ulimit -f ${LIMIT_KIB}; trap "" XFSZ; ulimit -f`;
    const { stdout } = new Deno.Command("bash", { args: ["-c", script] }).outputSync();
    return new TextDecoder().decode(stdout).trim() === `${LIMIT_KIB}`;
  } catch {
    return false;
  }
}

/** How a program ended. */
interface End {
  readonly stderr: string;
  readonly stdout: string;
}

/** Runs a program behind what a shell does first; fails unless it comes to its end by itself. */
async function runBehind(shell: string, program: string, args: readonly string[]): Promise<End> {
  // Caches of the runtime's are files too.
  const run = ["run", "--quiet", "--no-code-cache", "--allow-all", program, ...args];
  const child = new Deno.Command("bash", {
    args: ["-c", shell, "bash", Deno.execPath(), ...run],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const output = await child.output();
  clearTimeout(timer);
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  assertEquals([output.code, output.signal], [0, null], `the program ends by itself: ${stderr}`);
  return { stdout, stderr };
}

/** What the program printed whose files may have so many KiB. */
async function runOnSmallDisk(how: string, output: string) {
  const shell = `ulimit -f ${LIMIT_KIB}; trap "" XFSZ; exec "$@"`;
  const { stdout, stderr } = await runBehind(shell, PROGRAM, [how, output]);
  const { lost, ...said } = JSON.parse(stdout);
  const lines = stderr.trimEnd().split("\n").filter((line) => line !== "");
  for (const line of lines) assertMatch(line, /^ltt-relay: /, "only lines of the session's");
  return { ...said, lost: sumLost(lost), lines } as {
    readonly asked: readonly string[];
    readonly closed: string;
    readonly tried: number;
    readonly events: number;
    readonly lost: number;
    readonly lines: readonly string[];
  };
}

for (const how of ["closes", "just ends"]) {
  Deno.test(
    `a disk that is full within a packet is said, and the packets before it are read, when the program ${how}`,
    {
      ignore: noLimit,
    },
    async () => {
      using directory = new TempDirectory();
      const output = `${directory.path}/trace`;
      const { asked, closed, tried, events, lost, lines } = await runOnSmallDisk(how, output);
      const why = `Cannot write trace ${output}: Error: File too large (os error 27)`;
      assertEquals(asked, ["", why], "flush() before and after the disk is full");
      assertEquals(closed, how === "closes" ? why : "", "close() throws why");
      assertEquals(lines.filter((line) => line === `ltt-relay: ${why}`).length, 1, "said once");
      assertEquals(events + lost, tried, "every event is recorded or counted as lost");
      // An empty packet of a page comes first.
      const { size } = Deno.statSync(`${output}/channel0_0`);
      assertEquals(size % PACKET, 4096, `what there was of a packet is cut off: ${size} bytes`);
      const numbers = (await readTrace(output)).numbers.get(0)!;
      assert(numbers.length > 5000, `${numbers.length} events are read, more than at the flush()`);
      assert(numbers.every((n, i) => n === i), "what is read is in order, and none is missing");
      const unwritten = /^ltt-relay: up to (\d+) bytes of events were recorded and not written$/;
      const named = lines.map((line) => unwritten.exec(line)?.[1]).filter((bytes) => bytes);
      const missing = 10 * (events - numbers.length);
      assertEquals(named.length, 1, `how much is missing is said once: ${lines}`);
      const bytes = Number(named[0]);
      assert(bytes >= missing && bytes < missing + 200, `${bytes} for ${missing} bytes`);
      if (lost === 0) return;
      assert(
        lines.some((line) => line.includes(` ${lost} events lost`)),
        `losses are said: ${lines}`,
      );
    },
  );
}

Deno.test("snapshot() throws when the disk is full within a packet, and what is there is read", {
  ignore: noLimit,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const { asked, closed, tried, events, lost } = await runOnSmallDisk("flight recorder", output);
  const [small, ...large] = asked;
  assertEquals(small, "", "a snapshot that has room");
  for (const [i, name] of ["snapshot-1-large", "snapshot-2-again"].entries()) {
    const why = `Cannot write snapshot ${output}/${name}: Error: File too large (os error 27)`;
    assertEquals(large[i], why, "a snapshot that has not");
    const { numbers } = await readTrace(`${output}/${name}`);
    const newest = numbers.get(0)!;
    assert(newest.length > 5000, `${newest.length} events are read of ${name}`);
    assert(newest.every((n, i) => n === newest[0] + i), `${name} has no gap`);
  }
  assertEquals((await readTrace(`${output}/snapshot-0-small`)).events.length, 5000);
  assertEquals([closed, events, lost], ["", tried, 0], "the recorder goes on, and loses nothing");
});

Deno.test("a program ends as it should, when what is said of losses has no room", {
  ignore: noLimit,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const program = besideSession("loss_program.ts");
  const { stdout } = await runBehind(`exec "$@" 2> /dev/full`, program, [output, "just end"]);
  const { events, lost } = JSON.parse(stdout);
  const trace = await readTrace(output);
  assertEquals([trace.events.length, trace.lost], [events, sumLost(lost)], "recorded and lost");
});
