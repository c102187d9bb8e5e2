/**
 * How fast packets go to LTTng's relay daemon on loopback, written to tmpfs where there is one:
 * `deno run -A tests/bench/relayd.ts [--runs N] [--bytes N]`. Packets are sent from shared memory of
 * 16 sub-buffers of 256 KiB, as from a ring, and only as many as the daemon has confirmed come after.
 * Prints a JSON object for each size of packets: the size, megabytes a second, microseconds a packet.
 */
import type { PacketInfo } from "@ltt/relay/ctf";
import { RelaydSession } from "../../relay/consume/relayd/relayd_session.ts";
import { Daemon } from "../relay/consume/relayd/daemon.ts";
import { numberOption } from "./arguments.ts";

const HEADER_SIZE = 84;
const RING_SIZE = 4 * 1024 * 1024;

const runs = numberOption("runs", 5);
const bytes = numberOption("bytes", 1e9);
const ring = new Uint8Array(new SharedArrayBuffer(RING_SIZE));

/** Sends packets of one size, and returns the seconds until the last one is confirmed. */
async function send(daemon: Daemon, name: string, size: number): Promise<number> {
  const { address } = daemon;
  const session = await RelaydSession.open(address, { name, hostname: "bench", liveTimerUs: 0 });
  const files = { path: `bench/${name}`, maxFileSize: 0, maxFiles: 0 };
  await session.addStream({ channel: "metadata", ...files });
  let confirmed = 0;
  let tell = (): void => {};
  const stream = await session.addStream({ channel: "channel0_0", ...files }, (packets) => {
    confirmed += packets;
    tell();
  });
  session.streamsSent();
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) await new Promise<void>((resolve) => tell = resolve);
  };
  const count = Math.floor(bytes / size);
  const begin = performance.now();
  for (let seq = 0; seq < count; seq++) {
    const at = (seq * size) % RING_SIZE;
    const info: PacketInfo = {
      cpu: 0,
      seq,
      timestampBegin: seq,
      timestampEnd: seq,
      contentSize: size,
      packetSize: size,
      eventsDiscarded: 0,
    };
    const header = ring.slice(at, at + HEADER_SIZE);
    session.packet(stream, info, [header, ring.subarray(at + HEADER_SIZE, at + size)]);
    await session.room();
    await until(() => (seq + 2 - confirmed) * size <= RING_SIZE);
  }
  await until(() => confirmed === count);
  const seconds = (performance.now() - begin) / 1000;
  await session.close();
  await Deno.remove(`${daemon.output}/bench/${name}`, { recursive: true });
  return seconds;
}

const isShm = await Deno.stat("/dev/shm").then(() => true, () => false);
await using daemon = await Daemon.start(isShm ? "/dev/shm" : undefined);
for (const size of [4096, 65_536]) {
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) seconds.push(await send(daemon, `s${size}-${run}`, size));
  seconds.sort((a, b) => a - b);
  const figures = (of: (seconds: number) => number): Record<string, number> => ({
    min: Math.round(of(seconds.at(-1)!)),
    median: Math.round(of(seconds[runs >> 1])),
    max: Math.round(of(seconds[0])),
  });
  const MBps = figures((one) => bytes / 1e6 / one);
  const us = seconds[runs >> 1] * 1e6 / Math.floor(bytes / size);
  console.log(JSON.stringify({ packet: size, MBps, us_a_packet: Number(us.toFixed(1)) }));
}
