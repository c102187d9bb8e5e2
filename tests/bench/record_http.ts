/**
 * What being recorded costs a server: `deno run -A tests/bench/record_http.ts [--rounds N] [--seconds S]`.
 * A hello-world of `Deno.serve` runs twice, recorded and not; in turn each is loaded by `wrk` (Debian's
 * package), or where there is none by a thread that fetches. Prints requests a second, medians, and
 * their ratio.
 */
import { numberOption } from "./arguments.ts";

const rounds = numberOption("rounds", 5);
const seconds = numberOption("seconds", 3);
const cli = new URL("../../relay/cli/mod.ts", import.meta.url).pathname;
const directory = await Deno.makeTempDir();
const program = `${directory}/hello.ts`;
await Deno.writeTextFile(
  program,
  `Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
    () => new Response("Hello World"),
  );`,
);

interface Server {
  readonly name: string;
  readonly process: Deno.ChildProcess;
  readonly url: string;
  readonly rates: number[];
}

async function start(name: string, args: string[]): Promise<Server> {
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  return { name, process, url: `http://127.0.0.1:${value!.trim()}/`, rates: [] };
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

const servers = [
  await start("untraced", ["run", "--allow-net", program]),
  await start("recorded", [
    "run",
    "--allow-all",
    cli,
    "record",
    "--out",
    `${directory}/trace`,
    "--allow-net",
    program,
  ]),
];
try {
  for (let round = 0; round <= rounds; round++) {
    for (const server of servers) {
      const rate = await wrk(server.url) ?? await fetches(server.url);
      // The first round warms up.
      if (round > 0) server.rates.push(rate);
    }
  }
} finally {
  for (const { process } of servers) {
    process.kill("SIGTERM");
    await process.status;
  }
  await Deno.remove(directory, { recursive: true });
}
const median = (rates: number[]): number =>
  rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)];
const [untraced, recorded] = servers.map(({ rates }) => median(rates));
for (const { name, rates } of servers) {
  console.log(`${name}  ${rates.map((rate) => rate.toFixed(0)).join(" ")}  requests/s`);
}
console.log(`recorded is ${(recorded / untraced).toFixed(3)} x untraced`);
