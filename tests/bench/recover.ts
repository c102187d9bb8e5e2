/**
 * How fast a black box of 1 GiB is recovered: `deno run -A tests/bench/recover.ts [--runs N] [--dir DIR]`.
 * A program fills the rings of four CPUs, 256 MiB each, and is killed; then its trace is taken out in a
 * process of its own, each time anew, from DIR (initially the directory for temporary files, what is read
 * lies in the page cache) to DIR. Prints JSON: bytes of events, megabytes of packets a second (median), and
 * the most memory that took, in megabytes.
 */
import { numberOption } from "./arguments.ts";

const runs = numberOption("runs", 5);
const at = Deno.args.indexOf("--dir");
const directory = await Deno.makeTempDir(at < 0 ? {} : { dir: Deno.args[at + 1] });
const box = `${directory}/box`;

const deno = (...args: string[]): Promise<Deno.CommandOutput> =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...args],
    stderr: "inherit",
  })
    .output();
const program = (name: string): string => new URL(name, import.meta.url).pathname;

try {
  await deno(program("recover_filler.ts"), box);
  const results: { ms: number; bytes: number; events: number; peakMb: number }[] = [];
  for (let run = 0; run < runs; run++) {
    const { stdout } = await deno(program("recover_program.ts"), box, `${directory}/trace`);
    results.push(JSON.parse(new TextDecoder().decode(stdout)));
    await Deno.remove(`${directory}/trace`, { recursive: true });
  }
  const rates = results.map(({ ms, bytes }) => bytes / 1e3 / ms).sort((a, b) => a - b);
  const [{ bytes, events }] = results;
  console.log(JSON.stringify({
    bytes,
    events,
    mb_per_s: Math.round(rates[runs >> 1]),
    peak_mb: Math.max(...results.map(({ peakMb }) => peakMb)),
    runs,
  }));
} finally {
  await Deno.remove(directory, { recursive: true });
}
