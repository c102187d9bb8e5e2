import { assertEquals, assertRejects } from "@std/assert";
import { WorkerFixture } from "./cpu_worker_support.ts";
import { readEvents, upTo } from "./events.ts";
import { ignore } from "./workers.ts";

Deno.test("flush() has the rings flushed on the worker", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  await fixture.cpu.up();
  await fixture.tell({ type: "write", from: 0, count: 5 });
  assertEquals(await fixture.cpu.flush("active"), true);
  assertEquals(fixture.read(), upTo(5));
  assertEquals(await fixture.cpu.flush("active"), false);
});

Deno.test("a switch timer runs on the worker", { ignore }, async () => {
  await using fixture = await WorkerFixture.start({ switchTimerMs: 5 });
  await fixture.cpu.up();
  await fixture.tell({ type: "write", from: 0, count: 5 });
  for await (const subbuf of fixture.ring.reader()) {
    assertEquals(readEvents(subbuf), upTo(5));
    break;
  }
});

Deno.test("flush() does nothing while the CPU is down", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
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
    await using fixture = await WorkerFixture.start();
    await fixture.cpu.up();
    await assertRejects(() => fixture.cpu.flush("often" as "active"), Error, "often");
    assertEquals(await fixture.tell({ type: "write", from: 0, count: 1 }), 0);
  },
);

Deno.test("flush() rejects when the worker dies meanwhile", { ignore }, async () => {
  await using fixture = await WorkerFixture.start();
  await fixture.cpu.up();
  await fixture.tell({ type: "spin", forMs: 100 });
  const flushed = fixture.cpu.flush("active");
  const terminated = fixture.cpu.terminate();
  await assertRejects(() => flushed, Error, "The worker of CPU 1 ended");
  await terminated;
});
