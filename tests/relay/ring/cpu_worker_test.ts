import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CPU_DEAD,
  CPU_DOWN_PREPARE,
  CPU_ONLINE,
  CPU_UP_PREPARE,
  type CpuAction,
  cpuActionName,
  formatLogEntry,
  KernelError,
  Machine,
  NOTIFY_BAD,
  NOTIFY_OK,
} from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuWorker, LOST_OFFLINE, RingChannel, type RingOptions, runCpu } from "@ltt/relay/ring";
import type { Order } from "./cpu_program.ts";
import { EVENT_SIZE, readEvents } from "./events.ts";

/** Workers read their modules. */
const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

const PROGRAM = new URL("./cpu_program.ts", import.meta.url);

/** A machine of two nodes whose CPU 1 is down, and a channel with rings. */
class Fixture implements AsyncDisposable {
  readonly machine = new Machine({ nodes: [256, 1024], cpus: 2, online: [0], cpuToNode: [0, 1] });
  readonly relay = Relay.start(this.machine);
  readonly channel: RingChannel;
  cpu!: CpuWorker;

  constructor(options: Partial<RingOptions> = {}) {
    this.channel = RingChannel.open(this.relay, {
      baseFilename: "trace",
      subbufSize: 4096,
      nSubbufs: 4,
      ...options,
    });
  }

  static async start(options?: Partial<RingOptions>): Promise<Fixture> {
    const fixture = new Fixture(options);
    fixture.cpu = await CpuWorker.start(fixture.machine, 1, {
      module: PROGRAM,
      channels: [fixture.channel],
    });
    return fixture;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.cpu.isDead) await this.cpu.terminate();
    this.channel[Symbol.dispose]();
  }

  get ring() {
    return this.channel.buf[1]!;
  }

  /** Tells the worker to do something, and resolves to its answer. */
  tell(order: Order): Promise<number> {
    return new Promise((resolve) => {
      this.cpu.worker.onmessage = ({ data }) => resolve(data);
      this.cpu.worker.postMessage(order);
    });
  }

  /** Numbers of all events that are delivered. */
  read(): number[] {
    using reader = this.ring.reader();
    const events: number[] = [];
    for (let subbuf; (subbuf = reader.getNextSubbuf()) !== null;) {
      events.push(...readEvents(subbuf));
      reader.putNextSubbuf();
    }
    return events;
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

Deno.test("CpuWorker.start() parks a worker for a CPU that stays down", { ignore }, async () => {
  await using fixture = await Fixture.start();
  assertEquals([...fixture.machine.cpus.online], [0]);
  assertEquals(fixture.channel.buf[1], null);
  assert(!fixture.cpu.isDead);
});

Deno.test("CpuWorker.start() refuses a CPU that is up or not present", { ignore }, async () => {
  const { machine, channel } = new Fixture();
  const options = { module: PROGRAM, channels: [channel] };
  for (const cpu of [0, 2]) {
    const error = await assertRejects(() => CpuWorker.start(machine, cpu, options), KernelError);
    assertEquals((error as KernelError).code, "EINVAL");
  }
});

Deno.test("CpuWorker.start() rejects when the module throws first", { ignore }, async () => {
  const { machine, channel } = new Fixture();
  const module = "data:text/javascript,throw new Error('too early')";
  await assertRejects(
    () => CpuWorker.start(machine, 1, { module, channels: [channel] }),
    Error,
    "too early",
  );
});

Deno.test("up() allocates on the CPU's node, and the worker writes there", { ignore }, async () => {
  await using fixture = await Fixture.start();
  await fixture.cpu.up();
  const { buffer } = fixture.ring;
  assertEquals(buffer.pages.every(({ page }) => page.nid === 1), true);
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 600 }), 0);
  // Two sub-buffers are full, the third is the worker's.
  assertEquals(fixture.read(), upTo(512));
});

Deno.test("up() lets a notifier veto, and the worker stays parked", { ignore }, async () => {
  await using fixture = await Fixture.start();
  const block = fixture.machine.hotplug.hotcpuNotifier(
    (action) => action === CPU_UP_PREPARE ? NOTIFY_BAD : NOTIFY_OK,
    0,
  );
  await assertRejects(() => fixture.cpu.up(), KernelError, "vetoed");
  fixture.machine.hotplug.unregisterCpuNotifier(block);
  await fixture.cpu.up();
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});

