/**
 * What being recorded costs a server: `deno run -A tests/bench/record_http.ts [--rounds N] [--seconds S]`.
 * Two servers of `Deno.serve` run twice each, recorded and not: one whose handler looks at nothing, for
 * which Deno makes no request then, while the probe has to ask for one; and one that reads the URL, as
 * most do. In turn each is loaded by `wrk` (Debian's package), or where there is none by a thread that
 * fetches. Prints requests a second, the median of the rounds' ratios, and what that is for a request.
 */
import { numberOption } from "./arguments.ts";

const rounds = numberOption("rounds", 5);
const seconds = numberOption("seconds", 3);
const cli = new URL("../../relay/cli/mod.ts", import.meta.url).pathname;
const directory = await Deno.makeTempDir();
const HANDLERS = {
  "hello world": `() => new Response("Hello World")`,
  "hello path":
    `(request) => new Response("Hello " + request.url.slice(request.url.indexOf("/", 8)))`,
};

interface Server {
  readonly handler: string;
  /** Where it is recorded to; `null` if it is not. */
  readonly trace: string | null;
  readonly process: Deno.ChildProcess;
  readonly url: string;
  readonly rates: number[];
}

async function start(handler: string, trace: string | null, args: string[]): Promise<Server> {
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const url = `http://127.0.0.1:${value!.trim()}/`;
  return { handler, trace, process, url, rates: [] };
}

/** A program that cannot be recorded runs untraced, as fast as the other one. */
async function assertRecorded(trace: string): Promise<void> {
  const stream = await Deno.stat(`${trace}/channel0_0`).catch(() => null);
  if (stream === null || stream.size < 1e6) {
    throw new Error(`Cannot compare: nothing was recorded to ${trace}`);
  }
}

async function wrk(url: string): Promise<number | null> {
  try {
    const args = ["-t1", "-c16", `-d${seconds}s`, url];
    const { stdout } = await new Deno.Command("wrk", { args }).output();
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(new TextDecoder().decode(stdout))![1]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function fetches(url: string): Promise<number> {
  let requests = 0;
  const begin = performance.now();
  const one = async (): Promise<void> => {
    while (performance.now() - begin < seconds * 1000) {
      await (await fetch(url)).text();
      requests++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, one));
  return requests / seconds;
}

const servers: Server[] = [];
for (const [i, [name, handler]] of Object.entries(HANDLERS).entries()) {
  const program = `${directory}/server${i}.ts`;
  await Deno.writeTextFile(
    program,
    `Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
      ${handler},
    );`,
  );
  const trace = `${directory}/trace${i}`;
  const recorded = ["--allow-all", cli, "record", "--out", trace];
  servers.push(await start(name, null, ["run", "--allow-net", program]));
  servers.push(await start(name, trace, ["run", ...recorded, "--allow-net", program]));
}
try {
  for (let round = 0; round <= rounds; round++) {
    for (const server of servers) {
      const rate = await wrk(server.url) ?? await fetches(server.url);
      // The first round warms up.
      if (round > 0) server.rates.push(rate);
    }
  }
  for (const { trace } of servers) if (trace !== null) await assertRecorded(trace);
} finally {
  for (const { process } of servers) {
    process.kill("SIGTERM");
    await process.status;
  }
  await Deno.remove(directory, { recursive: true });
}
const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
for (const { handler, trace, rates } of servers) {
  const what = trace === null ? "untraced" : "recorded";
  console.log(`${handler}, ${what}  ${rates.map((rate) => rate.toFixed(0)).join(" ")}  requests/s`);
}
for (const handler of Object.keys(HANDLERS)) {
  const [untraced, recorded] = servers.filter((one) => one.handler === handler);
  const ratio = median(recorded.rates.map((rate, i) => rate / untraced.rates[i]));
  const added = median(recorded.rates.map((rate, i) => 1e6 / rate - 1e6 / untraced.rates[i]));
  console.log(
    `${handler}: recorded is ${ratio.toFixed(3)} x untraced, ` +
      `${added.toFixed(2)} µs for each request of ${(1e6 / median(untraced.rates)).toFixed(1)} µs`,
  );
}
