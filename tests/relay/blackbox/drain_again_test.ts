/*
 * A drain that was broken off is followed by another one.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BoxFile, recover, TraceCompletion } from "../../../relay/blackbox/mod.ts";
import { CONSUMED, READER } from "../../../relay/ring/control.ts";
import { CANNOT_MOUNT, Disk } from "../disk.ts";
import { range, readTrace } from "../session/support.ts";
import { A_PAGE, BoxMemory, recording } from "./boxes.ts";
import { drainTo } from "./drains.ts";
import { BoxDirectory, ignoreReading } from "./support.ts";

Deno.test(
  "drain() goes on where another process was killed",
  { ignore: ignoreReading },
  async () => {
    using directory = new BoxDirectory();
    const { session, record } = await recording(directory, 2000);
    const program = new URL("./drain_program.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", program, directory.box, directory.trace],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGKILL");
    await Promise.all([child.status, reader.cancel()]);
    for (const n of range(2000, 500)) record(n);
    const drained = drainTo(directory.box, directory.trace, {
      output: (box) => new TraceCompletion(directory.trace, box.info.uuid),
    });
    for (const n of range(2500, 100)) record(n);
    await session.close();
    assertEquals((await drained).isAll, true);
    const trace = await readTrace(directory.trace);
    assertEquals([trace.numbers.get(0), trace.lost], [range(0, 2600), 0]);
  },
);

Deno.test("drain() goes on where another was aborted, in a directory of its own", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, record } = await recording(directory, 2000);
  const words = (): number[] => {
    const { control } = new BoxMemory(Deno.readFileSync(directory.box)).ring(0);
    return [control[READER], control[CONSUMED]];
  };
  assertEquals(words(), [0, 0], "READER and CONSUMED before");
  const controller = new AbortController();
  const first = await drainTo(directory.box, directory.trace, {
    signal: controller.signal,
    packet: (packets) => packets === 2 && controller.abort(),
  });
  assertEquals(first.isAll, false);
  // One that is broken off leaves the ring as its own, as one that is killed does.
  const [reader, consumed] = words();
  assert(reader === 1 && consumed > 0, `READER is ${reader}, CONSUMED ${consumed}`);
  for (const n of range(2000, 1000)) record(n);
  const second = `${directory.path}/second`;
  const drained = drainTo(directory.box, second);
  await session.close();
  assertEquals((await drained).isAll, true);
  const [before, after] = [
    (await readTrace(directory.trace)).numbers.get(0)!,
    (await readTrace(second)).numbers.get(0)!,
  ];
  assertEquals(before, range(0, before.length), "the first one's");
  assertEquals([before.includes(after[0] - 1), after], [true, range(after[0], 3000 - after[0])]);
});

Deno.test("drain() that is aborted leaves a trace, and recover() gets the rest", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, record } = await recording(directory, 2000);
  const controller = new AbortController();
  const found = await drainTo(directory.box, directory.trace, {
    signal: controller.signal,
    packet: (packets) => packets === 3 && controller.abort(),
  });
  assertEquals([found.isAll, found.faultCount], [false, 0]);
  for (const n of range(2000, 1000)) record(n);
  await session.close();
  using box = new BoxFile(directory.box, true);
  assertEquals([box.tryLock(), box.state], [true, "holds a trace"]);
  const output = new TraceCompletion(directory.trace, box.info.uuid);
  const rest = recover(box, output, false);
  output.close();
  assertEquals([rest.isAll, rest.faults], [true, []]);
  const trace = await readTrace(directory.trace);
  assertEquals([trace.numbers.get(0), trace.lost], [range(0, 3000), 0]);
});

Deno.test("drain() throws what its output throws, and another one can follow", {
  ignore: ignoreReading || CANNOT_MOUNT,
}, async () => {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 2000);
  {
    using disk = new Disk(`${directory.path}/disk`, 4 * 4096);
    const error = await assertRejects(() => drainTo(directory.box, disk.path));
    assertStringIncludes((error as Error).message, "No space left on device");
  }
  const drained = drainTo(directory.box, directory.trace);
  await session.close();
  await drained;
  const numbers = (await readTrace(directory.trace)).numbers.get(0)!;
  assertEquals(numbers, range(2000 - numbers.length, numbers.length));
  assert(numbers.length > A_PAGE, `${numbers.length} events`);
});
