import { TraceSession } from "@ltt/relay/session";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BoxFile, recover, type Recovered, TraceCompletion } from "../../../relay/blackbox/mod.ts";
import { numbered, range, readTrace, TestWorker } from "../session/support.ts";
import {
  assertInOrder,
  cannotMount,
  filesIn,
  killedWithTrace,
  mountDisk,
  packetsIn,
  unmountDisk,
} from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

/** Completes the trace in a directory from a black box; how many packets were missing. */
function complete(file: string, trace: string): Recovered & { readonly added: number } {
  using box = new BoxFile(file, false);
  const output = new TraceCompletion(trace, box.info.uuid);
  try {
    const found = recover(box, output, false);
    return { ...found, added: output.added };
  } finally {
    output.close();
  }
}

/** A session that writes to a directory, of which `first` events are flushed, and `then` are not. */
async function recorded(
  directory: BoxDirectory,
  first: number,
  then: number,
): Promise<{ session: TraceSession; file: string; trace: string }> {
  const session = await directory.start();
  const record = numbered(session);
  for (const n of range(0, first)) record(n);
  await session.flush();
  const killed = await killedWithTrace(directory, () => {
    for (const n of range(first, then)) record(n);
  });
  return { session, ...killed };
}

Deno.test("TraceCompletion() adds what the directory of a killed session lacks", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start();
  const record = numbered(session);
  using worker = new TestWorker();
  const cpu = await worker.attach(session);
  for (const n of range(0, 1000)) record(n);
  await worker.tell({ type: "record", from: 0, count: 10 });
  await session.flush();
  const { file, trace } = await killedWithTrace(directory, async () => {
    for (const n of range(1000, 1000)) record(n);
    await worker.tell({ type: "record", from: 10, count: 800, name: "t:new" });
  });
  const { added, faults, streams } = complete(file, trace);
  assertEquals(faults, []);
  assertEquals(added, 3 + 3, "packets that were missing or provisional");
  const { numbers, lost, lostPackets } = await readTrace(trace);
  assertEquals(numbers.get(session.cpu!), range(0, 2000), "of the thread");
  assertEquals(numbers.get(cpu), range(0, 810), "of the worker");
  assertEquals([lost, lostPackets], [0, 0]);
  assertEquals(streams.map(({ cpu }) => cpu), [session.cpu!, cpu]);
  await session.close();
});

Deno.test("TraceCompletion() makes the stream of a CPU that had written nothing", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start();
  numbered(session)(1);
  await session.flush();
  const { file, trace } = await killedWithTrace(directory);
  const path = `${trace}/channel0_${session.cpu}`;
  Deno.removeSync(path);
  assertEquals(complete(file, trace).faults, []);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), [1]);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600, "only the user reads it");
  await session.close();
});

for (const [what, cut] of [["half of it", 2000], ["its header", 4095], ["a byte", 1]] as const) {
  Deno.test(`TraceCompletion() mends a packet at the end that lacks ${what}`, {
    ignore: ignoreReading,
  }, async () => {
    using directory = new BoxDirectory();
    const { session, file, trace } = await recorded(directory, 1000, 0);
    const path = `${trace}/channel0_${session.cpu}`;
    Deno.truncateSync(path, Deno.statSync(path).size - cut);
    assertEquals(complete(file, trace).added, 1, "packets that were missing");
    const { numbers } = await readTrace(trace);
    assertEquals(numbers.get(session.cpu!), range(0, 1000));
    assertInOrder(packetsIn(trace, session.cpu!), "completed");
    await session.close();
  });
}

Deno.test("TraceCompletion() cuts off what is no whole packet, though nothing takes its place", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 10, 0);
  const path = `${trace}/channel0_${session.cpu}`;
  const { size } = Deno.statSync(path);
  Deno.writeFileSync(path, Deno.readFileSync(path).subarray(0, 50), { append: true });
  using box = new BoxFile(file, false);
  new TraceCompletion(trace, box.info.uuid).close();
  assertEquals(Deno.statSync(path).size, size);
  await session.close();
});

Deno.test("TraceCompletion() puts the whole packet in the place of a provisional one", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 10, 10);
  const before = packetsIn(trace, session.cpu!);
  const { added } = complete(file, trace);
  const after = packetsIn(trace, session.cpu!);
  assertEquals([added, after.length], [1, before.length], "packets added, and in the file");
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 20), "none twice");
  await session.close();
});

