import {
  CPU_DEAD,
  CPU_DOWN_PREPARE,
  CPU_ONLINE,
  CPU_UP_PREPARE,
  type CpuAction,
  cpuActionName,
  KernelError,
  NOTIFY_BAD,
  NOTIFY_OK,
} from "@ltt/relay/hw";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { WorkerFixture } from "./cpu_worker_support.ts";
import { upTo } from "./events.ts";
import { assertRejectsCode } from "./fixture.ts";
import { ignore } from "./workers.ts";

Deno.test("up() allocates on the CPU's node, and the worker writes there", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  await fixture.cpu.up();
  const { buffer } = fixture.ring;
  assertEquals(buffer.pages.every(({ page }) => page.nid === 1), true);
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 600 }), 0);
  // Two sub-buffers are full, the third is the worker's.
  assertEquals(fixture.read(), upTo(512));
});

Deno.test("up() lets a notifier veto, and the worker stays parked", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
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
  await using fixture = await WorkerFixture.start();
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
  assertEquals(fixture.online, [0]);
  assertEquals(fixture.read(), upTo(10));
});

Deno.test(
  "a parked worker's events are refused, counted, and it goes on when up again",
  { ignore },
  async () => {
    await using fixture = await WorkerFixture.start();
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
  },
);

Deno.test(
  "down() lets a notifier veto, and the worker's program runs again",
  { ignore },
  async () => {
    await using fixture = await WorkerFixture.start();
    await fixture.cpu.up();
    const block = fixture.machine.hotplug.hotcpuNotifier(
      (action) => action === CPU_DOWN_PREPARE ? NOTIFY_BAD : NOTIFY_OK,
      0,
    );
    await assertRejects(() => fixture.cpu.down(), KernelError, "vetoed");
    assertEquals(fixture.online, [0, 1]);
    assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
    fixture.machine.hotplug.unregisterCpuNotifier(block);
    await fixture.cpu.down();
    assertEquals(fixture.read(), [0]);
  },
);

Deno.test("cpuDown() of a CPU whose worker is not parked is vetoed", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  await fixture.cpu.up();
  assertThrows(() => fixture.machine.hotplug.cpuDown(1), KernelError, "vetoed");
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});

Deno.test("up() and down() at the same time: the second one is EBUSY", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  const up = fixture.cpu.up();
  await assertRejectsCode(() => fixture.cpu.down(), "EBUSY", "down()");
  await up;
});

Deno.test(
  "down() of a CPU that is down is EINVAL, and the worker lives on",
  { ignore },
  async () => {
    await using fixture = await WorkerFixture.start();
    for (let times = 0; times < 2; times++) {
      await assertRejectsCode(() => fixture.cpu.down(), "EINVAL", "down()");
    }
    await fixture.cpu.up();
  },
);

Deno.test("up() of a CPU that is up is EINVAL, and the worker writes on", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  await fixture.cpu.up();
  await assertRejectsCode(() => fixture.cpu.up(), "EINVAL", "up()");
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});

Deno.test("up() gives the rings even if a notifier of CPU_ONLINE throws", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  fixture.machine.hotplug.hotcpuNotifier((action) => {
    if (action === CPU_ONLINE) throw new Error("too late to refuse");
    return NOTIFY_OK;
  }, 0);
  await assertRejects(() => fixture.cpu.up(), Error, "too late");
  assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
});
