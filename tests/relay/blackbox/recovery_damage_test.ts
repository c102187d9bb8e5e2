/*
 * What is damaged in a black box is named, and the rest recovered.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BoxFile, recover } from "../../../relay/blackbox/mod.ts";
import type { TraceOutput } from "../../../relay/consume/mod.ts";
import { NEXT, PFN } from "../../../relay/ring/control.ts";
import { range, readTrace } from "../session/support.ts";
import {
  A_PAGE,
  BoxMemory,
  damage,
  killedNow,
  recording,
  recoverFrom,
  recoverTo,
  streamOf,
  SUPERBLOCK,
  twoThreads,
} from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

Deno.test("recover() names a ring that is gone, and takes the others whole", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  let address = 0;
  damage(file, (memory) => {
    address = memory.control(0);
    new Uint8Array(memory.ram, address, 4096).fill(0);
  });
  const found = recoverTo(file, directory.trace);
  const fault = `CPU 0: Cannot look at a ring at ${address}: there is none of this version`;
  assertEquals([found.faults, found.faultCount], [[fault], 1]);
  assertEquals(found.streams.map(({ cpu }) => cpu), [1]);
  const { numbers } = await readTrace(directory.trace);
  assertEquals([...numbers], [[1, range(0, 1000)]]);
});

Deno.test("recover() names a packet whose header is damaged, and takes the others", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    // Sub-buffer 0 has only the begin of the stream.
    const address = memory.ring(0).subbufAddress(2);
    new DataView(memory.ram, address).setUint32(80, 3, true);
  });
  const found = recoverTo(file, directory.trace);
  assertEquals(found.faults, [
    "CPU 0: Cannot read sub-buffer 2: its packet's header is damaged",
  ]);
  assertEquals(streamOf(found, 0).subbufs, 2);
  const { numbers, lostPackets } = await readTrace(directory.trace);
  const first = numbers.get(0)!.findIndex((n, i) => n !== i);
  assert(first > 300 && numbers.get(0)!.at(-1) === 999, `of CPU 0: ${numbers.get(0)}`);
  assertEquals(lostPackets, 1, "packets babeltrace2 warns of");
  assertEquals(numbers.get(1), range(0, 1000));
});

Deno.test("recover() names a sub-buffer that is no packet at all", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    new Uint8Array(memory.ram, memory.ring(0).subbufAddress(2), 4096).fill(0);
  });
  const { faults } = recoverTo(file, directory.trace);
  assertEquals(faults, ["CPU 0: Cannot read a packet at byte 0: none begins there"]);
});

Deno.test("recover() names a packet with an event that cannot be", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    // The ID of the packet's first event: no such tracepoint.
    const address = memory.ring(0).subbufAddress(2);
    new DataView(memory.ram, address).setUint16(84, 77, true);
  });
  const found = recoverTo(file, directory.trace);
  assertEquals([found.faultCount, found.faults[0]?.startsWith("CPU 0: Cannot ")], [1, true]);
  assertEquals([streamOf(found, 0).subbufs, streamOf(found, 1).events], [2, 1000]);
});

Deno.test("recover() takes frames for one ring only", { ignore: ignoreReading }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  let pfn = 0;
  damage(file, (memory) => {
    // The second ring says that its control page is the first's.
    pfn = memory.control(0) / 4096;
    memory.words[memory.streamWord(1) + 1] = pfn;
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, [
    `CPU 1: Cannot take 1 pages at page ${pfn} for a control page: page ${pfn} has another use`,
  ]);
  assertEquals(streams.map(({ cpu }) => cpu), [0]);
  assertEquals((await readTrace(directory.trace)).numbers.get(0), range(0, 1000));
});

Deno.test("recover() takes frames for one sub-buffer only", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  let pfn = 0;
  damage(file, (memory) => {
    // The second ring says that its fourth sub-buffer is the first one's third.
    pfn = memory.ring(0).subbufAddress(2) / 4096;
    memory.words[memory.ring(1).records[3] + PFN] = pfn;
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, [
    `CPU 1: Cannot take 1 pages at page ${pfn} for a sub-buffer: page ${pfn} has another use`,
  ]);
  assertEquals(streams.map(({ cpu }) => cpu), [0]);
});

Deno.test("recover() names a ring that says it is another CPU's", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    const [first, second] = [0, 1].map((cpu) => memory.streamWord(cpu) + 1);
    const { words } = memory;
    [words[first], words[second]] = [words[second], words[first]];
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, [
    "CPU 0: Cannot read the ring: it says it is CPU 1's",
    "CPU 1: Cannot read the ring: it says it is CPU 0's",
  ]);
  assertEquals(streams, []);
});

Deno.test("recover() names a stream's state that is damaged", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    new Float64Array(memory.ram, memory.state(0), 1)[0] = NaN;
  });
  const { faults, streams } = recoverTo(file, directory.trace);
  assertEquals(faults, ["CPU 0: Cannot read the stream's state: it is damaged"]);
  assertEquals(streams.map(({ cpu }) => cpu), [1]);
});

Deno.test(
  "recover() names a ring whose control pages go round in a circle",
  { ignore },
  async () => {
    using directory = new BoxDirectory();
    const file = await twoThreads(directory);
    let pfn = 0;
    damage(file, (memory) => {
      pfn = memory.control(0) / 4096;
      memory.words[memory.control(0) / 4 + NEXT] = pfn;
    });
    const { faults } = recoverTo(file, directory.trace);
    assertEquals(faults, [
      `CPU 0: Cannot take 1 pages at page ${pfn} for a control page: page ${pfn} has another use`,
    ]);
  },
);

Deno.test("recover() names twenty faults at most, and counts them all", { ignore }, async () => {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 30 * A_PAGE, { nSubbufs: 32 });
  const file = killedNow(directory);
  await session.close();
  damage(file, (memory) => {
    const ring = memory.ring(0);
    for (let index = 2; index < 27; index++) {
      new DataView(memory.ram, ring.subbufAddress(index)).setUint32(80, 9, true);
    }
  });
  const { faults, faultCount } = recoverTo(file, directory.trace);
  assertEquals([faults.length, faultCount], [20, 25]);
});

for (
  const [what, word, value] of [
    ["that is none", 0, 0],
    ["with more metadata than there is room for", 6, 2 ** 30],
    ["with less than no metadata", 6, -1],
  ] as const
) {
  Deno.test(`recover() refuses a registry ${what}, and makes no streams`, { ignore }, async () => {
    using directory = new BoxDirectory();
    const file = await twoThreads(directory);
    let address = 0;
    damage(file, (memory) => {
      address = memory.registry;
      memory.words[address / 4 + word] = value;
    });
    const message = word === 0
      ? `Cannot look at a registry at ${address}: there is none of this version`
      : `Cannot look at the registry at ${address}: it is damaged`;
    assertThrows(() => recoverTo(file, directory.trace), TypeError, message);
    assertEquals([...Deno.readDirSync(directory.trace)].map(({ name }) => name), ["metadata"]);
  });
}

Deno.test("recover() refuses metadata that makes no sense", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  damage(file, (memory) => {
    // Where the registry's text begins: "/* CTF 1.8 */".
    new Uint8Array(memory.ram, memory.registry + 676 * 1024, 40).fill(0x7d);
  });
  assertThrows(() => recoverTo(file, directory.trace), Error, "Cannot ");
  assertEquals(Deno.readTextFileSync(`${directory.trace}/metadata`), "", "nothing is handed on");
});

Deno.test("recover() throws what its output throws", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  const full = new Error("the disk is full");
  const output: TraceOutput = {
    name: "nowhere",
    metadata: () => {},
    packet: () => {
      throw full;
    },
    provisional: () => {},
    close: () => {},
  };
  using box = new BoxFile(file, false);
  assertThrows(() => recover(box, output, false), Error, "the disk is full");
});

Deno.test("recover() names what was cut off while it reads", { ignore }, async () => {
  using directory = new BoxDirectory();
  const file = await twoThreads(directory);
  using box = new BoxFile(file, false);
  // The state of the first stream comes before its ring.
  const address = new BoxMemory(Deno.readFileSync(file)).control(0);
  Deno.truncateSync(file, SUPERBLOCK + address);
  const { faults, streams } = recoverFrom(box, directory.trace, false);
  assertEquals(
    faults[0],
    `CPU 0: Cannot read black box ${file}: 4096 bytes at ${address} are not there`,
  );
  assertEquals(streams, []);
});
