import { assertEquals, assertStrictEquals } from "@std/assert";
import { bootRelay, drain, fillSubbufs, messages, openRing, writeText } from "./fixture.ts";

Deno.test("RingChannel.close() logs what was lost and what was not read, by CPU", () => {
  const { machine, relay } = bootRelay();
  const channel = openRing(relay);
  fillSubbufs(machine, channel.buf[0]!, 6);
  writeText(machine, channel.buf[1]!.writer, "unread");
  channel.close();
  assertEquals(messages(machine), [
    "<1>LTT : t : 2 events lost in t channel (cpu 0).",
    "<4>LTT : unread channel t offset is 16384 and cons_off : 0 (cpu 0)",
    "<4>LTT : unread channel t offset is 4096 and cons_off : 0 (cpu 1)",
  ]);
});

Deno.test("RingChannel.close() logs nothing, when all was read and nothing was lost", () => {
  const { machine, relay } = bootRelay();
  const channel = openRing(relay);
  writeText(machine, channel.buf[0]!.writer, "read");
  channel.buf[0]!.writer.flush("active");
  const reader = channel.buf[0]!.reader();
  assertEquals(drain(reader), ["read"]);
  reader.close();
  channel.close();
  assertEquals(messages(machine), []);
});

Deno.test("RingChannel counts events of all causes in one line, when they are lost", () => {
  const { machine, relay } = bootRelay({ cpus: 1 });
  const channel = openRing(relay);
  const ring = channel.buf[0]!;
  fillSubbufs(machine, ring, 4);
  ring.writer.reserve(1);
  ring.writer.reserve(5000);
  const { full, big } = ring.lost;
  assertEquals([full, big], [1, 1]);
  channel.close();
  assertStrictEquals(messages(machine)[0], "<1>LTT : t : 2 events lost in t channel (cpu 0).");
});

Deno.test("RingChannel.close() counts what a dead CPU lost", () => {
  for (const asked of ["before", "after"]) {
    const { machine, relay } = bootRelay();
    const channel = openRing(relay);
    const ring = channel.buf[1]!;
    if (asked === "before") writeText(machine, ring.writer, "x");
    machine.hotplug.cpuDown(1);
    ring.writer.reserve(8);
    channel.close();
    assertStrictEquals(
      messages(machine)[0],
      "<1>LTT : t : 1 events lost in t channel (cpu 1).",
      `the writer was asked for ${asked} the CPU died`,
    );
  }
});
