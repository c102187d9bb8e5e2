/*
 * Programs that go on recording, looked at, drained, and killed in the end.
 */
import { assert, assertEquals } from "@std/assert";
import { ignoreReading } from "../blackbox/support.ts";
import { sizeOf } from "../files.ts";
import { range } from "../session/support.ts";
import { until } from "../until.ts";
import { Living, numbersOf, recover, runBoxed, startRecover, stateOf, test } from "./recovering.ts";
import { finish } from "./support.ts";

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
  // What it started has its standard output closed.
  const { out } = await runBoxed(directory, 10, "orphan");
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
  const attached = startRecover(directory, "box", "--attach", "--json");
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
      const attached = startRecover(directory, "box", "--attach");
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
