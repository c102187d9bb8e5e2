/**
 * What an event costs with this library, with LTTng-UST, and with what else a Deno program could
 * take, on this machine: `deno task bench:peers [--rounds N] [--events N] [--json]`. A round is a run
 * of every case of every peer, so that what disturbs the machine hits all alike. Every run is a
 * process of its own that warms up before it is measured; with two threads, it is the mean of both.
 */
import { javaScriptPeers } from "./peers/javascript_peers.ts";
import { LttngUst } from "./peers/lttng_ust.ts";
import { Ours } from "./peers/ours.ts";
import type { Figure, Peer } from "./peers/peer.ts";
import { format, summarize } from "./peers/table.ts";

const options = { rounds: 5, events: 5_000_000, json: false };
for (const args = [...Deno.args]; args.length > 0;) {
  const option = args.shift();
  const number = option === "--json" ? 0 : Number(args.shift());
  if (option === "--json") options.json = true;
  else if (option === "--rounds" && number >= 1) options.rounds = Math.floor(number);
  else if (option === "--events" && number >= 1000) options.events = Math.floor(number);
  else {
    console.error("usage: peers.ts [--rounds N] [--events N, 1000 or more] [--json]");
    Deno.exit(2);
  }
}

/** "model name : AMD ..." of the first CPU, where there is such a thing. */
function cpuModel(): string {
  try {
    return /^model name\s*: (.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))![1];
  } catch {
    return Deno.build.arch;
  }
}

/** A directory in memory, where there is such a thing. */
function makeDirInMemory(): string {
  try {
    return Deno.makeTempDirSync({ dir: "/dev/shm" });
  } catch {
    return Deno.makeTempDirSync();
  }
}

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));
}
const { signal } = stopped;
const { events } = options;
const inMemory = makeDirInMemory();
const dir = Deno.makeTempDirSync();
const ours = new Ours({ events, dir, signal });
const peers: Peer[] = [
  ours,
  new LttngUst({ events, dir, signal }),
  ...javaScriptPeers({ events, dir: inMemory, signal }),
];
const ignored = new Map<Peer, string>();
const figures = new Map<Peer, Figure[]>(peers.map((peer) => [peer, []]));

/** A peer that fails is left out from then on; being stopped is no failure of a peer. */
async function attempt(peer: Peer, action: () => Promise<void> | undefined): Promise<void> {
  signal.throwIfAborted();
  if (ignored.has(peer)) return;
  try {
    await action();
  } catch (error) {
    signal.throwIfAborted();
    ignored.set(peer, error instanceof Error ? error.message : String(error));
    figures.delete(peer);
  }
}

const machine = {
  cpu: cpuModel(),
  cpus: navigator.hardwareConcurrency,
  deno: Deno.version.deno,
  rounds: options.rounds,
};
try {
  for (const peer of peers) await attempt(peer, () => peer.start?.());
  for (let round = 1; round <= options.rounds; round++) {
    for (const peer of peers) {
      await attempt(peer, async () => {
        for await (const figure of peer.round()) figures.get(peer)!.push(figure);
      });
    }
    console.error(`round ${round} of ${options.rounds} is over`);
  }
  const rows = summarize([...figures.values()].flat(), ours.name);
  if (options.json) {
    console.log(JSON.stringify(machine));
    for (const row of rows) console.log(JSON.stringify(row));
    for (const [{ name }, why] of ignored) {
      console.log(JSON.stringify({ peer: name, ignored: why }));
    }
  } else {
    const { cpu, cpus, deno, rounds } = machine;
    console.log(`${cpu}, ${cpus} CPUs, Deno ${deno}, rounds: ${rounds}\n\n${format(rows)}`);
    for (const [{ name }, why] of ignored) console.log(`${name}  ignored: ${why}`);
  }
} catch (error) {
  if (!signal.aborted) throw error;
  console.error(signal.reason.message);
  Deno.exitCode = 1;
} finally {
  for (const peer of peers) {
    await peer.end?.().catch((error) => console.error(`${peer.name}: ${error.message}`));
  }
  for (const path of [dir, inMemory]) Deno.removeSync(path, { recursive: true });
}
Deno.exit();
