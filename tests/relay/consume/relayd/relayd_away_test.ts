/*
 * The daemon refuses, does not answer, goes away, and comes back.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { until } from "../../until.ts";
import { CANNOT_CONNECT as ignore, FakeDaemon } from "./fake_daemon.ts";
import { assertComplete, packetsOf, RelayedStreams } from "./relayed_stream.ts";

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
  const setup = { link: { retryMs: 60_000 }, around: { confirmMs: 1000 } };
  await using streams = await RelayedStreams.open(daemon.address, setup);
  await streams.consumer.flush();
  daemon.cut();
  await until("away", () => streams.link.session === null);
  const begin = performance.now();
  await streams.close();
  assert(performance.now() - begin < 5000);
});