Deno.test("down() parks the worker before the notifiers run, and delivers what it wrote", {
  ignore,
}, async () => {
  await using fixture = await Fixture.start();
  const seen: string[] = [];
  fixture.machine.hotplug.hotcpuNotifier((action: CpuAction) => {
    const written = fixture.channel.buf[1]?.isWrittenElsewhere ? "written to" : "parked";
    const wanted = [CPU_ONLINE, CPU_DOWN_PREPARE, CPU_DEAD].includes(action);
    if (wanted) seen.push(`${cpuActionName(action)} ${written}`);
    return NOTIFY_OK;
  }, 10);
  await fixture.cpu.up();
  await fixture.tell({ type: "write", from: 0, count: 10 });
  assertEquals(fixture.read(), []);
  await fixture.cpu.down();
  assertEquals(seen, ["CPU_ONLINE parked", "CPU_DOWN_PREPARE parked", "CPU_DEAD parked"]);
  assertEquals([...fixture.machine.cpus.online], [0]);
  assertEquals(fixture.read(), upTo(10));
});

Deno.test(
  "a parked worker's events are refused, counted, and it goes on when up again",
  { ignore },
  async () => {
    await using fixture = await Fixture.start();
    await fixture.cpu.up();
    await fixture.tell({ type: "write", from: 0, count: 3 });
    await fixture.cpu.down();
    assertEquals(await fixture.tell({ type: "write", from: 3, count: 2 }), 2);
    assertEquals(fixture.ring.lost.offline, 0);
    await fixture.cpu.up();
    assertEquals(fixture.ring.lost.offline, 2);
    await fixture.tell({ type: "write", from: 5, count: 3 });
    await fixture.cpu.down();
    assertEquals(fixture.read(), [0, 1, 2, 5, 6, 7]);
    assert(LOST_OFFLINE < 0);
  },
);

Deno.test(
  "down() lets a notifier veto, and the worker's program runs again",
  { ignore },
  async () => {
    await using fixture = await Fixture.start();
    await fixture.cpu.up();
    const block = fixture.machine.hotplug.hotcpuNotifier(
      (action) => action === CPU_DOWN_PREPARE ? NOTIFY_BAD : NOTIFY_OK,
      0,
    );
    await assertRejects(() => fixture.cpu.down(), KernelError, "vetoed");
    assertEquals([...fixture.machine.cpus.online].sort(), [0, 1]);
    assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
    fixture.machine.hotplug.unregisterCpuNotifier(block);
    await fixture.cpu.down();
    assertEquals(fixture.read(), [0]);
  },
);

Deno.test("cpuDown() of a CPU whose worker is not parked is vetoed", { ignore }, async () => {
  await using fixture = await Fixture.start();
  await fixture.cpu.up();
  assertThrows(() => fixture.machine.hotplug.cpuDown(1), KernelError, "vetoed");
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});

Deno.test("up() and down() at the same time: the second one is EBUSY", { ignore }, async () => {
  await using fixture = await Fixture.start();
  const up = fixture.cpu.up();
  const error = await assertRejects(() => fixture.cpu.down(), KernelError);
  assertEquals((error as KernelError).code, "EBUSY");
  await up;
});

Deno.test("flush() has the rings flushed on the worker", { ignore }, async () => {
  await using fixture = await Fixture.start();
  await fixture.cpu.up();
  await fixture.tell({ type: "write", from: 0, count: 5 });
  assertEquals(await fixture.cpu.flush("active"), true);
  assertEquals(fixture.read(), upTo(5));
  assertEquals(await fixture.cpu.flush("active"), false);
});

Deno.test("a switch timer runs on the worker", { ignore }, async () => {
  await using fixture = await Fixture.start({ switchTimerMs: 5 });
  await fixture.cpu.up();
  await fixture.tell({ type: "write", from: 0, count: 5 });
  for await (const subbuf of fixture.ring.reader()) {
    assertEquals(readEvents(subbuf), upTo(5));
    break;
  }
});

for (const type of ["throw", "close"] as const) {
  Deno.test(
    `a worker that ends (${type}) is taken down, and all it committed is there`,
    { ignore },
    async () => {
      await using fixture = await Fixture.start();
      await fixture.cpu.up();
      await fixture.tell({ type: "write", from: 0, count: 300 });
      await fixture.tell({ type: "leave open", from: 300 });
      await fixture.tell({ type });
      await fixture.cpu.dead;
      assertEquals([...fixture.machine.cpus.online], [0]);
      assertEquals(fixture.read(), upTo(301));
      assertEquals(fixture.ring.lost.torn, 1);
      const error = await assertRejects(() => fixture.cpu.up(), KernelError);
      assertEquals((error as KernelError).code, "ENODEV");
    },
  );
}

