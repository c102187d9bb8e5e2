import { assert, assertEquals } from "@std/assert";
import { ignore, numbered, readTrace, startSession, TempDirectory } from "./support.ts";

Deno.test("session.clock says which clock is read and what that costs", { ignore }, async () => {
  using directory = new TempDirectory();
  await using session = await startSession(directory);
  assert(["clock_gettime", "performance.now"].includes(session.clock.name), session.clock.name);
  const { costNs } = session.clock;
  assert(costNs > 1 && costNs < 100_000, `${costNs} ns`);
  assertEquals(session.clock.costNs, costNs, "measured once");
});

Deno.test("the clock given tells the time; one that goes back does not", { ignore }, async () => {
  using directory = new TempDirectory();
  let time = 0;
  const clock = { name: "mine", now: () => time };
  const session = await startSession(directory, { clock });
  assertEquals(session.clock.name, "mine");
  const event = numbered(session);
  const times = [5, 5, 4_294_967_295, 4_294_967_296, 7, 2 ** 33, 2 ** 52];
  for (time of times) event(0);
  await session.close();
  const { events } = await readTrace(`${directory.path}/trace`);
  const [{ timestampNs: first }] = events;
  const seen = events.map(({ timestampNs }) => Number(timestampNs - first) + 5);
  assertEquals(seen, [5, 5, 4_294_967_295, 4_294_967_296, 4_294_967_296, 2 ** 33, 2 ** 52]);
});

Deno.test("times are those of the system's clock", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  const event = numbered(session);
  const before = Date.now();
  event(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  event(1);
  const after = Date.now();
  await session.close();
  const { events } = await readTrace(`${directory.path}/trace`);
  const [first, second] = events.map(({ timestampNs }) => Number(timestampNs) / 1e6);
  const what = `${before} ${first} ${second} ${after}`;
  // performance.timeOrigin and Date are some milliseconds apart when the system's clock was set.
  assert(first > before - 1000 && second < after + 1000, what);
  assert(second - first >= 19 && second - first < after - before + 2, what);
});
