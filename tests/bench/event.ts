/**
 * What an event costs with its time: `deno task bench:event [--json] [--runs N] [--events N]`.
 *
 * Threads record as fast as they can into a flight recorder of 4 sub-buffers of 1 MiB a CPU, so that
 * sub-buffer switches are included and nothing is lost. Two threads run at a time, each on its own
 * ring. A line a kind of event and number of threads: nanoseconds an event and thread, minimum and
 * median of the runs. Without `--allow-ffi` the clock is `performance.now()`.
 */
import { TraceSession } from "@ltt/relay/session";

const KINDS = ["u64", "3 ints + string"] as const;

const number = (name: string, initial: number): number => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? initial : Number(Deno.args[at + 1]);
};
const runs = number("runs", 5);
const events = number("events", 5_000_000);
const json = Deno.args.includes("--json");

/** What a worker of the benchmark answers: milliseconds its events took, on which clock. */
interface Answer {
  readonly ms: number;
  readonly clock: string;
}

function ask(worker: Worker, message: unknown): Promise<Answer> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(message);
  });
}

const directory = await Deno.makeTempDir();
const session = await TraceSession.start({
  output: directory,
  mode: "flight-recorder",
  subbufSize: 2 ** 20,
  nSubbufs: 4,
  maxCpus: 8,
});
const module = new URL("./event_program.ts", import.meta.url);
const workers = [0, 1].map(() => new Worker(module, { type: "module" }));
for (const worker of workers) await ask(worker, { handle: session.handle });

for (const kind of KINDS) {
  for (const threads of [1, 2]) {
    const busy = workers.slice(0, threads);
    const round = (count: number): Promise<Answer[]> =>
      Promise.all(busy.map((worker) => ask(worker, { kind, events: count })));
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

for (const worker of workers) worker.terminate();
await session.close();
await Deno.remove(directory, { recursive: true });