Deno.test("terminate() of a busy worker waits for its thread, then delivers every event", {
  ignore,
}, async () => {
  await using fixture = await Fixture.start({ mode: "overwrite", subbufSize: 65536 });
  await fixture.cpu.up();
  await fixture.tell({ type: "spin", forMs: 300 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await fixture.cpu.terminate();
  assertEquals([...fixture.machine.cpus.online], [0]);
  const [offset, committed] = [16, 17].map((word) => fixture.ring.memory.control[word]);
  assertEquals(offset, committed);
  const events = fixture.read();
  assert(events.length >= 3 * 65536 / EVENT_SIZE, `only ${events.length} events`);
  assertEquals(events, upTo(events.length).map((i) => i + events[0]));
});

Deno.test(
  "a new worker can be the CPU of a dead one, and goes on in its ring",
  { ignore },
  async () => {
    await using fixture = await Fixture.start();
    await fixture.cpu.up();
    await fixture.tell({ type: "leave open", from: 0 });
    await fixture.cpu.terminate();
    const { machine, channel } = fixture;
    fixture.cpu = await CpuWorker.start(machine, 1, { module: PROGRAM, channels: [channel] });
    await fixture.cpu.up();
    await fixture.tell({ type: "write", from: 1, count: 2 });
    await fixture.cpu.down();
    assertEquals(fixture.read(), [0, 1, 2]);
    assertEquals(fixture.ring.lost.torn, 1);
  },
);

Deno.test("CpuWorker.start() is EBUSY for a CPU that has a worker", { ignore }, async () => {
  await using fixture = await Fixture.start();
  const { machine, channel } = fixture;
  const options = { module: PROGRAM, channels: [channel] };
  const error = await assertRejects(() => CpuWorker.start(machine, 1, options), KernelError);
  assertEquals((error as KernelError).code, "EBUSY");
  await fixture.cpu.up();
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});

Deno.test("CpuWorker.start() refuses RAM that is not shared", { ignore }, async () => {
  const machine = new Machine({ cpus: 2, online: [0], backing: "plain" });
  await assertRejects(
    () => CpuWorker.start(machine, 1, { module: PROGRAM, channels: [] }),
    TypeError,
    "not shared",
  );
});

Deno.test(
  "down() of a CPU that is down is EINVAL, and the worker lives on",
  { ignore },
  async () => {
    await using fixture = await Fixture.start();
    for (let times = 0; times < 2; times++) {
      const error = await assertRejects(() => fixture.cpu.down(), KernelError);
      assertEquals((error as KernelError).code, "EINVAL");
    }
    await fixture.cpu.up();
  },
);

Deno.test("flush() does nothing while the CPU is down", { ignore }, async () => {
  await using fixture = await Fixture.start();
  assertEquals(await fixture.cpu.flush("active"), false);
  await fixture.cpu.up();
  await fixture.tell({ type: "write", from: 0, count: 1 });
  await fixture.cpu.down();
  assertEquals(await fixture.cpu.flush("active"), false);
});

Deno.test(
  "flush() rejects for a mode there is not, and the worker lives on",
  { ignore },
  async () => {
    await using fixture = await Fixture.start();
    await fixture.cpu.up();
    await assertRejects(() => fixture.cpu.flush("often" as "active"), Error, "often");
    assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
  },
);

Deno.test("flush() rejects when the worker dies meanwhile", { ignore }, async () => {
  await using fixture = await Fixture.start();
  await fixture.cpu.up();
  await fixture.tell({ type: "spin", forMs: 100 });
  const flushed = fixture.cpu.flush("active");
  const terminated = fixture.cpu.terminate();
  await assertRejects(() => flushed, Error, "The worker of CPU 1 ended");
  await terminated;
});

Deno.test("runCpu() refuses the main thread", async () => {
  await assertRejects(() => runCpu(() => {}), TypeError, "it takes a worker");
});

Deno.test("up() of a CPU that is up is EINVAL, and the worker writes on", { ignore }, async () => {
  await using fixture = await Fixture.start();
  await fixture.cpu.up();
  const error = await assertRejects(() => fixture.cpu.up(), KernelError);
  assertEquals((error as KernelError).code, "EINVAL");
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});

Deno.test("up() gives the rings even if a notifier of CPU_ONLINE throws", { ignore }, async () => {
  await using fixture = await Fixture.start();
  fixture.machine.hotplug.hotcpuNotifier((action) => {
    if (action === CPU_ONLINE) throw new Error("too late to refuse");
    return NOTIFY_OK;
  }, 0);
  await assertRejects(() => fixture.cpu.up(), Error, "too late");
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});

Deno.test(
  "a dead worker's events are there even if its CPU may not go down",
  { ignore },
  async () => {
    await using fixture = await Fixture.start();
    const { machine, cpu } = fixture;
    await cpu.up();
    await fixture.tell({ type: "leave open", from: 0 });
    const block = machine.hotplug.hotcpuNotifier(
      (action) => action === CPU_DOWN_PREPARE ? NOTIFY_BAD : NOTIFY_OK,
      0,
    );
    await cpu.terminate();
    assert(machine.cpus.online.has(1));
    assert(
      machine.log.entries.some((entry) => formatLogEntry(entry).includes("its thread is dead")),
    );
    assertEquals(fixture.read(), [0]);
    assertEquals(fixture.ring.lost.torn, 1);
    machine.hotplug.unregisterCpuNotifier(block);
  },
);
