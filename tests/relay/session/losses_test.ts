import { openRam } from "@ltt/relay/hw";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type LostCounts, RingMemory } from "@ltt/relay/ring";
import { string, u32 } from "@ltt/relay/trace";
import { Registry } from "../../../relay/trace/registry.ts";
import { StreamState } from "../../../relay/trace/stream_state.ts";
import { LOST } from "../../../relay/ring/control.ts";
import { sumLost } from "@ltt/relay/session";
import { CANNOT_MOUNT, Disk } from "../disk.ts";
import {
  assertAgrees,
  beside,
  ignore,
  numbered,
  range,
  readTrace,
  runChild,
  startSession,
  TempDirectory,
} from "./support.ts";

const NOTHING: LostCounts = { full: 0, wrap: 0, big: 0, nested: 0, torn: 0, offline: 0 };

Deno.test("losses are the same in statistics, trace and on the terminal", { ignore }, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const { code, stdout, stderr } = await runChild(beside("loss_program.ts"), [output]);
  assertEquals(code, 0, stderr);
  const { events, lost } = JSON.parse(stdout);
  assert(lost.full > 0, "the buffers were full");
  assertEquals(lost, { ...lost, big: 3, unattached: 2, wrap: 0, nested: 0, torn: 0, offline: 0 });
  const all = sumLost(lost);
  assertEquals(events + all, 200_005);
  const trace = await readTrace(output);
  assertEquals(trace.lost, all);
  assertEquals(trace.lostPackets, 0);
  assertEquals(
    stderr,
    `ltt-relay: ${all} events lost (${lost.full}: the buffers were full; ` +
      `3: longer than a sub-buffer; 2: their thread had no CPU)\n`,
  );
});

Deno.test("losses are told in trace and on the terminal when the program just ends", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const { code, stdout, stderr } = await runChild(beside("loss_program.ts"), [output, "just end"]);
  assertEquals(code, 0, stderr);
  const { events, lost } = JSON.parse(stdout);
  const trace = await readTrace(output);
  assertEquals([trace.events.length, trace.lost], [events, sumLost(lost)]);
  assert(stderr.startsWith(`ltt-relay: ${trace.lost} events lost (`), stderr);
  assertEquals(stderr.split("\n").length, 2, "one line");
});

Deno.test("an event that fits exactly is recorded, one of a byte more is lost", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096 });
  const event = session.tracepoint("t:text", u32("n"), string("text"));
  event(0, "");
  // Header of the packet, extended header of the event, number, zero byte.
  const fits = 4096 - 84 - 14 - 4 - 1;
  event(1, "x".repeat(fits + 9));
  event(2, "x".repeat(fits + 8));
  event(3, "");
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.numbers.get(0), [0, 2, 3]);
  assertAgrees(session, trace);
  assertEquals(session.statistics().lost.big, 1);
});

Deno.test("statistics() tells of each CPU what was lost, by cause, also beyond 2^32", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096 });
  const event = session.tracepoint("t:text", string("text"));
  event("x".repeat(5000));
  const { pool, registry } = session.handle;
  const ram = openRam(pool.ram);
  const { state, control } = new Registry(ram, registry).stream(0)!;
  const { control: words } = new RingMemory(ram, control);
  // As if it had lost so many: the ring counts modulo 2^32.
  const big = LOST + 2;
  new StreamState(ram, state).discard({ ...NOTHING, big: 2 ** 32 - 1 });
  words[big] = -1;
  event("x".repeat(5000));
  event("x".repeat(5000));
  const { lost, cpus } = session.statistics();
  const count = 2 ** 32 + 1;
  assertEquals(lost, { ...NOTHING, big: count, unattached: 0 });
  assertEquals(cpus.map(({ cpu, lost, lostByCause }) => ({ cpu, lost, lostByCause })), [
    { cpu: 0, lost: count, lostByCause: { ...NOTHING, big: count } },
  ]);
  await session.close();
});

/** A disk with little room. */
class SmallDisk implements Disposable {
  readonly #directory = new TempDirectory();
  readonly #disk = new Disk(this.#directory.path, 2 ** 20);

