import { u32 } from "@ltt/relay/trace";
import { assert, assertEquals } from "@std/assert";
import { PacketCursor } from "../../../../relay/consume/packet_cursor.ts";
import { TraceDirectory } from "../../../../relay/consume/mod.ts";
import { RelaydSession } from "../../../../relay/consume/relayd/relayd_session.ts";
import { babeltrace, BABELTRACE_MISSING, type BabeltraceRun } from "../../ctf/babeltrace.ts";
import { until } from "../../until.ts";
import { TestStream } from "../support.ts";
import { Daemon, RELAYD_MISSING } from "./daemon.ts";
import { RelayedStreams } from "./relayed_stream.ts";
import { Viewer } from "./viewer.ts";

const ignore = RELAYD_MISSING || BABELTRACE_MISSING;

/** What Babeltrace finds; fails if it complains. */
async function read(path: string): Promise<BabeltraceRun> {
  const run = await babeltrace(path);
  assertEquals(run.exitCode, 0, run.stderr);
  assertEquals(run.discarded.filter(({ what }) => what === "packets"), []);
  return run;
}

/** Fails unless a run has every event of each CPU once, and in order, or tells how many are lost. */
function assertAll({ events, discarded, uncounted }: BabeltraceRun, streams: RelayedStreams): void {
  assertEquals(uncounted, []);
  const lost = discarded.reduce((sum, { count }) => sum + count, 0);
  const cpus = [...streams.streams.keys()];
  assertEquals(lost, cpus.reduce((sum, cpu) => sum + streams.lost(cpu), 0), "told as lost");
  for (const cpu of cpus) {
    const numbers = events.filter(({ packetContext }) => packetContext.cpu_id === cpu)
      .map(({ fields }) => fields.n as number);
    assertEquals(numbers.length + streams.lost(cpu), streams.recorded, `recorded on CPU ${cpu}`);
    for (const [i, n] of numbers.entries()) {
      if (i > 0) assert(n > numbers[i - 1], `event ${n} after ${numbers[i - 1]} on CPU ${cpu}`);
    }
  }
}

/**
 * Cuts the files of a stream, in all parts, behind the packets that are indexed, and takes metadata away
 * that is empty. A daemon that is killed leaves packets of which it had no index, or not all data, none
 * of which was confirmed; Babeltrace then reads nothing at all, or does not know packets again that came
 * twice.
 */
function trim(path: string, channel: string): void {
  for (const { name } of Deno.readDirSync(path)) {
    const metadata = `${path}/${name}/metadata`;
    if (Deno.statSync(metadata).size === 0) Deno.removeSync(metadata);
    const index = readIfThere(`${path}/${name}/index/${channel}.idx`);
    const view = new DataView(index.buffer);
    let size = 0;
    for (let at = 16; at < index.length; at += view.getUint32(12)) {
      size += Number(view.getBigUint64(at + 8)) / 8;
    }
    if (readIfThere(`${path}/${name}/${channel}`).length > size) {
      Deno.truncateSync(`${path}/${name}/${channel}`, size);
    }
  }
}

function readIfThere(path: string): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array(0);
    throw error;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

Deno.test("lttng-relayd writes what was recorded, losses counted", { ignore }, async () => {
  await using daemon = await Daemon.start();
  await using streams = await RelayedStreams.open(daemon.address, { cpus: 2 });
  for (let i = 0; i < 50; i++) {
    streams.record(i);
    if (i % 4 === 0) await turn();
    if (i % 9 === 0) await streams.consumer.flush();
  }
  // More than the ring holds.
  streams.record(300);
  await streams.close();
  assert(streams.lost(0) > 0);
  assertAll(await read(`${daemon.output}/h/s`), streams);
});

Deno.test("lttng-relayd writes sub-buffers that are sent from where they lie", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const setup = { subbufSize: 2 ** 18, nSubbufs: 8 };
  await using streams = await RelayedStreams.open(daemon.address, setup);
  for (let i = 0; i < 12; i++) {
    streams.record(2000);
    await turn();
  }
  await streams.close();
  assertAll(await read(`${daemon.output}/h/s`), streams);
});

