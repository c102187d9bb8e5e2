/**
 * Two CPUs write at full speed while this thread reads and verifies every byte. Run as a program, it
 * does so in both modes for as many events as it is told: `soak.ts [events]`, initially 10^8.
 */
import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuWorker, RingChannel, type RingOptions } from "@ltt/relay/ring";
import { HEADER_SIZE, SoakVerifier } from "./soak_events.ts";

/** What became of the events of one CPU. */
export interface SoakResult {
  /** Events tried. */
  readonly tried: number;
  /** Events read and found whole. */
  readonly read: number;
  /** Events refused, by their numbers, and by the ring's counts. */
  readonly refused: number;
  readonly lost: number;
  /** Events overwritten, by their numbers; sub-buffers overwritten, by theirs. */
  readonly overwritten: number;
  readonly missed: number;
}

/** Has two CPUs try `tries` events each, and resolves to what became of them. */
export async function soak(
  mode: NonNullable<RingOptions["mode"]>,
  tries: number,
  sizes = { subbufSize: 65536, nSubbufs: 4 },
): Promise<SoakResult[]> {
  const machine = new Machine({ nodes: [1024, 1024], cpus: 3, online: [0], cpuToNode: [0, 0, 1] });
  const channel = RingChannel.open(Relay.start(machine), {
    baseFilename: "soak",
    mode,
    client: () => ({ headerSize: HEADER_SIZE }),
    ...sizes,
  });
  const module = new URL("./soak_program.ts", import.meta.url);
  const results = await Promise.all([1, 2].map(async (cpu): Promise<SoakResult> => {
    const worker = await CpuWorker.start(machine, cpu, { module, channels: [channel] });
    await worker.up();
    const ring = channel.buf[cpu]!;
    const reader = ring.reader();
    const verifier = new SoakVerifier();
    const end = (async () => {
      const { data } = await new Promise<MessageEvent>((resolve) => {
        worker.worker.onmessage = resolve;
        worker.worker.postMessage({ tries });
      });
      await worker.down();
      ring.flush("final");
      await worker.terminate();
      return data.tried as number;
    })();
    for await (const subbuf of reader) {
      const [data] = subbuf.views();
      verifier.verify(subbuf.seq, data);
    }
    const tried = await end;
    const tail = tried - verifier.next;
    const lost = Object.values(ring.lost).reduce((sum, count) => sum + count, 0);
    return {
      tried,
      read: verifier.read,
      refused: verifier.refused + tail,
      lost,
      overwritten: verifier.overwritten,
      missed: reader.missed,
    };
  }));
  channel.close();
  return results;
}

if (import.meta.main) {
  const events = Number(Deno.args[0] ?? 1e8);
  for (const mode of ["discard", "overwrite"] as const) {
    const begin = performance.now();
    const results = await soak(mode, events / 2);
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    console.log(`${mode}: ${events} events in ${seconds} s`);
    console.table(results);
  }
}
