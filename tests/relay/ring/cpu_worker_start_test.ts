import { Machine } from "@ltt/relay/hw";
import { CpuWorker, runCpu } from "@ltt/relay/ring";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PROGRAM, WorkerFixture } from "./cpu_worker_support.ts";
import { assertRejectsCode } from "./fixture.ts";
import { ignore } from "./workers.ts";

Deno.test("CpuWorker.start() parks a worker for a CPU that stays down", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  assertEquals(fixture.online, [0]);
  assertEquals(fixture.channel.buf[1], null);
  assert(!fixture.cpu.isDead);
});

Deno.test("CpuWorker.start() refuses a CPU that is up or not present", { ignore }, async () => {
  const fixture = new WorkerFixture();
  for (const cpu of [0, 2]) {
    await assertRejectsCode(() => fixture.startWorker(cpu), "EINVAL", `CPU ${cpu}`);
  }
});

Deno.test("CpuWorker.start() rejects when the module throws first", { ignore }, async () => {
  const fixture = new WorkerFixture();
  const module = "data:text/javascript,throw new Error('too early')";
  await assertRejects(() => fixture.startWorker(1, module), Error, "too early");
});

Deno.test("CpuWorker.start() is EBUSY for a CPU that has a worker", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  await assertRejectsCode(() => fixture.startWorker(), "EBUSY", "another one");
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

Deno.test("runCpu() refuses the main thread", async () => {
  await assertRejects(() => runCpu(() => {}), TypeError, "it takes a worker");
});
