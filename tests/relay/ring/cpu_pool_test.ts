import {
  CPU_DOWN_PREPARE,
  CPU_UP_PREPARE,
  formatLogEntry,
  KernelError,
  Machine,
  NOTIFY_BAD,
  NOTIFY_OK,
} from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { claimCpu, CpuPool, RingChannel } from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { until } from "../until.ts";
import type { Order } from "./cpu_program.ts";
import { drainEvents, upTo, writeEvents } from "./events.ts";
import { sizes } from "./fixture.ts";
import { answerOf, ignore, tell } from "./workers.ts";

const PROGRAM = new URL("./cpu_program.ts?claims", import.meta.url);

/** A machine of four CPUs of which number 0 is up, with two channels. */
class Fixture implements Disposable {
  readonly machine = new Machine({ nodes: [1024], cpus: 4, online: [0] });
  readonly relay = Relay.start(this.machine);
  readonly channels = ["first", "second"].map((baseFilename) =>
    RingChannel.open(this.relay, { baseFilename, ...sizes })
  );
  readonly #workers: Worker[] = [];

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }

  /** Starts a worker that can claim a CPU. */
  async worker(): Promise<Worker> {
    const worker = new Worker(PROGRAM, { type: "module" });
    this.#workers.push(worker);
    await answerOf(worker);
    return worker;
  }

  online(): number[] {
    return [...this.machine.cpus.online].sort();
  }

  hasLogged(what: string): boolean {
    return this.machine.log.entries.some((entry) => formatLogEntry(entry).includes(what));
  }

  /** Numbers of all events of a CPU that are delivered in the first channel. */
  read(cpu: number): number[] {
    using reader = this.channels[0].buf[cpu]!.reader();
    return drainEvents(reader);
  }
}

Deno.test("new CpuPool() keeps so many CPUs up, with rings in every channel", () => {
  using fixture = new Fixture();
  const { machine, channels } = fixture;
  using pool = new CpuPool(machine, channels, 2);
  assertEquals(pool.spare, [1, 2]);
  assertEquals(fixture.online(), [0, 1, 2]);
  for (const { buf } of channels) {
    assertEquals(buf.map((ring) => ring !== null), [
      true,
      true,
      true,
      false,
    ]);
  }
});

Deno.test("new CpuPool() refuses a number of spares that is none", () => {
  using fixture = new Fixture();
  for (const spares of [0, -1, 1.5, NaN]) {
    assertThrows(() => new CpuPool(fixture.machine, fixture.channels, spares), RangeError);
  }
  assertEquals(fixture.online(), [0]);
});

Deno.test("new CpuPool() refuses RAM that is not shared, and brings nothing up", () => {
  const machine = new Machine({ cpus: 2, online: [0], backing: "plain" });
  assertThrows(() => new CpuPool(machine, [], 1), TypeError, "not shared");
  assertEquals(machine.cpus.online.size, 1);
});

Deno.test("new CpuPool() passes over a CPU that may not come up, and says so", () => {
  using fixture = new Fixture();
  const { machine, channels } = fixture;
  machine.hotplug.hotcpuNotifier(
    (action, cpu) => action === CPU_UP_PREPARE && cpu === 1 ? NOTIFY_BAD : NOTIFY_OK,
    0,
  );
  using pool = new CpuPool(machine, channels, 3);
  assertEquals(pool.spare, [2, 3]);
  assert(fixture.hasLogged("CPU1: not kept spare"));
});

Deno.test("claimCpu() gives a CPU at once, with a writer in every channel", () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 2);
  const claimed = claimCpu(pool.handle)!;
  assertEquals(claimed.cpu, 1);
  assertEquals(claimed.writers.map(({ cpu }) => cpu), [1, 1]);
  assertEquals(writeEvents(claimed.writers[0], 0, 3), 0);
  assertEquals(pool.spare, [2]);
  claimed.release();
});

Deno.test("claimCpu() never gives a CPU twice", () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 3);
  const claimed = [claimCpu(pool.handle), claimCpu(pool.handle), claimCpu(pool.handle)];
  assertEquals(claimed.map((one) => one?.cpu), [1, 2, 3]);
  for (const one of claimed) one?.release();
});

Deno.test("claimCpu() answers null when no CPU is free; the pool counts and logs it", async () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 1);
  const claimed = claimCpu(pool.handle);
  assertEquals(claimCpu(pool.handle), null);
  assertEquals(claimCpu(pool.handle), null);
  assertEquals(pool.refused, 2);
  await until("logged", () => fixture.hasLogged("no CPU free: 2 claims refused"));
  claimed?.release();
});

Deno.test("a pool tops up when a CPU was claimed", async () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 1);
  const claimed = claimCpu(pool.handle);
  await until("topped up", () => pool.spare.length === 1);
  assertEquals(pool.spare, [2]);
  claimed?.release();
});

