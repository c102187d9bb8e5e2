import { assert, assertEquals, assertMatch } from "@std/assert";
import { ignore, readTrace, runChild, TempDirectory } from "../session/support.ts";

const PROGRAM = new URL("./signal_program.ts", import.meta.url).pathname;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(
    `${signal} while three threads record without a pause: all of each is in the trace, or counted`,
    {
      ignore,
    },
    async () => {
      using directory = new TempDirectory();
      const output = `${directory.path}/trace`;
      const end = await runChild(PROGRAM, [signal, output]);
      assertEquals(end.signal, signal, `the signal ends the program: ${end.stderr}`);
      for (const line of end.stderr.trimEnd().split("\n").filter((line) => line !== "")) {
        assertMatch(line, /^ltt-relay: \d+ events? lost \(\d+: the buffers were full\)$/);
      }
      const trace = await readTrace(output);
      assertEquals(trace.lostPackets, 0, "no packet is missing");
      for (const [cpu, said] of JSON.parse(end.stdout) as [cpu: number, said: number][]) {
        const numbers = trace.numbers.get(cpu)!;
        const lost = trace.discarded.filter(({ stream }) => stream.endsWith(`/channel0_${cpu}`))
          .reduce((sum, { count }) => sum + count, 0);
        const isOrdered = numbers.every((n, i) => i === 0 || n > numbers[i - 1]);
        assert(isOrdered, `events of CPU ${cpu} are in order, and none is there twice`);
        const gaps = numbers.at(-1)! + 1 - numbers.length;
        assert(
          gaps <= lost,
          `CPU ${cpu}: ${gaps} numbers are missing, ${lost} events counted as lost`,
        );
        const known = numbers.length + lost;
        assert(
          known >= said,
          `CPU ${cpu}: ${known} events recorded or lost, at least ${said} expected`,
        );
      }
    },
  );
}