Deno.test("TraceCompletion() puts the rest in the place of a provisional packet, and behind it", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 600, 1000);
  complete(file, trace);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 1600));
  assertInOrder(packetsIn(trace, session.cpu!), "completed");
  await session.close();
});

Deno.test("TraceCompletion() replaces a last packet of which a part was not written", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ subbufSize: 16384 });
  const record = numbered(session);
  for (const n of range(0, 1600)) record(n);
  await session.flush();
  const { file, trace } = await killedWithTrace(directory);
  // A program that is killed while it writes a packet over a provisional one of as many pages has
  // written the first of them.
  const path = `${trace}/channel0_${session.cpu}`;
  const bytes = Deno.readFileSync(path);
  bytes.fill(0, bytes.length - 4096);
  Deno.writeFileSync(path, bytes);
  complete(file, trace);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 1600));
  await session.close();
});

Deno.test("TraceCompletion() tells losses that came after those the last packet tells", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ maxCpus: 1 });
  const part = TraceSession.attach(session.handle);
  const record = numbered(part);
  record(0);
  record(1);
  await session.flush();
  for (const n of range(2, 5)) record(n);
  const { file, trace } = await killedWithTrace(directory);
  const { streams } = complete(file, trace);
  assertEquals(streams.map(({ cpu, lost }) => [cpu, lost]), [[1, 7]], "in the report");
  assertEquals((await readTrace(trace)).lost, 7, "in the trace");
  await session.close();
});

Deno.test("TraceCompletion() goes on with metadata that was cut off anywhere", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 10, 0);
  const path = `${trace}/metadata`;
  const whole = Deno.readTextFileSync(path);
  Deno.truncateSync(path, whole.length - 20);
  complete(file, trace);
  assertEquals(Deno.readTextFileSync(path), whole);
  assertEquals((await readTrace(trace)).numbers.get(session.cpu!), range(0, 10));
  await session.close();
});

Deno.test("TraceCompletion() of a trace that is complete changes no byte", { ignore }, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 600, 1000);
  complete(file, trace);
  const before = filesIn(trace);
  const { added, streams } = complete(file, trace);
  assertEquals([added, streams.length], [0, 1], "packets added, and streams found");
  assertEquals(filesIn(trace), before);
  await session.close();
});

/** What is refused, with how the directory is made that way, and why. */
const refused: [
  string,
  (trace: string, session: TraceSession) => void,
  (trace: string) => string,
][] = [
  [
    "with something else in it",
    (trace) => Deno.writeTextFileSync(`${trace}/thesis.txt`, "years of work"),
    (trace) => `Cannot complete trace ${trace}: it holds "thesis.txt"`,
  ],
  [
    "with a directory in it",
    (trace) => Deno.mkdirSync(`${trace}/snapshot-0`),
    (trace) => `Cannot complete trace ${trace}: it holds "snapshot-0"`,
  ],
  [
    "whose metadata is a link",
    (trace) => {
      Deno.renameSync(`${trace}/metadata`, `${trace}.metadata`);
      Deno.symlinkSync(`${trace}.metadata`, `${trace}/metadata`);
    },
    (trace) => `Cannot complete trace ${trace}: it holds "metadata"`,
  ],
  [
    "with a stream of a CPU there is not",
    (trace) => Deno.writeTextFileSync(`${trace}/channel0_007`, ""),
    (trace) => `Cannot complete trace ${trace}: it holds "channel0_007"`,
  ],
  [
    "whose streams are rotated",
    (trace, { cpu }) => {
      Deno.renameSync(`${trace}/channel0_${cpu}`, `${trace}/channel0_${cpu}_0`);
    },
    (trace) => `Cannot complete trace ${trace}: its streams are in several files each`,
  ],
  [
    "of another trace",
    (trace) => {
      const path = `${trace}/metadata`;
      const text = Deno.readTextFileSync(path);
      const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)![0];
      Deno.writeTextFileSync(path, text.replaceAll(uuid, crypto.randomUUID()));
    },
    (trace) => `Cannot complete trace ${trace}: it is another one`,
  ],
  [
    "without metadata",
    (trace) => Deno.removeSync(`${trace}/metadata`),
    () => "No such file or directory",
  ],
  [
    "with a stream of another trace",
    (trace, { cpu }) => poke(`${trace}/channel0_${cpu}`, 4096 + 4),
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 4096`,
  ],
  [
    "with a packet in the middle that says it is longer than the file",
    (trace, { cpu }) => poke(`${trace}/channel0_${cpu}`, 4096 + 59),
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 4096`,
  ],
  [
    "with a packet twice",
    (trace, { cpu }) => {
      const path = `${trace}/channel0_${cpu}`;
      Deno.writeFileSync(path, Deno.readFileSync(path).subarray(4096, 8192), { append: true });
    },
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 12288`,
  ],
  [
    "with a stream that is damaged in the middle",
    (trace, { cpu }) => poke(`${trace}/channel0_${cpu}`, 4096),
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 4096`,
  ],
];
for (const [what, spoil, why] of refused) {
  Deno.test(`TraceCompletion() refuses a directory ${what}, and changes nothing`, {
    ignore,
  }, async () => {
    using directory = new BoxDirectory();
    const { session, file, trace } = await recorded(directory, 600, 0);
    // Also what is cut off in another stream is left as it is.
    Deno.writeTextFileSync(`${trace}/channel0_3`, "no packet");
    spoil(trace, session);
    const before = filesIn(trace);
    const error = assertThrows(() => complete(file, trace), Error);
    const message = why(trace);
    assertEquals(error.message.slice(0, message.length), message);
    assertEquals(filesIn(trace), before);
    await session.close();
  });
}

