import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BlackBox, BoxFile } from "../../../relay/blackbox/mod.ts";
import {
  cannotMount,
  damage,
  filesIn,
  makeReadOnly,
  mountDisk,
  unmountDisk,
} from "../blackbox/boxes.ts";
import { ignore, ignoreReading } from "../blackbox/support.ts";
import { range, readTrace, until } from "../session/support.ts";

const main = new URL("../../../relay/cli/mod.ts", import.meta.url).pathname;
const programs = new URL("./programs/", import.meta.url).pathname;

interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Starts Deno in a directory. */
function start(cwd: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

async function finish(child: Deno.ChildProcess): Promise<Finished> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** Runs `deno task recover` in a directory, with all permissions or with some. */
function recover(
  cwd: string,
  args: readonly string[],
  permissions: readonly string[] = ["--allow-all"],
): Promise<Finished> {
  return finish(start(cwd, [...permissions, main, "recover", ...args]));
}

/** Leaves the black box `box` of a program that has recorded so many events and was killed. */
async function killed(directory: string, events: number): Promise<void> {
  const args = ["--allow-all", `${programs}boxed.ts`, `${directory}/box`, `${events}`, "die"];
  await finish(start(directory, args));
}

/** A program that records to the black box `box` until it is disposed of, and goes on to do so. */
class Living implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#reader = child.stdout.getReader();
  }

  /** Resolves when it has recorded so many events. */
  static async start(directory: string, events: number): Promise<Living> {
    const args = ["--allow-all", `${programs}boxed.ts`, `${directory}/box`, `${events}`, "go on"];
    const living = new Living(start(directory, args));
    await living.#reader.read();
    return living;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Kills it, and waits for its end. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      return;
    }
    await Promise.all([this.#reader.cancel(), this.#child.stderr.cancel(), this.#child.status]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** A test in a folder of its own, which is gone afterwards. */
function test(
  name: string,
  body: (directory: string) => Promise<void>,
  isIgnored: boolean = ignore,
): void {
  Deno.test({
    name: `deno task recover ${name}`,
    ignore: isIgnored,
    async fn() {
      const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "ltt-box-" }));
      try {
        await body(directory);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

function stateOf(path: string): string {
  using box = new BoxFile(path, false);
  return box.state;
}

/** Numbers of the events of that name in a trace. */
async function numbersOf(trace: string, name = "t:n"): Promise<number[]> {
  const { events } = await readTrace(trace);
  return events.filter((event) => event.name === name).map(({ fields }) => fields.n as number);
}

test(
  "completes what record has written of a program that was killed, as record says",
  async (directory) => {
    const record = [main, "record", "--black-box", "box", "--out", "trace", "--allow-run"];
    const args = ["--allow-all", ...record, `${programs}killed.ts`, "5000"];
    const recorded = await finish(start(directory, args));
    assertEquals([recorded.code, recorded.out], [137, "counted\n"], recorded.err);
    const hint =
      `  The program ended before all was written. What it had recorded is in the black box:\n\n` +
      `  deno run -A ${main} recover ${directory}/box --out ${directory}/trace\n`;
    assertStringIncludes(recorded.err, hint);
    assertEquals(stateOf(`${directory}/box`), "holds a trace");

    const { code, out, err } = await recover(directory, [
      `${directory}/box`,
      "--out",
      `${directory}/trace`,
    ]);
    assertEquals([code, out], [0, ""], err);
    assertMatch(err, /^ {2}of process \d+, which began at \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
    assertMatch(err, /^ {2}trace got \d+ packets?, and is complete now$/m);
    assertStringIncludes(err, "; no slot reserved and not committed; none lost\n");
    assertStringIncludes(err, "\n  babeltrace2 trace\n");
    assertEquals(await numbersOf(`${directory}/trace`, "counts:n"), range(0, 5000));
    assertEquals(stateOf(`${directory}/box`), "recovered");
    const streams = [...filesIn(`${directory}/trace`)].filter(([name]) =>
      name.startsWith("channel")
    );
    assertEquals(
      streams.filter(([, { length }]) => length === 0),
      [],
      "no files of streams not had",
    );

    const before = filesIn(`${directory}/trace`);
    const again = await recover(directory, ["box", "--out", "trace"]);
    assertEquals(again.code, 0, again.err);
    assertStringIncludes(again.err, "  trace got 0 packets");
    assertEquals(filesIn(`${directory}/trace`), before, "twice is as once");
  },
  ignoreReading,
);

test("makes a trace of a flight recorder that was killed, as record says", async (directory) => {
  const record = [main, "record", "--flight-recorder", "--black-box", "box", "--out", "trace"];
  const args = ["--allow-all", ...record, "--allow-run", `${programs}killed.ts`, "5000"];
  const recorded = await finish(start(directory, args));
  assertStringIncludes(recorded.err, `\n\n  deno run -A ${main} recover ${directory}/box\n`);
  const { code, err } = await recover(directory, ["box"]);
  assertEquals(code, 0, err);
  assertStringIncludes(err, "\n  babeltrace2 box-trace\n");
  assertEquals(await numbersOf(`${directory}/box-trace`, "counts:n"), range(0, 5000));
  const snapshots = [...Deno.readDirSync(`${directory}/trace`)].filter((one) => one.isDirectory);
  assertEquals(snapshots, [], "it had no time for one");
  const there = await recover(directory, ["box", "--out", "trace"]);
  assertEquals(there.code, 0, there.err);
  assertEquals(await numbersOf(`${directory}/trace`, "counts:n"), range(0, 5000), "in its place");
}, ignoreReading);

test("makes a trace of its own of streams that were rotated, as record says", async (directory) => {
  const rotated = ["--max-file-size", "65536", "--out", "trace", "--allow-run"];
  const args = ["--allow-all", main, "record", "--black-box", "the box", ...rotated];
  const recorded = await finish(start(directory, [...args, `${programs}killed.ts`, "100"]));
  assertStringIncludes(recorded.err, `\n\n  deno run -A ${main} recover '${directory}/the box'\n`);
  // It may have been killed before it had written to one.
  Deno.openSync(`${directory}/trace/channel0_0_0`, { create: true, write: true }).close();
  const refused = await recover(directory, ["the box", "--out", "trace"]);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.err, "its streams are in several files each");
  const { code, err } = await recover(directory, ["the box"]);
  assertEquals(code, 0, err);
  assertEquals(await numbersOf(`${directory}/the box-trace`, "counts:n"), range(0, 100));
}, ignoreReading);

test("leaves a black box that record uses again", async (directory) => {
  const record = ["--allow-all", main, "record", "--black-box", "box", "--out", "trace"];
  const args = [...record, "--allow-run", `${programs}killed.ts`, "10"];
  assertEquals((await finish(start(directory, args))).code, 137);
  const refused = await finish(start(directory, args));
  assertEquals([refused.code, refused.out], [1, ""]);
  const why = "it holds a trace that was not recovered: recover it, or remove it";
  assertStringIncludes(refused.err, `cannot make black box ${directory}/box: ${why}`);
  assertEquals((await recover(directory, ["box", "--out", "trace"])).code, 0);
  assertEquals((await finish(start(directory, args))).code, 137);
});

test("makes a trace beside the file, and prints JSON if asked to", async (directory) => {
  await killed(directory, 1000);
  const { code, out, err } = await recover(directory, ["box", "--json"]);
  assertEquals([code, err], [0, ""], out);
  const { trace, facts, streams, ...rest } = JSON.parse(out);
  assertEquals([trace, out.split("\n").length], [`${directory}/box-trace`, 2]);
  assertEquals(Object.keys(facts), ["pid", "startedAt", "mode", "output", "nodes"]);
  assertEquals([facts.mode, facts.output], ["continuous", null]);
  assertEquals(rest, { faults: [], faultCount: 0, isAll: true });
  const [{ cpu, thread, subbufs, openSlots, lost }] = streams;
  assertEquals([streams.length, cpu, thread, subbufs, openSlots, lost], [1, 0, "main", 3, 0, 0]);
  assertEquals(await numbersOf(trace), range(0, 1000));
}, ignoreReading);

test("says how many events there were", async (directory) => {
  await killed(directory, 1000);
  const { err, code } = await recover(directory, ["box"]);
  assertEquals(code, 0, err);
  assertMatch(err, /^ {2}0 +main +1000 +10008 +3 +0 +0$/m);
  assertStringIncludes(err, "  1000 events in 3 sub-buffers, 10.0 KB; no slot reserved");
});

test(
  "ends with 1 and names what is damaged, of which the rest is in the trace",
  async (directory) => {
    await killed(directory, 1000);
    damage(`${directory}/box`, (memory) => {
      new DataView(memory.ram, memory.ring(0).subbufAddress(2)).setUint32(80, 3, true);
    });
    const { code, out, err } = await recover(directory, ["box"]);
    assertEquals([code, out], [1, ""]);
    const fault = "CPU 0: Cannot read sub-buffer 2: its packet's header is damaged";
    assertStringIncludes(err, `\n  damaged, left out: ${fault}\n`);
    assertEquals(stateOf(`${directory}/box`), "holds a trace", "it was not all");
    const numbers = await numbersOf(`${directory}/box-trace`);
    assert(numbers.length > 500 && numbers.at(-1) === 999, `${numbers.length} events`);
  },
  ignoreReading,
);

test("refuses while the program runs, and --live looks", async (directory) => {
  await using living = await Living.start(directory, 1000);
  const refused = await recover(directory, ["box"]);
  const why = `process ${living.pid} still records to it; --live looks without disturbing it`;
  assertEquals([refused.code, refused.out, refused.err], [
    1,
    "",
    `error: Cannot recover ${directory}/box: ${why}\n`,
  ]);
  const { code, err } = await recover(directory, ["box", "--live", "--out", "live"]);
  assertEquals(code, 0, err);
  const numbers = await numbersOf(`${directory}/live`);
  assertEquals(numbers, range(0, numbers.length));
  assert(numbers.length >= 1000, `${numbers.length} events`);
  assertEquals(stateOf(`${directory}/box`), "holds a trace");
}, ignoreReading);

test("that was refused can be repeated when the program is gone", async (directory) => {
  await using living = await Living.start(directory, 1000);
  assertEquals((await recover(directory, ["box"])).code, 1);
  await living.kill();
  const { code, err } = await recover(directory, ["box"]);
  assertEquals(code, 0, err);
  assert((await numbersOf(`${directory}/box-trace`)).length >= 1000);
}, ignoreReading);

test(
  "goes on where a recovery was broken off before it had written anything",
  async (directory) => {
    await killed(directory, 1000);
    Deno.mkdirSync(`${directory}/box-trace`);
    Deno.writeTextFileSync(`${directory}/box-trace/metadata`, "");
    const { code, err } = await recover(directory, ["box"]);
    assertEquals(code, 0, err);
    assertEquals(await numbersOf(`${directory}/box-trace`), range(0, 1000));
  },
  ignoreReading,
);

test("completes what --live has taken when the program is gone", async (directory) => {
  await using living = await Living.start(directory, 1000);
  assertEquals((await recover(directory, ["box", "--live"])).code, 0);
  const before = await numbersOf(`${directory}/box-trace`);
  await living.kill();
  const { code, err } = await recover(directory, ["box"]);
  assertEquals(code, 0, err);
  const numbers = await numbersOf(`${directory}/box-trace`);
  assertEquals(numbers, range(0, numbers.length), "none twice, none missing");
  assert(numbers.length >= before.length, `${numbers.length} events, then ${before.length}`);
}, ignoreReading);

test("takes a program for gone whose own processes live on", async (directory) => {
  const args = ["--allow-all", `${programs}boxed.ts`, `${directory}/box`, "10", "orphan"];
  // What it started has its standard output closed.
  const { out } = await finish(start(directory, args));
  try {
    const { code, err } = await recover(directory, ["box"]);
    assertEquals(code, 0, err);
    assertEquals(await numbersOf(`${directory}/box-trace`), range(0, 10));
  } finally {
    Deno.kill(Number(out), "SIGKILL");
  }
}, ignoreReading);

test("--attach takes all of a program until that is killed", async (directory) => {
  await using living = await Living.start(directory, 1000);
  const attached = start(directory, ["--allow-all", main, "recover", "box", "--attach", "--json"]);
  await until(
    "there is more than it had",
    () => sizeOf(`${directory}/box-trace/channel0_0`) > 4 * 4096,
  );
  await living.kill();
  const { code, out, err } = await finish(attached);
  assertEquals([code, err], [0, ""]);
  const { isAll, streams } = JSON.parse(out);
  assertEquals([isAll, streams[0].lost], [true, 0]);
  const numbers = await numbersOf(`${directory}/box-trace`);
  assertEquals(numbers, range(0, numbers.length));
  assert(numbers.length > 1000, `${numbers.length} events`);
  assertEquals(stateOf(`${directory}/box`), "recovered");
}, ignoreReading);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(
    `--attach ends on ${signal} with what it has, and the program goes on`,
    async (directory) => {
      await using living = await Living.start(directory, 1000);
      const attached = start(directory, ["--allow-all", main, "recover", "box", "--attach"]);
      await until("it drains", () => sizeOf(`${directory}/box-trace/channel0_0`) > 2 * 4096);
      attached.kill(signal);
      const { code, err } = await finish(attached);
      assertEquals(code, 0, err);
      const before = await numbersOf(`${directory}/box-trace`);
      assertEquals(before, range(0, before.length));
      assertEquals(stateOf(`${directory}/box`), "holds a trace");
      await living.kill();
      assertEquals((await recover(directory, ["box"])).code, 0, "the rest");
      const numbers = await numbersOf(`${directory}/box-trace`);
      assertEquals(numbers, range(0, numbers.length));
    },
    ignoreReading,
  );
}

/** A black box of a program that is gone, with facts that were not those of a program. */
function hostileBox(directory: string): void {
  const box = new BlackBox(`${directory}/box`, 16);
  const output = "/tmp/\x1b]0;owned\x07\x1b[2J";
  const facts = { pid: 7, startedAt: "now", mode: "continuous", output, nodes: [16] };
  box.describe({ registryPfn: 1, cpus: 2, uuid: new Uint8Array(16), facts });
  box.close();
}

test("--attach refuses what a session writes itself, and prints its name harmlessly", async (directory) => {
  hostileBox(directory);
  const { code, err } = await recover(directory, ["box", "--attach"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "its own session writes it to /tmp/");
  // deno-lint-ignore no-control-regex
  assertEquals(err.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g), null, JSON.stringify(err));
});

const refused: [string, (directory: string) => void, string][] = [
  ["a file that is not there", () => {}, "no such file or directory"],
  [
    "a file that is no black box",
    (directory) => Deno.writeTextFileSync(`${directory}/box`, "years of work"),
    "cannot read black box BOX: it is none",
  ],
  ["a directory", (directory) => Deno.mkdirSync(`${directory}/box`), ""],
];
for (const [what, make, why] of refused) {
  test(`refuses ${what} with one line, and makes no trace`, async (directory) => {
    make(directory);
    const { code, out, err } = await recover(directory, ["box"]);
    assertEquals([code, out], [1, ""]);
    const message = `error: Cannot recover ${directory}/box: ${
      why.replace("BOX", `${directory}/box`)
    }`;
    assertEquals(err.slice(0, message.length), message);
    assertEquals(err.split("\n").length, 2, "one line");
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assertEquals(names.filter((name) => name !== "box"), []);
  });
}

test("refuses a directory that holds something else, and leaves it alone", async (directory) => {
  await killed(directory, 10);
  const out = `${directory}/mine`;
  Deno.mkdirSync(out);
  Deno.writeTextFileSync(`${out}/thesis.txt`, "years of work");
  const { code, err } = await recover(directory, ["box", "--out", "mine"]);
  const why = `cannot complete trace ${out}: it holds "thesis.txt"`;
  assertEquals([code, err], [1, `error: Cannot write trace to ${out}: ${why}\n`]);
  assertEquals([...filesIn(out).keys()], ["thesis.txt"]);
  assertEquals(stateOf(`${directory}/box`), "holds a trace");
});

test("refuses the trace of another program, and leaves it alone", async (directory) => {
  await killed(directory, 10);
  assertEquals((await recover(directory, ["box", "--out", "trace"])).code, 0);
  const before = filesIn(`${directory}/trace`);
  await killed(directory, 10);
  const { code, err } = await recover(directory, ["box", "--out", "trace"]);
  const why = `cannot complete trace ${directory}/trace: it is another one`;
  assertEquals([code, err], [1, `error: Cannot write trace to ${directory}/trace: ${why}\n`]);
  assertEquals(filesIn(`${directory}/trace`), before);
});

test("needs to read and write the file and the trace, nothing else", async (directory) => {
  await killed(directory, 1000);
  const [box, out] = [`${directory}/box`, `${directory}/trace`];
  const permissions = [`--allow-read=${box},${out}`, `--allow-write=${box},${out}`];
  for (const what of ["new", "that is completed"]) {
    // From a directory that may not be read.
    const { code, err } = await recover("/", [box, "--out", out], permissions);
    assertEquals(code, 0, `a trace ${what}: ${err}`);
    assertEquals(await numbersOf(out), range(0, 1000), `a trace ${what}`);
  }
  assertEquals(stateOf(box), "recovered");
}, ignoreReading);

test("--live needs to read the file, and to write the trace", async (directory) => {
  await using _ = await Living.start(directory, 1000);
  const [box, out] = [`${directory}/box`, `${directory}/trace`];
  const permissions = [`--allow-read=${box},${out}`, `--allow-write=${out}`];
  const { code, err } = await recover("/", [box, "--live", "--out", out], permissions);
  assertEquals(code, 0, err);
  assert((await numbersOf(out)).length >= 1000);
}, ignoreReading);

test("--attach needs --allow-ffi, and to write a file beside the black box", async (directory) => {
  await killed(directory, 1000);
  const [box, out] = [`${directory}/box`, `${directory}/trace`];
  const writes = `--allow-write=${box},${box}.drained,${out}`;
  const permissions = [`--allow-read=${box},${box}.drained,${out}`, writes, "--allow-ffi"];
  const { code, err } = await recover("/", [box, "--attach", "--out", out], permissions);
  assertEquals(code, 0, err);
  assertEquals(await numbersOf(out), range(0, 1000));
}, ignoreReading);

test("--attach says that it takes --allow-ffi", async (directory) => {
  await killed(directory, 10);
  const { code, err } = await recover(directory, ["box", "--attach"], ["-R", "-W"]);
  assertEquals(code, 1);
  assertStringIncludes(err, `${directory}/box: it takes --allow-ffi, and Linux or macOS`);
});

test(
  "recovers a file that may not be written, and says that it stays as it is",
  async (directory) => {
    await killed(directory, 1000);
    const [box, out] = [`${directory}/box`, `${directory}/trace`];
    const permissions = [`--allow-read=${box},${out}`, `--allow-write=${out}`];
    const { code, err } = await recover(directory, [box, "--out", out], permissions);
    assertEquals(code, 0, err);
    assertEquals(await numbersOf(out), range(0, 1000));
    assertEquals(stateOf(box), "holds a trace");
    assertMatch(
      err,
      /may not be written|cannot be written|still says/,
      "that its state is not set",
    );
  },
  ignoreReading,
);

test("recovers a file on a disk that is read-only", async (directory) => {
  await killed(directory, 1000);
  const disk = `${directory}/disk`;
  Deno.mkdirSync(disk);
  assert(mountDisk(disk, 64 * 2 ** 20));
  try {
    Deno.copyFileSync(`${directory}/box`, `${disk}/box`);
    assert(makeReadOnly(disk));
    const { code, err } = await recover(directory, ["disk/box", "--out", "trace"]);
    assertEquals(code, 0, err);
    assertEquals(await numbersOf(`${directory}/trace`), range(0, 1000));
  } finally {
    unmountDisk(disk);
  }
}, ignoreReading || cannotMount());

test("says that the trace cannot be written", async (directory) => {
  await killed(directory, 10);
  const [box, out] = [`${directory}/box`, `${directory}/trace`];
  const { code, err } = await recover(directory, ["box", "--out", out], [
    `--allow-read=${directory}`,
    `--allow-write=${box}`,
  ]);
  const message = `error: Cannot write trace to ${out}: not allowed, Requires write access to`;
  assertEquals([code, err.slice(0, message.length)], [1, message]);
});

test("--help says what there is", async (directory) => {
  const { code, out, err } = await recover(directory, ["--help"], []);
  assertEquals([code, err], [0, ""]);
  for (const option of ["--out", "--live", "--attach", "--json", "--cwd"]) {
    assertStringIncludes(out, `\n  ${option} `);
  }
});

test("ends with one line for arguments it does not understand", async (directory) => {
  const { code, out, err } = await recover(directory, ["box", "--live", "--attach"]);
  assertEquals([code, out], [1, ""]);
  assertEquals(err, "error: Cannot use both --live and --attach\n");
});

test("starts relative paths at --cwd", async (directory) => {
  await killed(directory, 10);
  const { code, err } = await recover("/", ["box", "--cwd", directory, "--out", "there"]);
  assertEquals(code, 0, err);
  assertStringIncludes(err, `\n  babeltrace2 `);
  assertEquals([...filesIn(`${directory}/there`).keys()], ["channel0_0", "metadata"]);
});

/** Bytes of a file, 0 if it is not there. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
