/**
 * How fast a trace is shown, beside babeltrace2: `deno run -A tests/bench/view.ts [--events N] [--rounds N]`.
 * Requests with their responses, on one CPU, 10^6 events initially; the commands as people type them, one
 * after the other in each round, to a file in memory where there is one. Prints JSON: seconds (median of
 * each command) and events a second, and whether both texts are the same.
 */
import { TraceSession } from "@ltt/relay/session";
import { string, u16, u32, u64 } from "@ltt/relay/trace";
import { numberOption } from "./arguments.ts";

const events = numberOption("events", 1_000_000);
const rounds = numberOption("rounds", 5);
const isShm = await Deno.stat("/dev/shm").then(() => true, () => false);
const directory = await Deno.makeTempDir(isShm ? { dir: "/dev/shm" } : {});
const trace = `${directory}/trace`;
const main = new URL("../../relay/cli/mod.ts", import.meta.url).pathname;
const view = (...args: string[]): string[] => [
  Deno.execPath(),
  ...["run", "--no-check", "--allow-all", main, "view", trace],
  ...args,
];

const commands: Readonly<Record<string, readonly string[]>> = {
  "babeltrace2": ["babeltrace2", "--color=never", trace],
  "view --format babeltrace": view("--format", "babeltrace"),
  "view": view(),
  "view --format json": view("--format", "json"),
  "view --stats": view("--stats"),
  "view --where": view("--where", "status >= 500 && duration_ns > 1ms"),
  "view --between": view(
    ...["--between", "http:server_request", "http:server_response", "--by", "request"],
  ),
};

try {
  await record();
  const seconds = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      seconds.get(name)!.push(await run(command, `${directory}/${name}`));
    }
  }
  for (const [name, all] of seconds) {
    const median = all.sort((a, b) => a - b)[rounds >> 1];
    const rate = Math.round(events / median);
    console.log(JSON.stringify({ command: name, seconds: median, events_per_s: rate }));
  }
  const texts = ["babeltrace2", "view --format babeltrace"]
    .map((name) => Deno.readFileSync(`${directory}/${name}`));
  const isSame = texts[0].length === texts[1].length && texts[0].every((b, i) => b === texts[1][i]);
  console.log(JSON.stringify({ events, same: isSame }));
} finally {
  await Deno.remove(directory, { recursive: true });
}

/** Records requests and responses by turns. */
async function record(): Promise<void> {
  const session = await TraceSession.start({ output: trace, subbufSize: 2 ** 20, nSubbufs: 16 });
  const request = session.tracepoint(
    "http:server_request",
    u32("request"),
    string("method"),
    string("url"),
  );
  const response = session.tracepoint(
    "http:server_response",
    u32("request"),
    u16("status"),
    u64("duration_ns"),
  );
  for (let i = 0; i < events / 2; i++) {
    request(i, "GET", `http://127.0.0.1:8000/items/${i % 1000}`);
    response(i, i % 100 === 0 ? 500 : 200, 1000 * (i % 5000));
    if (i % 10_000 === 0) await session.flush();
  }
  await session.close();
}

/** Runs a command with its output in a file; seconds. */
async function run(command: readonly string[], output: string): Promise<number> {
  const quoted = command.map((word) => `'${word}'`).join(" ");
  const begin = performance.now();
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${quoted} > '${output}'`],
  })
    .output();
  if (!success) {
    throw new Error(`Cannot run ${command.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
  return (performance.now() - begin) / 1000;
}