/** Changes a byte of a file. */
function poke(path: string, at: number): void {
  const bytes = Deno.readFileSync(path);
  bytes[at] ^= 0xff;
  Deno.writeFileSync(path, bytes);
}

Deno.test("TraceCompletion() refuses a directory that a session writes to, which goes on", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start();
  const record = numbered(session);
  for (const n of range(0, 10)) record(n);
  await session.flush();
  const before = filesIn(directory.trace);
  const error = assertThrows(() => complete(directory.box, directory.trace), TypeError);
  const why = "a session writes to it";
  assertEquals(error.message, `Cannot complete trace ${directory.trace}: ${why}`);
  assertEquals(filesIn(directory.trace), before);
  for (const n of range(10, 10)) record(n);
  await session.close();
  assertEquals((await readTrace(directory.trace)).numbers.get(0), range(0, 20));
});

Deno.test("TraceCompletion() refuses metadata that goes on otherwise", { ignore }, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 10, 0);
  const path = `${trace}/metadata`;
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, `${text.slice(0, -5)}/**/\n`);
  const before = filesIn(trace);
  const error = assertThrows(() => complete(file, trace), TypeError);
  assertEquals(error.message, `Cannot complete trace ${trace}: its metadata is another one`);
  assertEquals(filesIn(trace), before);
  await session.close();
});

Deno.test("TraceCompletion() throws that the disk is full, and leaves whole packets", {
  ignore: ignoreReading || cannotMount(),
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 600, 2000);
  const disk = `${directory.path}/disk`;
  Deno.mkdirSync(disk);
  // Room for two more packets.
  const pages = [...filesIn(trace).values()].map(({ length }) => Math.ceil(length / 4096));
  assert(mountDisk(disk, 4096 * (pages.reduce((sum, count) => sum + count, 0) + 2)));
  try {
    for (const [name, bytes] of filesIn(trace)) Deno.writeFileSync(`${disk}/${name}`, bytes);
    const before = packetsIn(disk, session.cpu!).length;
    assertThrows(() => complete(file, disk), Error, "No space left on device");
    const packets = packetsIn(disk, session.cpu!);
    assert(packets.length > before, `${packets.length} packets of ${before}`);
    assertInOrder(packets, "on a full disk");
    const { numbers } = await readTrace(disk);
    const count = numbers.get(session.cpu!)!.length;
    assertEquals(numbers.get(session.cpu!), range(0, count));
    assert(count > 600 && count < 2600, `${count} events`);
  } finally {
    unmountDisk(disk);
    await session.close();
  }
});

Deno.test("TraceCompletion() throws that it may not write", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await recorded(directory, 10, 0);
  const { openSync } = Deno;
  const denied = new Deno.errors.PermissionDenied("as told");
  // The tests may run as a user who may do everything.
  Deno.openSync = (path, options) => {
    if (options?.write && String(path).includes("channel0_")) throw denied;
    return openSync(path, options);
  };
  try {
    assertThrows(() => complete(file, trace), Deno.errors.PermissionDenied, "as told");
  } finally {
    Deno.openSync = openSync;
  }
  // It is free again.
  assertEquals(complete(file, trace).faults, []);
  await session.close();
});