Deno.test("release() hands over what was written, and the CPU can be claimed again", async () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 3);
  const claimed = claimCpu(pool.handle)!;
  writeEvents(claimed.writers[0], 0, 5);
  claimed.release();
  await until("taken down and up", () => pool.spare.includes(claimed.cpu));
  assertEquals(fixture.read(claimed.cpu), [0, 1, 2, 3, 4]);
});

Deno.test("claimCpu() until released takes no lock: others top up, and release() gives it back", async () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 1);
  const claimed = claimCpu(pool.handle, { untilReleased: true })!;
  await until("topped up", () => pool.spare.length === 1);
  // A lock that is free would have been taken for a thread that is dead.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(fixture.online(), [0, 1, 2]);
  assertThrows(() => fixture.machine.hotplug.cpuDown(1), KernelError, "vetoed");
  writeEvents(claimed.writers[0], 0, 5);
  claimed.release();
  await until("taken down", () => !fixture.online().includes(1));
  assertEquals(fixture.read(1), [0, 1, 2, 3, 4]);
});

Deno.test("a worker claims a CPU while the booting thread is busy", { ignore }, async () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 1);
  const worker = await fixture.worker();
  worker.postMessage({ type: "claim", handle: pool.handle } satisfies Order);
  const end = performance.now() + 10_000;
  while (pool.spare.length > 0 && performance.now() < end);
  assertEquals(pool.spare, []);
});

Deno.test(
  "a worker that dies loses its CPU, and nothing it had committed",
  { ignore },
  async () => {
    using fixture = new Fixture();
    using pool = new CpuPool(fixture.machine, fixture.channels, 1);
    const worker = await fixture.worker();
    const cpu = await tell(worker, { type: "claim", handle: pool.handle });
    assertEquals(cpu, 1);
    await tell(worker, { type: "write", from: 0, count: 300 });
    await tell(worker, { type: "leave open", from: 300 });
    worker.terminate();
    const ring = fixture.channels[0].buf[cpu]!;
    await until("repaired", () => ring.lost.torn === 1);
    assertEquals(fixture.read(cpu), upTo(301));
  },
);

Deno.test("close() takes down the spare CPUs, and leaves claimed ones to their threads", async () => {
  using fixture = new Fixture();
  const pool = new CpuPool(fixture.machine, fixture.channels, 2);
  const claimed = claimCpu(pool.handle)!;
  pool.close();
  assertEquals(fixture.online(), [0, 1]);
  assertEquals(claimCpu(pool.handle), null);
  claimed.release();
  await until("down", () => fixture.online().length === 1);
});

Deno.test("a pool's CPU cannot be taken down while its thread writes", () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 1);
  const claimed = claimCpu(pool.handle)!;
  assertThrows(() => fixture.machine.hotplug.cpuDown(1), KernelError, "vetoed");
  claimed.release();
});

Deno.test("claimCpu() throws for another header, and the CPU is there again", async () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 1);
  for (let times = 0; times < 3; times++) {
    assertThrows(
      () => claimCpu(pool.handle, { client: () => ({ headerSize: 8 }) }),
      KernelError,
      "header",
    );
    await until("spare again", () => pool.spare.length === 1);
  }
  await until("only one up", () => fixture.online().length === 2);
});

Deno.test("cpuDown() of a spare CPU: it cannot be claimed any more", () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 2);
  fixture.machine.hotplug.cpuDown(1);
  assertEquals(pool.spare, [2]);
  const claimed = claimCpu(pool.handle)!;
  assertEquals(claimed.cpu, 2);
  claimed.release();
});

Deno.test("cpuDown() of a spare CPU that a notifier refuses leaves it spare", () => {
  using fixture = new Fixture();
  const { machine, channels } = fixture;
  using pool = new CpuPool(machine, channels, 1);
  const block = machine.hotplug.hotcpuNotifier(
    (action) => action === CPU_DOWN_PREPARE ? NOTIFY_BAD : NOTIFY_OK,
    0,
  );
  assertThrows(() => machine.hotplug.cpuDown(1), KernelError, "vetoed");
  assertEquals(pool.spare, [1]);
  machine.hotplug.unregisterCpuNotifier(block);
});

Deno.test("topUp() brings nothing up for a channel that is closed, and says so", () => {
  using fixture = new Fixture();
  using pool = new CpuPool(fixture.machine, fixture.channels, 1);
  fixture.machine.hotplug.cpuDown(1);
  fixture.channels[1].close();
  pool.topUp();
  assertEquals([pool.spare, fixture.online()], [[], [0]]);
  assert(fixture.hasLogged("a channel of the pool is closed"));
});

Deno.test("close() of a pool leaves no notifier behind once the last thread is gone", async () => {
  using fixture = new Fixture();
  const { hotplug } = fixture.machine;
  const before = hotplug.notifierPriorities;
  const pool = new CpuPool(fixture.machine, fixture.channels, 1);
  const claimed = claimCpu(pool.handle)!;
  pool.close();
  claimed.release();
  await until("unregistered", () => hotplug.notifierPriorities.length === before.length);
  assertEquals(hotplug.notifierPriorities, before);
});
