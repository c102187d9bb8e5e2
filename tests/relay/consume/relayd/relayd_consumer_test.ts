import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryOutput, numbersOf, type Packet } from "../support.ts";
import { FakeDaemon } from "./fake_daemon.ts";
import { assertComplete, packetsOf, RelayedStreams } from "./relayed_stream.ts";

const ignore = Deno.permissions.querySync({ name: "net" }).state !== "granted";

/** Waits until something is so. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`Not so after 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

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

for (const command of ["SEND_INDEX", "ADD_STREAM", "STREAMS_SENT"]) {
  Deno.test(`a daemon that refuses ${command} is tried again`, { ignore }, async () => {
    await using daemon = new FakeDaemon();
    daemon.faults.code = (name) => name === command && daemon.sessions.length < 3 ? 11 : 10;
    await using streams = await RelayedStreams.open(daemon.address);
    streams.record(10);
    await streams.consumer.flush();
    await streams.close();
    assertComplete(packetsOf(daemon, 0), streams, 0);
    assertEquals(daemon.sessions.map(({ name }) => name), ["s", "s-2", "s-3"]);
    assertEquals(
      daemon.sessions.flatMap(({ streams: [metadata] }) => metadata?.path ?? []).at(-1),
      "h/s/3",
    );
    const { controlPort, dataPort } = daemon.address;
    const url = `net://127.0.0.1:${controlPort}:${dataPort}`;
    const [away, ...others] = streams.said;
    assert(away.startsWith(`the relay daemon at ${url} is away:`), away);
    assert(away.includes("with code 11; it is tried again"), away);
    assertEquals(others, [
      "the relay daemon is back: the trace goes on in session s-2",
      `the relay daemon was away 2 times; the trace is in 3 parts, below ${url}/h/s`,
    ]);
  });
}

Deno.test("CLOSE_STREAM refused changes nothing", { ignore }, async () => {
  await using daemon = new FakeDaemon({ code: (name) => name === "CLOSE_STREAM" ? 11 : 10 });
  await using streams = await RelayedStreams.open(daemon.address);
  streams.record(10);
  await streams.close();
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

Deno.test("a daemon that does not answer any more is left for another session", {
  ignore,
}, async () => {
  await using daemon = new FakeDaemon();
  await using streams = await RelayedStreams.open(daemon.address, { link: { silenceMs: 60 } });
  streams.record(10);
  await streams.consumer.flush();
  daemon.faults.isMute = true;
  streams.record(10);
  const flushed = streams.consumer.flush();
  await until("away", () => streams.said.length > 0);
  assert(streams.said[0].includes("it has not answered for 0.06 s"), streams.said[0]);
  daemon.faults.isMute = false;
  await flushed;
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

Deno.test("nothing that was confirmed is sent again", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  await using streams = await RelayedStreams.open(daemon.address, { cpus: 2 });
  for (let part = 1; part <= 4; part++) {
    streams.record(30);
    await streams.consumer.flush();
    const known = [0, 1].map((cpu) => packetsOf(daemon, cpu).length);
    daemon.faults.isDown = true;
    daemon.cut();
    streams.record(30);
    await until("away", () => streams.link.session === null);
    daemon.faults.isDown = false;
    await streams.consumer.flush();
    for (const cpu of [0, 1]) {
      const [first] = daemon.sessions.at(-1)!.streams.flatMap(({ channel, packets }) =>
        channel === `channel0_${cpu}` ? packets : []
      );
      const seq = Number(new DataView(first.buffer).getBigUint64(64, true));
      assertEquals(seq, known[cpu], `first packet of part ${part + 1}`);
    }
  }
  await streams.close();
  for (const cpu of [0, 1]) assertComplete(packetsOf(daemon, cpu), streams, cpu);
});

Deno.test("close() while the daemon is away says so, unless all is there", { ignore }, async () => {
  for (const hasMore of [false, true]) {
    await using daemon = new FakeDaemon();
    await using streams = await RelayedStreams.open(daemon.address, { around: { confirmMs: 50 } });
    streams.record(10);
    await streams.consumer.flush();
    daemon.faults.isDown = true;
    daemon.cut();
    await until("away", () => streams.link.session === null);
    if (hasMore) streams.record(1);
    if (!hasMore) await streams.close();
    else {
      await assertRejects(
        () => streams.close(),
        Error,
        "the relay daemon has not got everything: it has closed the connection",
      );
    }
    const { controlPort, dataPort } = daemon.address;
    assertEquals(
      streams.said[1],
      "the relay daemon was away once; the trace is in 1 part, below " +
        `net://127.0.0.1:${controlPort}:${dataPort}/h/s`,
    );
  }
});

Deno.test("close() ends whenever a daemon that was away comes back", { ignore }, async () => {
  for (let turns = 0; turns < 40; turns++) {
    await using daemon = new FakeDaemon();
    const around = { confirmMs: 20 };
    await using streams = await RelayedStreams.open(daemon.address, { around });
    daemon.cut();
    await until("away", () => streams.link.session === null);
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    await streams.close().catch(() => {});
    assertEquals(streams.link.session, null);
  }
});

Deno.test("a daemon that stays away is waited for once when the process ends", {
  ignore,
}, async () => {
  await using daemon = new FakeDaemon();
  const around = { confirmMs: 2000 };
  await using streams = await RelayedStreams.open(daemon.address, { around });
  daemon.faults.isDown = true;
  daemon.cut();
  await until("away", () => streams.link.session === null);
  streams.record(1);
  const begin = performance.now();
  for (let i = 0; i < 3; i++) await assertRejects(() => streams.consumer.flush(true), Error);
  const ms = performance.now() - begin;
  assert(ms > 1900 && ms < 3900, `${ms} ms`);
});

Deno.test("what is lost while the daemon is away does not pile up in packets", {
  ignore,
}, async () => {
  await using daemon = new FakeDaemon();
  // As long as a daemon takes that is there.
  const around = { confirmMs: 50 };
  await using streams = await RelayedStreams.open(daemon.address, { around });
  streams.record(1);
  await streams.consumer.flush();
  daemon.faults.isDown = true;
  daemon.cut();
  await until("away", () => streams.link.session === null);
  for (let i = 0; i < 50; i++) {
    streams.record(200);
    await assertRejects(() => streams.consumer.flush(), Error);
  }
  daemon.faults.isDown = false;
  await until("there", () => streams.link.session !== null);
  await streams.consumer.flush();
  await streams.close();
  assert(packetsOf(daemon, 0).length < 20, `${packetsOf(daemon, 0).length} packets`);
  assertComplete(packetsOf(daemon, 0), streams, 0);
});

Deno.test("close() does not wait for the next try to reach the daemon", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const setup = { link: { retryMs: 60_000 }, around: { confirmMs: 10 } };
  await using streams = await RelayedStreams.open(daemon.address, setup);
  await streams.consumer.flush();
  daemon.cut();
  await until("away", () => streams.link.session === null);
  const begin = performance.now();
  await streams.close();
  assert(performance.now() - begin < 5000);
});

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
  assertComplete(merge(packetsOf(daemon, 0), spill.packets), streams, 0);
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
  assertComplete(merge(packetsOf(daemon, 0), spill.packets), streams, 0);
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

/** Packets of two places, in order. */
function merge(some: readonly Packet[], others: readonly Packet[]): Packet[] {
  const packets = [...some];
  for (const packet of others) {
    if (packets[packet.seq] !== undefined) assertEquals(packet, packets[packet.seq], "twice");
    packets[packet.seq] = packet;
  }
  return packets;
}
