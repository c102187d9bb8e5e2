/*
 * One drains a black box at a time, and only where its own session writes nothing.
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BoxFile, DrainLock } from "../../../relay/blackbox/mod.ts";
import { numbered, readTrace } from "../session/support.ts";
import { drainTo } from "./drains.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

Deno.test("drain() refuses what its own session writes", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start();
  const error = await assertRejects(() => drainTo(directory.box, `${directory.path}/other`));
  const why = `its own session writes it to ${directory.trace}`;
  assertEquals((error as Error).message, `Cannot drain ${directory.box}: ${why}`);
  await session.close();
});

Deno.test("drain() refuses a flight recorder", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, mode: "flight-recorder" });
  const error = await assertRejects(() => drainTo(directory.box, directory.trace));
  const why = "it is a flight recorder's, which --live looks at";
  assertEquals((error as Error).message, `Cannot drain ${directory.box}: ${why}`);
  await session.close();
});

Deno.test("drain() refuses a second one, and the first goes on", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  const first = drainTo(directory.box, directory.trace);
  const error = await assertRejects(() => drainTo(directory.box, `${directory.path}/second`));
  const why = "another process does";
  assertEquals((error as Error).message, `Cannot drain ${directory.box}: ${why}`);
  numbered(session)(1);
  await session.close();
  assertEquals((await first).isAll, true);
  assertEquals((await readTrace(directory.trace)).numbers.get(0), [1]);
});

Deno.test("DrainLock() refuses a link in the place of its file", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  Deno.symlinkSync(`${directory.path}/victim`, `${directory.box}.drained`);
  using box = new BoxFile(directory.box, true);
  assertThrows(() => new DrainLock(box), TypeError, "box.drained is something else");
  assertEquals([...Deno.readDirSync(directory.path)].some(({ name }) => name === "victim"), false);
  await session.close();
});

Deno.test("DrainLock() of a program that is drained is given free once", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  using box = new BoxFile(directory.box, true);
  {
    using _ = new DrainLock(box);
    assertThrows(() => new DrainLock(box), TypeError, "another process does");
  }
  using _ = new DrainLock(box);
  await session.close();
});
