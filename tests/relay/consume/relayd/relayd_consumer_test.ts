import { assert, assertEquals, assertRejects } from "@std/assert";
import { until } from "../../until.ts";
import { CANNOT_CONNECT as ignore, FakeDaemon } from "./fake_daemon.ts";
import { assertComplete, packetsOf, RelayedStreams } from "./relayed_stream.ts";

Deno.test("flush() sends what is not delivered, close() ends the session", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  await using streams = await RelayedStreams.open(daemon.address, { cpus: 2 });
  await streams.consumer.flush();
  for (const cpu of [0, 1]) assertEquals(packetsOf(daemon, cpu).length, 1, "an empty packet");
  streams.record(5);
  await streams.consumer.flush();
  for (const cpu of [0, 1]) assertComplete(packetsOf(daemon, cpu), streams, cpu);
  await streams.consumer.flush();
  for (const cpu of [0, 1]) assertEquals(packetsOf(daemon, cpu).length, 2, "nothing new");
  streams.record(100);
  await streams.close();
  for (const cpu of [0, 1]) assertComplete(packetsOf(daemon, cpu), streams, cpu);
  const [session, ...others] = daemon.sessions;
  assertEquals(others, []);
  assertEquals([session.name, session.hostname, session.liveTimerUs], ["s", "h", 0]);
  assertEquals(session.streams.map(({ path }) => path), ["h/s/1", "h/s/1", "h/s/1"]);
  assertEquals(session.streams.map(({ end, indexes }) => [end, BigInt(indexes.length - 1)]), [
    [2n ** 64n - 1n, -1n],
    ...session.streams.slice(1).map(({ end }) => [end, end]),
  ]);
  assert(session.metadata.startsWith("/* CTF 1.8 */"));
  assert(session.metadata.includes('name = "t:text"'));
  assertEquals(streams.said, []);
});

Deno.test("delivered sub-buffers are sent when the doorbell rings", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  await using streams = await RelayedStreams.open(daemon.address, { nSubbufs: 16 });
  await streams.consumer.flush();
  for (let i = 0; i < 20; i++) {
    streams.record(80);
    await until(
      "taken",
      () => packetsOf(daemon, 0).flatMap(({ numbers }) => numbers).length >= 80 * i,
    );
  }
  await streams.close();
  assertEquals(streams.lost(0), 0);
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

Deno.test("events a full ring has lost are counted, also when nothing comes after them", {
  ignore,
}, async () => {
  await using daemon = new FakeDaemon();
  await using streams = await RelayedStreams.open(daemon.address);
  await streams.consumer.flush();
  for (const isLate of [false, true]) {
    streams.record(1000);
    assert(streams.lost(0) > 0);
    await streams.consumer.flush();
    assertComplete(packetsOf(daemon, 0), streams, 0);
    if (!isLate) streams.record(3);
  }
  await streams.close();
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

Deno.test("what was recorded before add() is sent with its times", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  await using streams = await RelayedStreams.open(daemon.address);
  streams.record(120);
  const [{ stream }] = streams.streams;
  streams.consumer.add({ ...stream, cpu: 0 });
  await streams.close();
  const first = daemon.streams("channel0_0")[0];
  assert(first.packets.length > 0);
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

for (const pieceSize of [1, 3]) {
  Deno.test(`replies in pieces of ${pieceSize} bytes`, { ignore }, async () => {
    await using daemon = new FakeDaemon({ pieceSize });
    await using streams = await RelayedStreams.open(daemon.address);
    for (let i = 0; i < 3; i++) {
      streams.record(10);
      await streams.consumer.flush();
    }
    await streams.close();
    assertComplete(packetsOf(daemon, 0), streams, 0);
  });
}

Deno.test("packets stay in the ring until the daemon says that it has written them", {
  ignore,
}, async () => {
  await using daemon = new FakeDaemon({ pending: Infinity });
  await using streams = await RelayedStreams.open(daemon.address, { around: { confirmMs: 100 } });
  streams.record(1000);
  await assertRejects(
    () => streams.consumer.flush(),
    Error,
    "the relay daemon has not got everything: it has not confirmed all packets within 0.1 s",
  );
  const { lost } = streams.streams[0];
  streams.record(10);
  assertEquals(streams.lost(0), lost + 10, "the ring is full");
  daemon.faults.pending = 3;
  await streams.consumer.flush();
  await streams.close();
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

Deno.test("CLOSE_STREAM refused changes nothing", { ignore }, async () => {
  await using daemon = new FakeDaemon({ code: (name) => name === "CLOSE_STREAM" ? 11 : 10 });
  await using streams = await RelayedStreams.open(daemon.address);
  streams.record(10);
  await streams.close();
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

Deno.test("a daemon that reads nothing costs events, no more", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const setup = { subbufSize: 2 ** 18, nSubbufs: 16, around: { confirmMs: 50 } };
  await using streams = await RelayedStreams.open(daemon.address, setup);
  await streams.consumer.flush();
  daemon.faults.deaf = ["control", "data"];
  // More than the kernel keeps for a connection.
  while (streams.lost(0) === 0) {
    streams.record(10_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await assertRejects(() => streams.consumer.flush());
  daemon.faults.deaf = [];
  await until("read", () => daemon.passed.data > 2 ** 21);
  streams.record(5);
  await until("flushed", () => packetsOf(daemon, 0).length > 10);
  await streams.consumer.flush().catch(() => streams.consumer.flush());
  await streams.close();
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

Deno.test("a live session tells of idle streams, and cuts busy ones", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const around = { livePeriodMs: 5 };
  await using streams = await RelayedStreams.open(daemon.address, { cpus: 2, around });
  const [busy, idle] = streams.streams;
  for (let n = 0; n < 20; n++) {
    busy.record(n, 1);
    idle.time += 10;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until("sent", () => packetsOf(daemon, 0).flatMap(({ numbers }) => numbers).length === 20);
  assert(packetsOf(daemon, 0).length > 3);
  const [{ beacons, packets }] = daemon.streams("channel0_1");
  assertEquals(packets.length, 1);
  assert(beacons.length > 3);
  for (const [i, { time, cpu }] of beacons.entries()) {
    assertEquals(cpu, 1n);
    assert(i === 0 || time > beacons[i - 1].time);
  }
  const { time: told } = beacons.at(-1)!;
  idle.record(0, 1);
  await streams.close();
  const last = packetsOf(daemon, 1).at(-1)!;
  assertEquals(last.numbers, [0]);
  assert(BigInt(last.timestampBegin) >= told);
  assertEquals(daemon.sessions[0].liveTimerUs, 5000);
});
