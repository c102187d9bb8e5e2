import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { finish, type Finished, MAIN, start as startDeno, testCommand } from "./support.ts";

const needed = ["run", "read", "write"] as const;
const ignore = needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** Starts the program with exactly the permissions that `deno task relay` gives it, or others. */
function start(
  directory: string,
  args: readonly string[],
  permissions: readonly string[] = ["--allow-read", "--allow-write"],
): Deno.ChildProcess {
  return startDeno([...permissions, MAIN, "relay", "--cwd", directory, ...args]);
}

function run(directory: string, ...args: string[]): Promise<Finished> {
  return finish(start(directory, args));
}

function test(name: string, body: (directory: string) => Promise<void>, skip = false): void {
  testCommand(`relay ${name}`, ignore || skip, body);
}

/** Bytes that differ from place to place. */
function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * seed + (i >> 8) + (i >> 16));
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length, "lengths");
  assertEquals(actual.findIndex((byte, i) => byte !== expected[i]), -1, "first byte that differs");
}

async function names(directory: string): Promise<string[]> {
  const found = [];
  for await (const entry of Deno.readDir(directory)) found.push(entry.name);
  return found.sort();
}

test("relays several files, each to the CPU whose turn it is", async (directory) => {
  const inputs = [bytes(100, 3), bytes(4096, 5), bytes(70_000, 7), bytes(0, 1), bytes(5, 11)];
  for (const [i, data] of inputs.entries()) await Deno.writeFile(`${directory}/in${i}`, data);
  const files = inputs.map((_, i) => `in${i}`);
  const { code, out, err } = await run(directory, "--cpus", "3", "--out", "o", ...files);
  assertEquals(code, 0, err);
  assertEquals(await names(`${directory}/o`), ["relay0", "relay1", "relay2", "relay3"]);
  const outputs = await Promise.all(
    [0, 1, 2, 3].map((cpu) => Deno.readFile(`${directory}/o/relay${cpu}`)),
  );
  // Half-way lies in file 2, which began on CPU 2 and, that being down by then, ends on CPU 0.
  const [in0, in1, in2, in3, in4] = inputs;
  assertEquals(outputs, [
    new Uint8Array([...in0, ...in2.subarray(65536)]),
    new Uint8Array([...in1, ...in3]),
    in2.slice(0, 65536),
    in4,
  ]);
  assertStringIncludes(out, "CPU hotplug: cpu_up(3): done; cpu_down(2): done");
  assertMatch(out, /^ {2}all +5 +74201 +\d+$/m);
  assertMatch(out, /^ {2}node +numa_hit +numa_miss/m);
  assertMatch(out, /^ {2}1 +128 +0 +0 +0 +0 +128$/m);
  assertStringIncludes(err, "100 %");
});

test("relays a file much larger than a buffer, whole", async (directory) => {
  const data = bytes(3_000_001, 13);
  await Deno.writeFile(`${directory}/big`, data);
  const { code, err } = await run(directory, "--cpus", "2", "big");
  assertEquals(code, 0, err);
  const first = await Deno.readFile(`${directory}/relay-out/relay0`);
  assertSameBytes(first, data);
});

test("goes on on another CPU when a file's CPU goes down", async (directory) => {
  const data = bytes(1_000_000, 17);
  await Deno.writeFile(`${directory}/big`, data);
  const { code, out } = await run(directory, "--cpus", "1", "--nodes", "1", "big");
  assertEquals(code, 0);
  assertMatch(out, /^ {2}0 +offline/m);
  const parts = await Promise.all(
    [0, 1].map((cpu) => Deno.readFile(`${directory}/relay-out/relay${cpu}`)),
  );
  assert(parts[1].length > 0, "nothing went to the CPU that came up");
  assertSameBytes(new Uint8Array(await new Blob(parts).arrayBuffer()), data);
});

test("relays its own sources when no file is given", async (directory) => {
  const { code, out, err } = await run(directory);
  assertEquals(code, 0, err);
  assertStringIncludes(out, "relay-out/relay0 relay1 relay2 relay3 relay4 hold what went in");
});

test("says what help says", async (directory) => {
  const { code, out } = await run(directory, "--help");
  assertEquals(code, 0);
  assertStringIncludes(out, "Usage: deno task relay");
  assertEquals(await names(directory), []);
});

for (
  const [what, args, message] of [
    [
      "an unknown option",
      ["--nope"],
      "error: Cannot understand the arguments: Unknown option '--nope'",
    ],
    ["a file that is not there", ["x"], "error: Cannot read x: no such file or directory"],
    ["a directory", ["."], "error: Cannot read .: it is a directory"],
    ["a file without a name", [""], "error: Cannot read a FILE without a name"],
    ["an output without a name", ["--out", ""], "error: Cannot use --out without a name"],
    ["a number that is an option", ["--cpus", "-1"], "error: Cannot understand the arguments"],
  ] as [string, string[], string][]
) {
  test(`ends with one line for ${what}`, async (directory) => {
    const { code, out, err } = await run(directory, ...args);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, message);
    assertEquals(err.trimEnd().split("\n").length, 1, err);
    assertEquals(await names(directory), []);
  });
}

