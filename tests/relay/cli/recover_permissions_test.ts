/*
 * What `recover` may do, and what it says when that is too little.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ignoreReading } from "../blackbox/support.ts";
import { CANNOT_MOUNT, Disk } from "../disk.ts";
import { range } from "../session/support.ts";
import { killed, Living, numbersOf, recover, stateOf, test } from "./recovering.ts";

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
    const warning = `warning: ${box} may not be written, and still says that it holds a trace\n`;
    assert(err.endsWith(warning), err);
  },
  ignoreReading,
);

test("recovers a file on a disk that is read-only", async (directory) => {
  await killed(directory, 1000);
  using disk = new Disk(`${directory}/disk`, 64 * 2 ** 20);
  Deno.copyFileSync(`${directory}/box`, `${disk.path}/box`);
  disk.makeReadOnly();
  const { code, err } = await recover(directory, ["disk/box", "--out", "trace"]);
  assertEquals(code, 0, err);
  assertEquals(await numbersOf(`${directory}/trace`), range(0, 1000));
}, ignoreReading || CANNOT_MOUNT);

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
