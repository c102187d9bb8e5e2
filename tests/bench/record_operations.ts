/**
 * What being recorded adds to a program's own operations:
 * `deno run -A tests/bench/record_operations.ts [--rounds N]`. One program is run as it is, and recorded, in
 * turn, its standard output thrown away. Prints a row for each operation: medians of microseconds, and the
 * median of the rounds' differences.
 */
import { numberOption } from "./arguments.ts";

const rounds = numberOption("rounds", 5);
const cli = new URL("../../relay/cli/mod.ts", import.meta.url).pathname;
const program = new URL("./record_operations_program.ts", import.meta.url).pathname;
const directory = await Deno.makeTempDir();

type Times = Record<string, number>;

async function run(args: readonly string[]): Promise<Times> {
  const result = `${directory}/result`;
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args, "--allow-all", program, result],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const { success, stderr } = await command.output();
  const text = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`Cannot run the program: ${text}`);
  return JSON.parse(await Deno.readTextFile(result));
}

const runs: { readonly untraced: Times; readonly recorded: Times }[] = [];
for (let round = 0; round < rounds; round++) {
  const trace = `${directory}/trace`;
  const untraced = await run(["run"]);
  const recorded = await run(["run", "--allow-all", cli, "record", "--out", trace]);
  // A program that cannot be recorded runs untraced, as fast as the other one.
  if ((await Deno.stat(`${trace}/channel0_0`)).size < 1e6) throw new Error("nothing was recorded");
  runs.push({ untraced, recorded });
  console.error(`round ${round + 1} of ${rounds} is over`);
}
await Deno.remove(directory, { recursive: true });

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const micros = (ns: number): string => (ns / 1000).toFixed(2).padStart(10);
console.log(`${"µs".padEnd(40)} ${"untraced".padStart(10)} ${"recorded".padStart(10)}      added`);
for (const name of Object.keys(runs[0].untraced)) {
  const untraced = median(runs.map((run) => run.untraced[name]));
  const recorded = median(runs.map((run) => run.recorded[name]));
  const added = median(runs.map((run) => run.recorded[name] - run.untraced[name]));
  console.log(`${name.padEnd(40)} ${micros(untraced)} ${micros(recorded)} ${micros(added)}`);
}
