/*
 * A small session whose connections are cut after every k-th byte: a sample of them, or all of them
 * with RELAYD_CUTS=all, which takes minutes.
 */
import { assert } from "@std/assert";
import { atOnce } from "../../at_once.ts";
import { MemoryOutput, type Packet, parsePackets } from "../support.ts";
import { CANNOT_CONNECT as ignore, FakeDaemon, type Limits } from "./fake_daemon.ts";
import { assertComplete, mergePackets, packetsOf, RelayedStreams } from "./relayed_stream.ts";

const isThorough = Deno.permissions.querySync({ name: "env" }).state === "granted" &&
  Deno.env.get("RELAYD_CUTS") === "all";
/** Sessions that are run at a time. */
const AT_ONCE = 16;
const CPUS = [0, 1];

/** Where to cut, and what happens then. */
interface Cut {
  readonly what: keyof Limits;
  readonly after: number;
  /** Whether the daemon stays away. */
  readonly isEnd: boolean;
  readonly hasSpill: boolean;
}

/** How a run ended. */
interface End {
  readonly passed: Limits;
  /** Why not everything was sent, as the user was told. */
  readonly failure: string | null;
}

/** Runs a session; fails if an event is lost that nobody tells of. */
async function run({ what, after, isEnd, hasSpill }: Cut): Promise<End> {
  const limits = { control: Infinity, data: Infinity, replies: Infinity, [what]: after };
  await using daemon = new FakeDaemon({ limits });
  const spill = hasSpill ? new MemoryOutput() : null;
  const confirmed: { readonly parts: number; readonly cpu: number; readonly seq: number }[] = [];
  let streams;
  try {
    streams = await RelayedStreams.open(daemon.address, {
      cpus: CPUS.length,
      link: { silenceMs: 5000 },
      around: { spill, confirmMs: isEnd && !hasSpill ? 50 : 5000 },
    });
  } catch (error) {
    return { passed: daemon.passed, failure: (error as Error).message };
  }
  await using closing = streams;
  daemon.faults.isDown = isEnd;
  let failure: string | null = null;
  // Two events, more than a sub-buffer, and what is left at the end.
  for (const count of [2, 45, 3]) {
    streams.record(count);
    try {
      await (count === 3 ? closing.close() : closing.consumer.flush());
      failure = null;
    } catch (error) {
      failure = (error as Error).message;
      continue;
    }
    for (const cpu of CPUS) assertComplete(all(daemon, spill, cpu), streams, cpu);
    const parts = daemon.sessions.length;
    confirmed.push(...CPUS.map((cpu) => ({ parts, cpu, seq: all(daemon, spill, cpu).length })));
  }
  for (const { parts, cpu, seq } of confirmed) assertNotResent(daemon, parts, cpu, seq);
  return { passed: { ...daemon.passed }, failure };
}

/** In parts after the first ones, no packet of a CPU comes that is before one with some number. */
function assertNotResent(daemon: FakeDaemon, parts: number, cpu: number, seq: number): void {
  for (const { streams } of daemon.sessions.slice(parts)) {
    const stream = streams.find(({ channel }) => channel === `channel0_${cpu}`);
    for (const packet of stream?.data.flatMap((bytes) => parsePackets(bytes)) ?? []) {
      assert(packet.seq >= seq, `packet ${packet.seq} was confirmed, as all below ${seq}`);
    }
  }
}

/** Packets of a CPU that the daemon has, and the spill: MemoryOutput keeps those of all CPUs. */
function all(daemon: FakeDaemon, spill: MemoryOutput | null, cpu: number): Packet[] {
  const spilled = (spill?.packets ?? []).filter((packet) => packet.cpu === cpu);
  return mergePackets(packetsOf(daemon, cpu), spilled);
}

/** Runs many sessions, some at a time. */
function runAll(cuts: readonly Cut[]): Promise<End[]> {
  return atOnce(AT_ONCE, cuts, async (cut) => {
    try {
      return await run(cut);
    } catch (error) {
      throw new Error(`Cut ${JSON.stringify(cut)}: ${(error as Error).message}`, { cause: error });
    }
  });
}

/** All numbers below a limit, or so many of them, others each time. */
function sample(limit: number, count: number): number[] {
  const all = Array.from({ length: limit }, (_, k) => k);
  if (isThorough || limit <= count) return all;
  const offset = Math.random();
  return all.filter((k) => {
    const [before, now] = [k, k + 1].map((k) => Math.floor(k * count / limit + offset));
    return now > before;
  });
}

for (const what of ["control", "data", "replies"] as const) {
  const cutsOf = async (
    count: number,
    rest: Pick<Cut, "isEnd" | "hasSpill">,
  ): Promise<Cut[]> => {
    const { passed } = await run({ what, after: Infinity, isEnd: false, hasSpill: false });
    return sample(passed[what], count).map((after) => ({ what, after, ...rest }));
  };
  const title = `cut after any byte of ${what}`;

  Deno.test(`${title}: all events come, the daemon is reached again`, { ignore }, async () => {
    const ends = await runAll(await cutsOf(100, { isEnd: false, hasSpill: false }));
    // What is cut before there is a session is told.
    for (const { failure } of ends) {
      assert(
        failure === null || failure.startsWith("Cannot send a trace to net://"),
        failure ?? "",
      );
    }
    assert(ends.filter(({ failure }) => failure === null).length > ends.length / 3);
  });

  Deno.test(`${title}: what does not come is told, the daemon is gone`, { ignore }, async () => {
    const ends = await runAll(await cutsOf(50, { isEnd: true, hasSpill: false }));
    assert(ends.some(({ failure }) => failure?.includes("has not got everything")));
  });

  Deno.test(`${title}: the daemon and the spill have all events`, { ignore }, async () => {
    const ends = await runAll(await cutsOf(50, { isEnd: true, hasSpill: true }));
    for (const { failure } of ends) {
      assert(
        failure === null || failure.startsWith("Cannot send a trace to net://"),
        failure ?? "",
      );
    }
  });
}