Deno.test("lttng-relayd keeps the last files of a stream", { ignore }, async () => {
  await using daemon = await Daemon.start();
  for (const maxFiles of [0, 2]) {
    const around = { maxFileSize: 8192, maxFiles };
    const link = { name: `s${maxFiles}`, path: `h/s${maxFiles}` };
    await using streams = await RelayedStreams.open(daemon.address, { link, around });
    for (let i = 0; i < 20; i++) {
      streams.record(40);
      await streams.consumer.flush();
    }
    await streams.close();
    const path = `${daemon.output}/h/s${maxFiles}/1`;
    const files = [...Deno.readDirSync(path)].filter(({ name }) => name.startsWith("channel0_0_"));
    for (const { name } of files) assert(Deno.statSync(`${path}/${name}`).size <= 8192);
    if (maxFiles === 0) assertAll(await read(path), streams);
    else {
      assertEquals(files.length, 2);
      const numbers = (await read(path)).events.map(({ fields }) => fields.n as number);
      assert(numbers.length >= 40);
      assertEquals(numbers, numbers.map((_, i) => streams.recorded - numbers.length + i));
    }
  }
});

Deno.test("metadata grows a thousand times while events are sent", { ignore }, async () => {
  await using daemon = await Daemon.start();
  await using streams = await RelayedStreams.open(daemon.address, { nSubbufs: 16 });
  const [{ tracer }] = streams.streams;
  for (let i = 0; i < 1000; i++) {
    const event = tracer.tracepoint(`grow:${i}`, u32(`value_${i}`));
    event(i);
    if (i % 10 === 0) await streams.consumer.flush();
  }
  await streams.close();
  const { events, discarded } = await read(`${daemon.output}/h/s`);
  assertEquals(discarded, []);
  assertEquals(
    events.map(({ name, fields }) => [name, fields]),
    Array.from({ length: 1000 }, (_, i) => [`grow:${i}`, { [`value_${i}`]: i }]),
  );
});

Deno.test("several channels and traces in one session", { ignore }, async () => {
  await using daemon = await Daemon.start();
  const live = { name: "two", hostname: "h", liveTimerUs: 0 };
  for (const trace of ["a", "b"]) {
    const session = await RelaydSession.open(daemon.address, live);
    const confirmed: number[] = [];
    const files = { path: `h/two/${trace}`, maxFileSize: 0, maxFiles: 0 };
    await session.addStream({ ...files, channel: "metadata" });
    const sent: number[] = [];
    for (const channel of ["x_0", "y_1"]) {
      const cpu = Number(channel.at(-1));
      confirmed[cpu] = 0;
      const remote = await session.addStream({ ...files, channel }, (count) => {
        confirmed[cpu] += count;
      });
      session.streamsSent();
      using stream = new TestStream();
      const cursor = new PacketCursor({ ...stream.stream, cpu }, stream.source.uuid);
      if (cpu === 0) session.metadata(stream.source.registry.metadata(0));
      for (let i = 0; i < 5; i++) {
        stream.record(10 * i, 10);
        while ((cursor.next() ?? cursor.cut()) !== null);
      }
      for (const { info, pieces } of cursor.unreleased) session.packet(remote, info, pieces);
      sent[cpu] = cursor.unreleased.length;
      await until("confirmed", () => confirmed[cpu] === sent[cpu]);
    }
    assert(sent[0] > 5);
    assertEquals(confirmed, sent);
    await session.close();
    assertEquals((await session.ended).message, "it is closed");
    assert(session.hasEnded);
  }
  for (const trace of ["a", "b"]) {
    const { events } = await read(`${daemon.output}/h/two/${trace}`);
    for (const cpu of [0, 1]) {
      const numbers = events.filter(({ packetContext }) => packetContext.cpu_id === cpu)
        .map(({ fields }) => fields.n);
      assertEquals(numbers, Array.from({ length: 50 }, (_, i) => i));
    }
  }
});

