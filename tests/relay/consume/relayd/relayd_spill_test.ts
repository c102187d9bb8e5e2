/*
 * What the daemon misses goes elsewhere.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { until } from "../../until.ts";
import { MemoryOutput, numbersOf } from "../support.ts";
import { CANNOT_CONNECT as ignore, FakeDaemon } from "./fake_daemon.ts";
import { assertComplete, mergePackets, packetsOf, RelayedStreams } from "./relayed_stream.ts";

Deno.test("what the daemon misses goes to the spill, and nothing twice", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const spill = new MemoryOutput();
  await using streams = await RelayedStreams.open(daemon.address, { around: { spill } });
  for (let part = 0; part < 3; part++) {
    streams.record(30);
    await streams.consumer.flush();
    daemon.faults.isDown = true;
    daemon.cut();
    await until("away", () => streams.link.session === null);
    streams.record(200);
    const lost = streams.lost(0);
    await streams.consumer.flush();
    streams.record(30);
    await streams.consumer.flush();
    assertEquals(streams.lost(0), lost, "no more is lost");
    daemon.faults.isDown = false;
    await until("there", () => streams.link.session !== null);
    streams.record(5);
    await streams.consumer.flush();
  }
  await streams.close();
  assertEquals(spill.text, daemon.sessions[0].metadata);
  assert(spill.isClosed);
  assertComplete(mergePackets(packetsOf(daemon, 0), spill.packets), streams, 0);
  numbersOf(spill.packets.slice(0, 2));
});

Deno.test("a spill that fails is told, and the ring keeps what is left", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const spill = new MemoryOutput();
  spill.room = 1;
  await using streams = await RelayedStreams.open(daemon.address, { around: { spill } });
  await streams.consumer.flush();
  daemon.faults.isDown = true;
  daemon.cut();
  await until("away", () => streams.link.session === null);
  streams.record(60);
  const flushed = streams.consumer.flush();
  await until("failed", () => streams.said.length === 2);
  assertEquals(
    streams.said[1],
    "what the relay daemon misses cannot be written either: Error: No space left",
  );
  daemon.faults.isDown = false;
  await flushed;
  // Closing it is a call that fails too.
  await assertRejects(() => streams.close(), Error, "No space left");
  assertComplete(mergePackets(packetsOf(daemon, 0), spill.packets), streams, 0);
});
