import { CPU_DOWN_PREPARE, formatLogEntry, NOTIFY_BAD, NOTIFY_OK } from "@ltt/relay/hw";
import { assert, assertEquals } from "@std/assert";
import { WorkerFixture } from "./cpu_worker_support.ts";
import { COMMITTED, OFFSET } from "../../../relay/ring/control.ts";
import { EVENT_SIZE, upTo } from "./events.ts";
import { assertRejectsCode } from "./fixture.ts";
import { ignore } from "./workers.ts";

for (const type of ["throw", "close"] as const) {
  Deno.test(
    `a worker that ends (${type}) is taken down, and all it committed is there`,
    { ignore },
    async () => {
      await using fixture = await WorkerFixture.start();
      await fixture.cpu.up();
      await fixture.tell({ type: "write", from: 0, count: 300 });
      await fixture.tell({ type: "leave open", from: 300 });
      await fixture.tell({ type });
      await fixture.cpu.dead;
      assertEquals(fixture.online, [0]);
      assertEquals(fixture.read(), upTo(301));
      assertEquals(fixture.ring.lost.torn, 1);
      await assertRejectsCode(() => fixture.cpu.up(), "ENODEV", "up()");
    },
  );
}

Deno.test("terminate() of a busy worker waits for its thread, then delivers every event", {
  ignore,
}, async () => {
  await using fixture = await WorkerFixture.start({ mode: "overwrite", subbufSize: 65536 });
  await fixture.cpu.up();
  await fixture.tell({ type: "spin", forMs: 300 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await fixture.cpu.terminate();
  assertEquals(fixture.online, [0]);
  const { control } = fixture.ring.memory;
  assertEquals(control[OFFSET], control[COMMITTED]);
  const events = fixture.read();
  assert(events.length >= 3 * 65536 / EVENT_SIZE, `only ${events.length} events`);
  assertEquals(events, upTo(events.length).map((i) => i + events[0]));
});

Deno.test(
  "a new worker can be the CPU of a dead one, and goes on in its ring",
  { ignore },
  async () => {
    await using fixture = await WorkerFixture.start();
    await fixture.cpu.up();
    await fixture.tell({ type: "leave open", from: 0 });
    await fixture.cpu.terminate();
    fixture.cpu = await fixture.startWorker();
    await fixture.cpu.up();
    await fixture.tell({ type: "write", from: 1, count: 2 });
    await fixture.cpu.down();
    assertEquals(fixture.read(), [0, 1, 2]);
    assertEquals(fixture.ring.lost.torn, 1);
  },
);

Deno.test(
  "a dead worker's events are there even if its CPU may not go down",
  { ignore },
  async () => {
    await using fixture = await WorkerFixture.start();
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
