import { formatLogEntry, KernelError, Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { claimCpu, CpuPool, type RingBuffer, RingChannel } from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { readEvents, writeEvents } from "../ring/events.ts";
import { assertCode, framesInUse, leftBehind, sizes } from "../ring/fixture.ts";
import { until } from "../until.ts";

/** A machine of CPUs of which number 0 alone is up, on so many frames. */
function boot(frames: number, cpus: number): { machine: Machine; relay: Relay } {
  const machine = new Machine({ nodes: [frames], cpus, online: [0] });
  return { machine, relay: Relay.start(machine) };
}

/** Opens a channel of four sub-buffers of a page: a CPU takes those, a control page, and a spare one. */
function open(relay: Relay, mode: "discard" | "overwrite", baseFilename = "t"): RingChannel {
  return RingChannel.open(relay, { ...sizes, baseFilename, mode });
}

/** Writes events on a CPU, and reads them; fails unless all are there. */
function assertRecords(ring: RingBuffer, from: number, count: number, what: string): void {
  assertEquals(writeEvents(ring.writer, from, count), 0, `events refused, ${what}`);
  ring.flush("active");
  using reader = ring.reader();
  const events: number[] = [];
  for (let subbuf; (subbuf = reader.getNextSubbuf()) !== null;) {
    events.push(...readEvents(subbuf));
    reader.putNextSubbuf();
  }
  assertEquals(events, Array.from({ length: count }, (_, i) => from + i), `events read, ${what}`);
}

/** What a machine has handed out. */
function taken(machine: Machine) {
  const { nodes, slab, debugfs } = machine.snapshot();
  return { inUse: nodes.map(({ inUse }) => inUse), live: slab.liveByNode, debugfs };
}

for (const mode of ["discard", "overwrite"] as const) {
  for (const kind of ["page", "object"] as const) {
    Deno.test(`cpuUp() leaves the CPU down and leaks nothing, when the k-th ${kind} of its ring fails in ${mode} mode`, () => {
      let attempts = 0;
      for (let k = 1;; k++) {
        const { machine, relay } = boot(256, 2);
        const booted = leftBehind(machine, relay);
        const injection = kind === "page" ? machine.failPageAlloc : machine.failslab;
        const channel = open(relay, mode);
        const before = taken(machine);
        injection.failNth(k);
        let failed = true;
        try {
          machine.hotplug.cpuUp(1);
          failed = false;
        } catch (error) {
          assertStrictEquals((error as KernelError).code, "EINVAL", `${kind} ${k}: vetoed`);
        }
        if (failed) {
          attempts++;
          assertEquals([...machine.cpus.online], [0], `${kind} ${k}: the CPU stays down`);
          assertStrictEquals(channel.buf[1], null, `${kind} ${k}: no ring of it is there`);
          // A buffer that is whole stays for the next time; without one nothing is taken.
          if (channel.channel.buf[1] === null) assertEquals(taken(machine), before, `${kind} ${k}`);
          assertRecords(channel.buf[0]!, 0, 500, `CPU 0 beside ${kind} ${k} that failed`);
          const once = taken(machine);
          // A ring takes pages alone: behind a buffer that is whole no object is asked for.
          const failsAgain = kind === "page" || channel.channel.buf[1] === null;
          for (let times = 0; failsAgain && times < 5; times++) {
            injection.failNth(1);
            assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", `again, behind ${kind} ${k}`);
            assertEquals(taken(machine), once, `${kind} ${k}: failing again takes nothing more`);
          }
        }
        injection.failNth(0);
        if (failed) machine.hotplug.cpuUp(1);
        assertRecords(channel.buf[1]!, 7, 500, `CPU 1 once it is up, behind ${kind} ${k}`);
        channel.close();
        assertEquals(
          leftBehind(machine, relay),
          { ...booted, cpus: { ...booted.cpus, online: [0, 1], active: [0, 1] } },
          `${kind} ${k}: nothing is left when the channel is closed`,
        );
        if (!failed) break;
      }
      assert(attempts > 1, `some ${kind}s were asked for: ${attempts}`);
    });
  }
}

Deno.test("cpuUp() leaves the CPU down, when the machine has no memory for one more ring", () => {
  // Five pages a CPU: there is room for two, and not for the third.
  const { machine, relay } = boot(13, 3);
  using channel = open(relay, "discard");
  machine.hotplug.cpuUp(1);
  const before = taken(machine);
  for (let times = 0; times < 3; times++) {
    const error = assertThrows(() => machine.hotplug.cpuUp(2), KernelError);
    assertEquals(error.code, "EINVAL", "vetoed");
    assertEquals([...machine.cpus.online], [0, 1], "the CPU stays down");
    assertEquals(taken(machine), before, "nothing is taken");
    for (const cpu of [0, 1]) {
      assertRecords(channel.buf[cpu]!, 300 * times, 300, `CPU ${cpu}, attempt ${times}`);
    }
  }
});

Deno.test("cpuUp() brings the CPU up, once there is memory for its ring again", () => {
  const { machine, relay } = boot(13, 2);
  const other = open(relay, "discard", "other");
  using channel = open(relay, "discard");
  assertCode(() => machine.hotplug.cpuUp(1), "EINVAL", "two rings for which there are three pages");
  other.close();
  machine.hotplug.cpuUp(1);
  for (const cpu of [0, 1]) assertRecords(channel.buf[cpu]!, 0, 500, `CPU ${cpu}`);
});

Deno.test("claimCpu() is refused and counted, when there is no memory for one more CPU of the pool", async () => {
  const { machine, relay } = boot(13, 4);
  const channel = open(relay, "discard");
  const pool = new CpuPool(machine, [channel], 1);
  const claimed = claimCpu(pool.handle)!;
  assertEquals(claimed.cpu, 1, "the one CPU there is memory for");
  const hasLogged = (text: string): boolean =>
    machine.log.entries.some((entry) => formatLogEntry(entry).includes(text));
  await until("CPU 2 is not kept spare", () => hasLogged("CPU2: not kept spare"));
  const before = framesInUse(machine);
  for (let times = 1; times <= 3; times++) {
    assertStrictEquals(claimCpu(pool.handle), null, "no CPU is there to be claimed");
    assertEquals(pool.refused, times, "claims refused");
    await until("that is logged", () => hasLogged("no CPU free: 1 claims refused"));
    assertEquals(writeEvents(claimed.writers[0], 100 * times, 100), 0, "the other one records on");
  }
  assertEquals([...machine.cpus.online].sort(), [0, 1], "no CPU has come up");
  assertEquals(framesInUse(machine), before, "nothing is taken for CPUs that do not come up");
  assertRecords(channel.buf[0]!, 0, 500, "CPU 0");
  claimed.release();
  await until("the CPU can be claimed again", () => pool.spare.includes(1));
  using reader = channel.buf[1]!.reader();
  const events = [...reader.snapshot()].flatMap((subbuf) => readEvents(subbuf));
  assertEquals(events, Array.from({ length: 300 }, (_, i) => 100 + i), "what CPU 1 has recorded");
  pool.close();
});

Deno.test("CpuPool has its spare CPU again, when memory was missing once", async () => {
  const { machine, relay } = boot(64, 3);
  using channel = open(relay, "discard");
  const pool = new CpuPool(machine, [channel], 1);
  machine.failPageAlloc.failNth(3);
  const claimed = claimCpu(pool.handle)!;
  await until("it was missing", () => machine.failPageAlloc.nthFromNow === 0);
  assertStrictEquals(claimCpu(pool.handle), null, "no CPU is spare then");
  assertEquals(pool.refused, 1, "claims refused");
  await until("a CPU is spare", () => pool.spare.length === 1);
  const second = claimCpu(pool.handle)!;
  assertEquals(second.cpu, 2, "the CPU that could not come up before");
  for (const { writers: [writer] } of [claimed, second]) {
    assertEquals(writeEvents(writer, 0, 100), 0, "events refused");
  }
  claimed.release();
  second.release();
  pool.close();
  await until("all CPUs but one are down", () => machine.cpus.online.size === 1);
});
