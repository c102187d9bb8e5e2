import { assertEquals } from "@std/assert";
import { CONSUMED, CPU, OPEN_SLOTS, OPENED } from "../../../relay/ring/control.ts";
import { numbered, range, readTrace, TestWorker } from "../session/support.ts";
import { type BoxMemory, damage, killedNow } from "./boxes.ts";
import { drainTo } from "./drains.ts";
import { BoxDirectory, ignoreReading } from "./support.ts";

/** What is damaged in the stream of CPU 0 of a program that is gone, and what is told of it. */
const damages:
  readonly (readonly [what: string, body: (memory: BoxMemory) => void, told: string])[] = [
    [
      "whose state has no numbers",
      (memory) => new Float64Array(memory.ram, memory.state(0), 8).fill(NaN),
      "Cannot read the stream's state: it is damaged",
    ],
    [
      "whose state lies outside",
      (memory) => memory.words[memory.streamWord(0)] = 2 ** 30,
      "Cannot take 32 pages at page 1073741824 for a stream's state",
    ],
    [
      "that says it is another CPU's",
      (memory) => memory.words[memory.control(0) / 4 + CPU] = 3,
      "Cannot read the ring: it says it is CPU 3's",
    ],
    [
      "that has opened no sub-buffer's begin",
      (memory) => memory.words[memory.control(0) / 4 + OPENED] = 77,
      "Cannot repair the ring at",
    ],
    [
      "with fewer than no slots",
      (memory) => memory.words[memory.control(0) / 4 + OPEN_SLOTS] = -3,
      "Cannot repair the ring at",
    ],
    [
      "whose reader is within a sub-buffer",
      (memory) => memory.words[memory.control(0) / 4 + CONSUMED] = 13,
      "Cannot repair the ring at",
    ],
  ];
for (const [what, body, told] of damages) {
  Deno.test(`drain() names a ring ${what}, and takes the others`, {
    ignore: ignoreReading,
  }, async () => {
    using directory = new BoxDirectory();
    const session = await directory.start({ output: null });
    numbered(session)(0);
    using worker = new TestWorker();
    assertEquals(await worker.attach(session), 1);
    await worker.tell({ type: "record", from: 0, count: 1000 });
    const file = killedNow(directory);
    await session.close();
    damage(file, body);
    const { faults, faultCount, streams } = await drainTo(file, directory.trace);
    assertEquals([faultCount, faults[0].slice(0, 7 + told.length)], [1, `CPU 0: ${told}`]);
    assertEquals(streams.map(({ cpu, events }) => [cpu, events]), [[1, 1000]]);
    assertEquals((await readTrace(directory.trace)).numbers.get(1), range(0, 1000));
  });
}
