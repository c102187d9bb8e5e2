/**
 * What an event costs with its time: `deno task bench:event [--json] [--runs N] [--events N]`.
 *
 * Threads record as fast as they can into a flight recorder of 4 sub-buffers of 1 MiB a CPU, so that
 * sub-buffer switches are included and nothing is lost. Two threads run at a time, each on its own
 * ring. A line a kind of event and number of threads: nanoseconds an event and thread, minimum and
 * median of the runs. Without `--allow-ffi` the clock is `performance.now()`.
 */
import { TraceSession } from "@ltt/relay/session";
import { numberOption } from "./arguments.ts";
import type { EventAnswer } from "./event_program.ts";
import { EventWorker } from "./event_workers.ts";

const KINDS = ["u64", "3 ints + string"] as const;

const runs = numberOption("runs", 5);
const events = numberOption("events", 5_000_000);
const json = Deno.args.includes("--json");

const directory = await Deno.makeTempDir();
const session = await TraceSession.start({
  output: directory,
  mode: "flight-recorder",
  subbufSize: 2 ** 20,
  nSubbufs: 4,
  maxCpus: 8,
});
const workers = await EventWorker.start(2, session);

for (const kind of KINDS) {
  for (const threads of [1, 2]) {
    const busy = workers.slice(0, threads);
    const round = (count: number): Promise<EventAnswer[]> =>
      Promise.all(busy.map((worker) => worker.record(kind, count)));
    await round(events / 5);
    const ns: number[] = [];
    let clock = "";
    for (let run = 0; run < runs; run++) {
      const answers = await round(events);
      clock = answers[0].clock;
      ns.push(answers.reduce((sum, { ms }) => sum + ms, 0) / threads * 1e6 / events);
    }
    ns.sort((a, b) => a - b);
    const rounded = (value: number): number => Math.round(value * 100) / 100;
    const figure = { min: rounded(ns[0]), median: rounded(ns[Math.floor(runs / 2)]) };
    console.log(
      json
        ? JSON.stringify({ event: kind, threads, clock, ns: figure, events })
        : `${kind.padEnd(16)} ${threads} thread${threads > 1 ? "s" : " "}  ${clock}  ` +
          `min ${figure.min} ns  median ${figure.median} ns`,
    );
  }
}

for (const worker of workers) worker.end();
await session.close();
await Deno.remove(directory, { recursive: true });
