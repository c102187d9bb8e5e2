import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RelaydAddress } from "../../../../relay/consume/relayd/address.ts";
import { type Patience, RelaydSession } from "../../../../relay/consume/relayd/relayd_session.ts";
import { until } from "../../until.ts";
import { freePorts } from "./daemon.ts";
import { CANNOT_CONNECT as ignore, FakeDaemon, type Faults } from "./fake_daemon.ts";

const SESSION = { name: "s", hostname: "h", liveTimerUs: 0 };
const FILES = { path: "h/s", maxFileSize: 0, maxFiles: 0 };

const open = (address: RelaydAddress, patience?: Patience): Promise<RelaydSession> =>
  RelaydSession.open(address, SESSION, patience);

/** What a packet's index says. */
function info(seq: number, contentSize: number, packetSize = contentSize) {
  const times = { timestampBegin: seq, timestampEnd: seq + 1 };
  return { cpu: 0, seq, contentSize, packetSize, eventsDiscarded: 0, ...times };
}

const refusals: [what: string, faults: Partial<Faults>, why: string][] = [
  ["another major version", { version: [3, 10] }, "it speaks version 3.10 of the protocol"],
  ["an older version", { version: [2, 9] }, "it speaks version 2.9 of the protocol, not 2.10"],
  ["a session", { code: (name) => name === "CREATE_SESSION" ? 25 : 10 }, "a session with code 25"],
  ["connections", { isDown: true }, ""],
  ["to answer", { isMute: true }, "it has not answered for 0.1 s"],
];
for (const [what, faults, why] of refusals) {
  Deno.test(`open() throws when the daemon refuses ${what}`, { ignore }, async () => {
    await using daemon = new FakeDaemon(faults);
    const { controlPort, dataPort } = daemon.address;
    const url = `net://127.0.0.1:${controlPort}:${dataPort}`;
    const error = await assertRejects(
      () => open(daemon.address, { silenceMs: 100 }),
      Error,
      `Cannot send a trace to ${url}: `,
    );
    assert(error.message.includes(why), error.message);
  });
}

Deno.test("open() throws where there is no daemon", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const [free] = freePorts(1);
  for (const ports of [{ controlPort: free }, { dataPort: free }]) {
    await assertRejects(() => open({ ...daemon.address, ...ports }), Error, "Cannot send a trace");
  }
});

Deno.test("open() can be given up", { ignore }, async () => {
  await using daemon = new FakeDaemon({ isMute: true });
  const closing = new AbortController();
  const opening = open(daemon.address, { signal: closing.signal });
  await until("it is asked", () => daemon.commands.length > 0);
  closing.abort();
  await assertRejects(() => opening, Error, "it is closed");
  await assertRejects(() => open(daemon.address, { signal: closing.signal }), Error, "is closed");
});

Deno.test("newer daemons are talked to as if they were old", { ignore }, async () => {
  for (const minor of [10, 13, 99]) {
    await using daemon = new FakeDaemon({ version: [2, minor] });
    const session = await open(daemon.address);
    await session.close();
    assertEquals(daemon.sessions.length, 1);
  }
});

Deno.test("packets arrive whole, with their padding, and are confirmed in order", {
  ignore,
}, async () => {
  await using daemon = new FakeDaemon({ pending: 5 });
  const session = await open(daemon.address);
  await session.addStream({ ...FILES, channel: "metadata" });
  const confirmed: number[] = [];
  const remote = await session.addStream({ ...FILES, channel: "c" }, (count) => {
    confirmed.push(count);
  });
  session.streamsSent();
  const sizes = [84, 1000, 65_536, 300_000, 84];
  for (const [seq, size] of sizes.entries()) {
    const bytes = new Uint8Array(new SharedArrayBuffer(size)).fill(seq + 1);
    session.packet(remote, info(seq, size, size + 8 * seq), [
      bytes.subarray(0, 84),
      bytes.subarray(84),
    ]);
    await session.room();
  }
  await until("all are confirmed", () => remote.confirmed === sizes.length);
  assertEquals(confirmed.reduce((sum, count) => sum + count), sizes.length);
  const [{ packets }] = daemon.streams("c");
  assertEquals(packets.map(({ length }) => length), sizes.map((size, seq) => size + 8 * seq));
  for (const [seq, packet] of packets.entries()) {
    assert(packet.every((byte, at) => byte === (at < sizes[seq] ? seq + 1 : 0)), `packet ${seq}`);
  }
  assertEquals(daemon.sessions[0].isShown, 1);
  await session.close();
  assertEquals((await session.ended).message, "it is closed");
});

Deno.test("indexes alone confirm nothing, whatever the daemon answers", { ignore }, async () => {
  await using daemon = new FakeDaemon({ deaf: ["data"] });
  const session = await open(daemon.address);
  const remote = await session.addStream({ ...FILES, channel: "c" });
  for (let seq = 0; seq < 5; seq++) session.packet(remote, info(seq, 84), [new Uint8Array(84)]);
  await until(
    "it is asked again",
    () => daemon.commands.filter((name) => name === "DATA_PENDING").length > 4,
  );
  assertEquals(remote.confirmed, 0);
  assertEquals(daemon.streams("c")[0].indexes.length, 0);
  // Before it knows of the stream's first packet.
  remote.beacon(5, 0);
  daemon.faults.deaf = [];
  await until("five are confirmed", () => remote.confirmed === 5);
  remote.beacon(9, 0);
  await until("a beacon has come", () => daemon.streams("c")[0].beacons.length > 0);
  assertEquals(daemon.streams("c")[0].beacons, [{ time: 9n, cpu: 0n }]);
  await session.close();
});

Deno.test("a daemon that does not answer is not asked without end", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const session = await open(daemon.address, { silenceMs: 400 });
  const remote = await session.addStream({ ...FILES, channel: "c" });
  daemon.faults.isMute = true;
  session.packet(remote, info(0, 84), [new Uint8Array(84)]);
  assertEquals((await session.ended).message, "it has not answered for 0.4 s");
  const asked = daemon.commands.filter((name) => name === "DATA_PENDING").length;
  assert(asked >= 5 && asked < 40, `asked ${asked} times`);
});

Deno.test("close() is over though the daemon does not answer", { ignore }, async () => {
  await using daemon = new FakeDaemon();
  const session = await open(daemon.address, { silenceMs: 200 });
  await session.addStream({ ...FILES, channel: "metadata" });
  daemon.faults.isMute = true;
  await session.close();
  await session.close();
  assert(session.hasEnded);
});

Deno.test("a session ends when either connection is cut", { ignore }, async () => {
  for (const what of ["control", "data"] as const) {
    await using daemon = new FakeDaemon();
    const session = await open(daemon.address);
    const remote = await session.addStream({ ...FILES, channel: "c" });
    daemon.faults.limits[what] = daemon.passed[what] + 10;
    session.packet(remote, info(0, 84), [new Uint8Array(84)]);
    await session.ended;
    await assertRejects(() => session.addStream({ ...FILES, channel: "d" }));
    session.packet(remote, info(1, 84), [new Uint8Array(84)]);
    await session.room();
    await session.close();
  }
});