for (const hasSpill of [false, true]) {
  const title = hasSpill ? ", the spill and the daemon's parts together" : ", in parts";
  Deno.test(`lttng-relayd is killed and comes again: every event is there once${title}`, {
    ignore,
  }, async () => {
    await using daemon = await Daemon.start();
    const spillPath = `${daemon.output}/h/s/spill`;
    const spill = (): TraceDirectory =>
      new TraceDirectory(spillPath, { maxFileSize: 0, maxFiles: 0, openFor: [] });
    Deno.mkdirSync(`${daemon.output}/h/s`, { recursive: true });
    await using streams = await RelayedStreams.open(daemon.address, {
      cpus: 2,
      nSubbufs: 8,
      around: { spill: hasSpill ? spill() : null },
    });
    for (let part = 1; part <= 3; part++) {
      streams.record(50);
      await streams.consumer.flush();
      streams.record(100);
      if (part === 3) break;
      // Some of it may be there, but nothing of it is confirmed.
      await daemon.kill();
      await until("away", () => streams.link.session === null);
      streams.record(120);
      if (hasSpill) await streams.consumer.flush();
      streams.record(500);
      await daemon.restart();
      await until("there", () => streams.link.session !== null);
    }
    await streams.close();
    assert(streams.lost(0) > 0);
    assertEquals(streams.said.length, 3);
    assert(/away 2 times; the trace is in 3 parts, below net:\S+\/h\/s$/.test(streams.said[2]));
    assertAll(await read(`${daemon.output}/h/s`), streams);
  });
}

Deno.test("lttng-relayd is killed while packets are sent: every event is there once", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const setup = { subbufSize: 2 ** 16, nSubbufs: 16 };
  await using streams = await RelayedStreams.open(daemon.address, setup);
  for (let part = 1; part <= 4; part++) {
    for (let i = 0; i < 5; i++) {
      streams.record(700);
      await turn();
    }
    streams.record(3000);
    // In the middle of what the daemon is writing.
    await new Promise((resolve) => setTimeout(resolve, part));
    await daemon.kill();
    streams.record(700);
    await daemon.restart();
    await until("there", () => streams.link.session !== null);
    await streams.consumer.flush();
  }
  await streams.close();
  trim(`${daemon.output}/h/s`, "channel0_0");
  assertAll(await read(`${daemon.output}/h/s`), streams);
});

Deno.test("a live viewer sees all from when it comes, beside a stream that is idle", {
  ignore,
}, async () => {
  await using daemon = await Daemon.start();
  const around = { livePeriodMs: 10 };
  await using streams = await RelayedStreams.open(daemon.address, { cpus: 2, around });
  const [busy, idle] = streams.streams;
  await streams.consumer.flush();
  const viewer = new Viewer(daemon.livePort, "h/s");
  let n = 0;
  /** Records one event more; the other stream's clock goes on. */
  const record = async (): Promise<void> => {
    busy.record(n++, 1);
    busy.time += 1_000_000;
    idle.time = busy.time;
    await turn();
  };
  for (let tries = 0; viewer.events.length === 0 && tries < 5000; tries++) await record();
  const first = n;
  while (n < first + 200) await record();
  // An event is read when the next one is.
  await until("shown", () => viewer.events.at(-1)!.fields.n as number >= n - 2);
  // The idle one wakes up; its event is shown when nothing older can come from the other.
  idle.record(n, 1);
  busy.time = idle.time += 1_000_000;
  await streams.close();
  const { exitCode, stderr } = await viewer.ended;
  assertEquals(exitCode, 0, stderr);
  const numbers = viewer.events.map(({ fields }) => fields.n as number);
  assertEquals(numbers, numbers.map((_, i) => n + 1 - numbers.length + i));
  assert(numbers[0] <= first);
  assertEquals(viewer.events.at(-1)!.packetContext.cpu_id, 1);
});