  get path(): string {
    return this.#disk.path;
  }

  [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]();
    this.#directory[Symbol.dispose]();
  }
}

Deno.test("a full disk is said once, the program goes on, and what was written can be read", {
  ignore: ignore || CANNOT_MOUNT,
}, async () => {
  using disk = new SmallDisk();
  const output = `${disk.path}/trace`;
  const { code, stdout, stderr } = await runChild(beside("loss_program.ts"), [output, "full disk"]);
  assertEquals(code, 0, stderr);
  const { events, lost, closed } = JSON.parse(stdout);
  assertEquals(events + sumLost(lost), 400_005, "all are counted");
  const why = `Cannot write trace ${output}: Error: No space left on device (os error 28)`;
  assertEquals(closed, why);
  const [first, ...others] = stderr.trimEnd().split("\n");
  assertEquals(first, `ltt-relay: ${why}`);
  const unwritten = /^ltt-relay: up to (\d+) bytes of events were recorded and not written$/;
  for (const line of others.filter((line) => !unwritten.test(line))) {
    assertMatch(line, /^ltt-relay: \d+ events lost \(/);
  }
  assert(others.at(-1)!.includes(` ${sumLost(lost)} events lost`), stderr);
  const trace = await readTrace(output);
  assert(trace.events.length > 50_000, `${trace.events.length} events`);
  // What is recorded and not in the trace is named.
  const named = Number(others.map((line) => unwritten.exec(line)?.[1]).find(Boolean));
  const missing = (events - trace.events.length) * 10;
  assert(named >= missing && named < missing + 100, `${named} for ${missing} bytes`);
  const numbers = trace.numbers.get(0)!;
  assert(numbers.every((n, i) => i === 0 || n > numbers[i - 1]), "in order, none twice");
});

Deno.test("flush() throws why a disk is full, and leaves what was flushed before", {
  ignore: ignore || CANNOT_MOUNT,
}, async () => {
  using disk = new SmallDisk();
  const output = `${disk.path}/trace`;
  const session = await startSession({ path: disk.path } as TempDirectory, {
    subbufSize: 2 ** 21,
    nSubbufs: 2,
  });
  const event = numbered(session);
  for (let n = 0; n < 50_000; n++) event(n);
  await session.flush();
  for (let n = 50_000; n < 110_000; n++) event(n);
  await assertRejects(() => session.flush(), Error, "No space left");
  assertEquals((await readTrace(output)).numbers.get(0), range(0, 50_000));
  await assertRejects(() => session.close(), Error, "No space left");
  assertEquals((await readTrace(output)).numbers.get(0), range(0, 50_000));
  assertEquals(session.statistics().events, 110_000);
});

Deno.test(
  "statistics on a full disk do not stop the session",
  { ignore: ignore || CANNOT_MOUNT },
  async () => {
    using disk = new SmallDisk();
    const session = await startSession({ path: disk.path } as TempDirectory, {
      statisticsDirectory: `${disk.path}/trace`,
    });
    const event = numbered(session);
    event(0);
    await session.flush();
    const file = await Deno.create(`${disk.path}/filler`);
    const filler = new Uint8Array(4096);
    try {
      for (;;) await file.write(filler);
    } catch {
      // It is full.
    }
    file.close();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    event(1);
    Deno.removeSync(`${disk.path}/filler`);
    await session.close();
    assertEquals((await readTrace(`${disk.path}/trace`)).numbers.get(0), [0, 1]);
  },
);

Deno.test(
  "start() on a full disk throws, and leaves no thread",
  { ignore: ignore || CANNOT_MOUNT },
  async () => {
    using disk = new SmallDisk();
    Deno.writeFileSync(`${disk.path}/filler`, new Uint8Array(2 ** 20 - 8192));
    try {
      Deno.writeFileSync(`${disk.path}/more`, new Uint8Array(8192));
    } catch {
      // It is full.
    }
    await assertRejects(
      () => startSession({ path: disk.path } as TempDirectory),
      Error,
      "No space",
    );
  },
);