test("ends with one line when the folder cannot be made", async (directory) => {
  await Deno.writeTextFile(`${directory}/file`, "x");
  const { code, err } = await run(directory, "--out", "file/o", "file");
  assertEquals(code, 1);
  assertMatch(err, /^error: Cannot make file\/o: .+\n$/);
});

test("ends with one line on a full disk, and keeps what was there before", async (directory) => {
  await Deno.mkdir(`${directory}/o`);
  await Deno.writeTextFile(`${directory}/o/relay0`, "from before");
  await Deno.symlink("/dev/full", `${directory}/o/relay0.part`);
  await Deno.writeFile(`${directory}/in`, bytes(100_000, 3));
  // Deno lets a program at a device only with all permissions.
  const { code, err } = await finish(start(directory, ["--out", "o", "in"], ["--allow-all"]));
  assertEquals(code, 1);
  const last = err.trimEnd().split("\n").at(-1)!;
  assertMatch(last, /^error: Cannot write .*relay0\.part: no space left on device; no unfinished/);
  assertEquals(await names(`${directory}/o`), ["relay0"]);
  assertEquals(await Deno.readTextFile(`${directory}/o/relay0`), "from before");
}, Deno.build.os !== "linux");

test("--fail-page unwinds the open and says so", async (directory) => {
  await Deno.writeFile(`${directory}/in`, bytes(10, 3));
  const { code, out, err } = await run(directory, "--fail-page", "100", "in");
  assertEquals(code, 1);
  assertStringIncludes(out, "making relay0: 64 pages");
  assertStringIncludes(out, "removing relay0");
  assertStringIncludes(out, "unwound: 0 pages and 0 small objects in use, 99 and");
  assertStringIncludes(err, "error: Cannot open the channel: ENOMEM");
});

test("--fail-slab on the way up of a CPU leaves that CPU down, and the rest works", async (directory) => {
  await Deno.writeFile(`${directory}/in`, bytes(10, 3));
  // A channel and, for each CPU, a name, a buffer and 64 descriptors: the 134th is CPU 2's name.
  const { code, out } = await run(directory, "--cpus", "2", "--fail-slab", "134", "in");
  assertEquals(code, 0);
  assertStringIncludes(out, "kernel: <3>relay_hotcpu_callback: cpu 2 buffer creation failed");
  assertStringIncludes(out, "cpu_up(2): EINVAL");
  assert(!out.includes("too late"), out);
  assertStringIncludes(out, "cpu_down(1): done");
});

test("--fail-page beyond the last allocation says so", async (directory) => {
  await Deno.writeFile(`${directory}/in`, bytes(10, 3));
  const { code, out } = await run(directory, "--cpus", "1", "--fail-page", "129", "in");
  assertEquals(code, 0);
  assertStringIncludes(out, "--fail-page came too late, by 1 allocations");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`leaves nothing unfinished on ${signal}`, async (directory) => {
    await Deno.writeFile(`${directory}/in`, new Uint8Array(200_000_000));
    const child = start(directory, ["--out", "o", "in"]);
    const finished = finish(child);
    let ended = false;
    finished.finally(() => ended = true);
    while (!ended) {
      const part = await Deno.stat(`${directory}/o/relay0.part`).catch(() => null);
      if (part && part.size > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill(signal);
    const { code, err } = await finished;
    assertEquals(code, 1);
    assertStringIncludes(err, "error: Interrupted; no unfinished file");
    assertEquals(await names(`${directory}/o`), []);
  }, Deno.build.os === "windows");
}

for (const name of ["relay0", "relay4.part"]) {
  test(`refuses an input ${name} that the output would overwrite`, async (directory) => {
    await Deno.writeTextFile(`${directory}/${name}`, "mine");
    const { code, err } = await run(directory, "--out", ".", `./${name}`);
    assertEquals([code, err], [
      1,
      `error: Cannot relay ./${name}: the output would overwrite it\n`,
    ]);
    assertEquals(await Deno.readTextFile(`${directory}/${name}`), "mine");
  });
}

test("refuses an output that is a directory before anything is replaced", async (directory) => {
  await Deno.writeTextFile(`${directory}/in`, "new");
  await Deno.mkdir(`${directory}/o/relay1`, { recursive: true });
  await Deno.writeTextFile(`${directory}/o/relay0`, "old");
  const { code, err } = await run(directory, "--out", "o", "in");
  assertEquals(code, 1);
  assertMatch(err, /^error: Cannot write .*relay1: it is a directory; no unfinished file is left/m);
  assertEquals(await Deno.readTextFile(`${directory}/o/relay0`), "old");
});

test("names what an earlier run left in the folder", async (directory) => {
  await Deno.writeTextFile(`${directory}/in`, "x");
  await run(directory, "--cpus", "3", "in");
  const { out } = await run(directory, "--cpus", "1", "in");
  assertMatch(out, /from an earlier run, in relay-out as well: relay[23] relay[23]\n/);
});

test("ends with one line when it may not read its own sources", async (directory) => {
  const { code, err } = await finish(start(directory, [], ["--no-prompt"]));
  assertEquals(code, 1);
  assertMatch(err, /^error: Cannot read hw: not allowed.*\n$/);
});
