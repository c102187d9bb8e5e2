/**
 * How fast a trace is read: `deno run -A tests/bench/ctf_reader.ts [--events N] [--runs N]`. This module records
 * three of them: an integer of 64 bits, three integers and a text, and both and a third one by turns. Each is
 * read by a program of TraceReader and by babeltrace2, to nowhere and to text that nobody looks at, by turns.
 * Prints a line of JSON a trace: millions of events a second, medians; of TraceReader's program also without
 * the start of Deno, and the most memory it took. The trace lies in the page cache.
 */
import { bool, f64, i64, string, struct, u32, u64 } from "@ltt/relay/ctf";
import { TestTrace } from "../relay/trace/support.ts";
import { numberOption } from "./arguments.ts";

const events = numberOption("events", 2_000_000);
const runs = numberOption("runs", 5);

/** Records a trace to a directory. */
function recordTo(directory: string, kind: string): void {
  let time = 0;
  using trace = new TestTrace({ subbufSize: 2 ** 18, nSubbufs: 4, now: () => time });
  const one = trace.tracepoint("one", u64("value"));
  const four = trace.tracepoint("four", u32("a"), i64("b"), u64("c"), string("text"));
  const point = struct("point", f64("x"), f64("y"));
  const other = trace.tracepoint("other", bool("is"), point, string("path"));
  const consumed = trace.consume(directory);
  for (let i = 0; i < events; i++) {
    const which = kind === "mix" ? i % 3 : Number(kind === "four");
    time += 50;
    if (which === 0) one(i);
    else if (which === 1) four(i, -i, i + 1, `a string, no. ${100 + i % 16}`);
    else other(i % 2 === 0, { x: i / 2, y: -i }, `/path/of/some/file/${i % 5000}`);
    if (i % 2000 === 0) consumed.drain();
  }
  consumed.close();
}

/** Runs a program to its end; gives what it prints, and how many seconds that took. */
async function timed(
  program: string,
  ...args: readonly string[]
): Promise<{ text: string; seconds: number }> {
  const begin = performance.now();
  const child = new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "inherit" })
    .spawn();
  let text = "";
  // All of a long text is not kept, but taken, as a pager would.
  for await (const chunk of child.stdout) text = new TextDecoder().decode(chunk.subarray(-1000));
  const { success } = await child.status;
  if (!success) throw new Error(`${program} failed`);
  return { text, seconds: (performance.now() - begin) / 1000 };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[runs >> 1];
const rate = (seconds: readonly number[]): number =>
  Number((events / 1e6 / median(seconds)).toFixed(2));
const program = new URL("ctf_reader_program.ts", import.meta.url).pathname;

const directory = await Deno.makeTempDir();
try {
  for (const kind of ["one", "four", "mix"]) {
    const trace = `${directory}/${kind}`;
    recordTo(trace, kind);
    const seconds: Record<"command" | "reader" | "cpu" | "dummy" | "text", number[]> = {
      command: [],
      reader: [],
      cpu: [],
      dummy: [],
      text: [],
    };
    let peakMb = 0;
    for (let run = 0; run < runs; run++) {
      const ours = await timed(Deno.execPath(), "run", "-A", "--no-check", program, trace);
      const printed = JSON.parse(ours.text);
      if (printed.events !== events) throw new Error(`${printed.events} events were read`);
      seconds.command.push(ours.seconds);
      seconds.reader.push(printed.ms / 1000);
      seconds.cpu.push(printed.cpuMs / 1000);
      peakMb = Math.max(peakMb, Math.round(printed.peakMb));
      seconds.dummy.push((await timed("babeltrace2", "-o", "dummy", trace)).seconds);
      seconds.text.push((await timed("babeltrace2", trace)).seconds);
    }
    console.log(JSON.stringify({
      trace: kind,
      bytes: Deno.statSync(`${trace}/channel0_0`).size,
      reader: rate(seconds.reader),
      command: rate(seconds.command),
      command_cpu: rate(seconds.cpu),
      babeltrace2_dummy: rate(seconds.dummy),
      babeltrace2_text: rate(seconds.text),
      peak_mb: peakMb,
    }));
  }
} finally {
  await Deno.remove(directory, { recursive: true });
}
