/**
 * What an event costs in a black box, beside one in shared memory:
 * `deno run -A tests/bench/black_box_events.ts [--rounds N] [--events N] [--dir DIR]`. A worker records as
 * fast as it can into a flight recorder of 4 sub-buffers of 1 MiB, first one, then the other, in turn; the
 * file is in DIR, initially the directory for temporary files. Prints a line for each kind of event:
 * medians of nanoseconds an event, and the median of the rounds' ratios.
 */
import { TraceSession } from "@ltt/relay/session";
import { numberOption } from "./arguments.ts";
import { EventWorker } from "./event_workers.ts";

const rounds = numberOption("rounds", 15);
const events = numberOption("events", 3_000_000);
const at = Deno.args.indexOf("--dir");
const directory = await Deno.makeTempDir(at < 0 ? {} : { dir: Deno.args[at + 1] });

const start = (
  name: string,
  backing: "shared" | { readonly file: string },
): Promise<TraceSession> =>
  TraceSession.start({
    output: `${directory}/${name}`,
    backing,
    mode: "flight-recorder",
    subbufSize: 2 ** 20,
    nSubbufs: 4,
    maxCpus: 4,
  });
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

const sessions = [
  await start("shared", "shared"),
  await start("mapped", { file: `${directory}/black-box` }),
];
const workers = await Promise.all(
  sessions.map(async (one) => (await EventWorker.start(1, one))[0]),
);
for (const kind of ["u64", "3 ints + string"]) {
  const ns: [number[], number[]] = [[], []];
  const ratios: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    const found = [0, 0];
    for (const i of order) found[i] = (await workers[i].record(kind, events)).ms * 1e6 / events;
    // The first one compiles.
    if (round < 0) continue;
    for (const i of order) ns[i].push(found[i]);
    ratios.push(found[1] / found[0]);
  }
  const [shared, mapped] = ns.map((values) => median(values).toFixed(1));
  console.log(
    `${kind.padEnd(16)} shared ${shared} ns  black box ${mapped} ns  ratio ${
      median(ratios).toFixed(3)
    }`,
  );
}
for (const worker of workers) worker.end();
for (const session of sessions) await session.close();
await Deno.remove(directory, { recursive: true });
