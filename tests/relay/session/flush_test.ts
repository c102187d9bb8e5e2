/*
 * What was recorded is written: when it is asked for, and after a while.
 */
import { assertEquals } from "@std/assert";
import { sizeOf } from "../files.ts";
import {
  ignore,
  numbered,
  range,
  readTrace,
  startSession,
  TempDirectory,
  until,
} from "./support.ts";

Deno.test("flush() writes what was recorded; what comes then is not there twice", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096 });
  const event = numbered(session);
  let n = 0;
  for (const count of [1, 1, 300, 0, 500, 1]) {
    for (const end = n + count; n < end; n++) event(n);
    await session.flush();
    const { numbers } = await readTrace(`${directory.path}/trace`);
    assertEquals(numbers.get(0), range(0, n), `${n} events flushed`);
  }
  event(n++);
  await session.close();
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), range(0, n));
});

Deno.test("a thread that waits has its events written after switchTimerMs", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { switchTimerMs: 20 });
  numbered(session)(7);
  const path = `${directory.path}/trace/channel0_0`;
  await until("a packet is written behind the empty one", () => sizeOf(path) > 4096);
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), [7]);
  await session.close();
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), [7]);
});

Deno.test("1,000 flush() at once resolve, each when all that was recorded before is written", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 2 ** 20 });
  const event = numbered(session);
  const path = `${directory.path}/trace/channel0_0`;
  const sizes: number[] = [];
  const flushes = range(0, 1000).map(async (n) => {
    event(n);
    await session.flush();
    sizes.push(Deno.statSync(path).size);
  });
  await Promise.all(flushes);
  await session.flush();
  assertEquals((await readTrace(`${directory.path}/trace`)).numbers.get(0), range(0, 1000));
  assertEquals(sizes.length, 1000);
  const late = [session.flush(), session.flush(), session.close()];
  await Promise.all(late);
});
