import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  assertAgrees,
  ignore,
  numbered,
  range,
  readTrace,
  startSession,
  TempDirectory,
} from "./support.ts";

/** Names and sizes of the files of a trace. */
function filesOf(path: string): Record<string, number> {
  const files = [...Deno.readDirSync(path)].map(({ name }) =>
    [name, Deno.statSync(`${path}/${name}`).size] as const
  );
  return Object.fromEntries(files.sort(([a], [b]) => a < b ? -1 : 1));
}

Deno.test("only the user can read a trace", { ignore }, async () => {
  using directory = new TempDirectory();
  const mask = Deno.umask(0);
  const path = `${directory.path}/trace`;
  const session = await startSession(directory, { statisticsDirectory: path });
  numbered(session)(0);
  await session.close();
  Deno.umask(mask);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o700);
  const files = [".statistics.json", "channel0_0", "metadata"];
  assertEquals(Object.keys(filesOf(path)), files);
  for (const name of files) {
    assertEquals(Deno.statSync(`${path}/${name}`).mode! & 0o777, 0o600, name);
  }
});

Deno.test("a directory that holds something else is refused, and left as it is", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const path = `${directory.path}/trace`;
  for (const name of ["notes.txt", "channel0_x", "channel1_0", "metadata.bak"]) {
    Deno.mkdirSync(path);
    Deno.writeTextFileSync(`${path}/metadata`, "m");
    Deno.writeTextFileSync(`${path}/${name}`, "mine");
    const error = await assertRejects(() => startSession(directory), TypeError);
    assertEquals(error.message, `Cannot write a trace to ${path}: it holds "${name}"`);
    assertEquals(filesOf(path), { [name]: 4, metadata: 1 });
    Deno.removeSync(path, { recursive: true });
  }
  Deno.mkdirSync(`${path}/metadata`, { recursive: true });
  await assertRejects(() => startSession(directory), TypeError, 'it holds "metadata"');
  Deno.removeSync(path, { recursive: true });
  Deno.writeTextFileSync(`${directory.path}/mine`, "mine");
  Deno.mkdirSync(path);
  Deno.symlinkSync(`${directory.path}/mine`, `${path}/channel0_0`);
  await assertRejects(() => startSession(directory), TypeError, 'it holds "channel0_0"');
  assertEquals(Deno.readTextFileSync(`${directory.path}/mine`), "mine");
});

Deno.test("a trace that is there is replaced, with files that the new one has not", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const path = `${directory.path}/trace`;
  Deno.mkdirSync(path);
  for (const name of ["metadata", "channel0_7", "channel0_0_12", ".statistics.json"]) {
    Deno.writeTextFileSync(`${path}/${name}`, "old");
  }
  const session = await startSession(directory);
  numbered(session)(5);
  await session.close();
  assertEquals(Object.keys(filesOf(path)), ["channel0_0", "metadata"]);
  assertEquals((await readTrace(path)).numbers.get(0), [5]);
});

Deno.test("directories above are made", { ignore }, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/a/b/`;
  const session = await startSession(directory, { output });
  numbered(session)(5);
  await session.close();
  const { events, exitCode } = await readTrace(output);
  assertEquals([exitCode, events.length], [0, 1]);
});

Deno.test("maxFileSize: a stream goes on in another file, none of them longer", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const path = `${directory.path}/trace`;
  const session = await startSession(directory, {
    subbufSize: 4096,
    nSubbufs: 32,
    maxFileSize: 12_288,
  });
  const event = numbered(session);
  for (let n = 0; n < 3000; n++) {
    event(n);
    if (n % 500 === 499) await session.flush();
  }
  await session.close();
  const { metadata: _, ...streams } = filesOf(path);
  const sizes = Object.values(streams);
  assertEquals(Object.keys(streams), sizes.map((_, i) => `channel0_0_${i}`));
  assertEquals(sizes, [12_288, 12_288, sizes[2]]);
  const trace = await readTrace(path);
  assertEquals(trace.numbers.get(0), range(0, 3000));
  assertAgrees(session, trace);
});

Deno.test("maxFiles: the oldest file is written over, and babeltrace2 reads the rest", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const path = `${directory.path}/trace`;
  const session = await startSession(directory, {
    subbufSize: 4096,
    nSubbufs: 64,
    maxFileSize: 10_000, // room for two packets
    maxFiles: 3,
  });
  const event = numbered(session);
  let n = 0;
  for (const more of [200, 1000, 5000, 1, 399, 3000, 401]) {
    for (const end = n + more; n < end; n++) event(n);
    await session.flush();
    const { metadata: _, ...streams } = filesOf(path);
    for (const [name, size] of Object.entries(streams)) {
      assert(/^channel0_0_[012]$/.test(name) && size <= 10_000, `${name}: ${size} bytes`);
    }
    const numbers = (await readTrace(path)).numbers.get(0)!;
    assertEquals(numbers, range(n - numbers.length, numbers.length), `${n} events`);
    assert(numbers.length >= Math.min(n, 1201), `${numbers.length} of ${n}`);
  }
  await session.close();
  assertEquals(session.statistics().lost.full, 0);
});

Deno.test("a packet longer than maxFileSize has a file of its own", { ignore }, async () => {
  using directory = new TempDirectory();
  const path = `${directory.path}/trace`;
  const session = await startSession(directory, { subbufSize: 8192, maxFileSize: 1 });
  const event = numbered(session);
  for (let n = 0; n < 2000; n++) event(n);
  await session.close();
  const { metadata: _, ...streams } = filesOf(path);
  // The packet a stream begins with, two that are full, one that is not.
  assertEquals(Object.values(streams), [4096, 8192, 8192, 4096]);
  assertEquals((await readTrace(path)).numbers.get(0), range(0, 2000));
});

Deno.test("opensAllFiles: nothing is opened later", { ignore }, async () => {
  using directory = new TempDirectory();
  const path = `${directory.path}/trace`;
  const options = { opensAllFiles: true, maxCpus: 2, subbufSize: 4096 };
  const session = await startSession(directory, options);
  const names = Object.keys(filesOf(path));
  assertEquals(names, ["channel0_0", "channel0_1", "channel0_2", "metadata"]);
  numbered(session)(1);
  await session.flush();
  await session.close();
  assertEquals(Object.keys(filesOf(path)), names);
  const trace = await readTrace(path);
  assertEquals(trace.numbers.get(0), [1]);
});

Deno.test("statisticsDirectory: the figures stand beside the trace, a JSON object on a line", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  for (const mode of ["continuous", "flight-recorder"] as const) {
    const output = `${directory.path}/${mode}`;
    const session = await startSession(directory, { output, mode, statisticsDirectory: output });
    numbered(session)(1);
    await session.close();
    const text = Deno.readTextFileSync(`${output}/.statistics.json`);
    assertEquals(
      text,
      `${JSON.stringify({ pid: Deno.pid, unwrittenBytes: 0, ...session.statistics() })}\n`,
      mode,
    );
  }
});

Deno.test("a directory that another session writes to is refused, and that goes on", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const first = await startSession(directory);
  const mode = "flight-recorder";
  const event = numbered(first);
  event(1);
  await assertRejects(() => startSession(directory), TypeError, "another session does");
  await assertRejects(() => startSession(directory, { mode }), TypeError, "another session does");
  event(2);
  await first.close();
  assertEquals((await readTrace(`${directory.path}/trace`)).events.length, 2);
  const second = await startSession(directory);
  await second.close();
});
