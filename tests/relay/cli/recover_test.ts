import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { damage } from "../blackbox/boxes.ts";
import { ignoreReading } from "../blackbox/support.ts";
import { filesIn } from "../files.ts";
import { range } from "../session/support.ts";
import { killed, numbersOf, recover, stateOf, test } from "./recovering.ts";

test("makes a trace beside the file, and prints JSON if asked to", async (directory) => {
  await killed(directory, 1000);
  const { code, out, err } = await recover(directory, ["box", "--json"]);
  assertEquals([code, err], [0, ""], out);
  const { trace, facts, streams, ...rest } = JSON.parse(out);
  assertEquals([trace, out.split("\n").length], [`${directory}/box-trace`, 2]);
  assertEquals(Object.keys(facts), ["pid", "startedAt", "mode", "output", "nodes"]);
  assertEquals([facts.mode, facts.output], ["continuous", null]);
  assertEquals(rest, { faults: [], faultCount: 0, isAll: true });
  const [{ cpu, thread, subbufs, openSlots, lost }] = streams;
  assertEquals([streams.length, cpu, thread, subbufs, openSlots, lost], [1, 0, "main", 3, 0, 0]);
  assertEquals(await numbersOf(trace), range(0, 1000));
}, ignoreReading);

test("says how many events there were", async (directory) => {
  await killed(directory, 1000);
  const { err, code } = await recover(directory, ["box"]);
  assertEquals(code, 0, err);
  assertMatch(err, /^ {2}0 +main +1000 +10008 +3 +0 +0$/m);
  assertStringIncludes(err, "  1000 events in 3 sub-buffers, 10.0 KB; no slot reserved");
});

test(
  "ends with 1 and names what is damaged, of which the rest is in the trace",
  async (directory) => {
    await killed(directory, 1000);
    damage(`${directory}/box`, (memory) => {
      new DataView(memory.ram, memory.ring(0).subbufAddress(2)).setUint32(80, 3, true);
    });
    const { code, out, err } = await recover(directory, ["box"]);
    assertEquals([code, out], [1, ""]);
    const fault = "CPU 0: Cannot read sub-buffer 2: its packet's header is damaged";
    assertStringIncludes(err, `\n  damaged, left out: ${fault}\n`);
    assertEquals(stateOf(`${directory}/box`), "holds a trace", "it was not all");
    const numbers = await numbersOf(`${directory}/box-trace`);
    assert(numbers.length > 500 && numbers.at(-1) === 999, `${numbers.length} events`);
  },
  ignoreReading,
);

test(
  "goes on where a recovery was broken off before it had written anything",
  async (directory) => {
    await killed(directory, 1000);
    Deno.mkdirSync(`${directory}/box-trace`);
    Deno.writeTextFileSync(`${directory}/box-trace/metadata`, "");
    const { code, err } = await recover(directory, ["box"]);
    assertEquals(code, 0, err);
    assertEquals(await numbersOf(`${directory}/box-trace`), range(0, 1000));
  },
  ignoreReading,
);

test("ends with one line for arguments it does not understand", async (directory) => {
  const { code, out, err } = await recover(directory, ["box", "--live", "--attach"]);
  assertEquals([code, out], [1, ""]);
  assertEquals(err, "error: Cannot use both --live and --attach\n");
});

test("--help says what there is", async (directory) => {
  const { code, out, err } = await recover(directory, ["--help"], []);
  assertEquals([code, err], [0, ""]);
  for (const option of ["--out", "--live", "--attach", "--json", "--cwd"]) {
    assertStringIncludes(out, `\n  ${option} `);
  }
});

test("starts relative paths at --cwd", async (directory) => {
  await killed(directory, 10);
  const { code, err } = await recover("/", ["box", "--cwd", directory, "--out", "there"]);
  assertEquals(code, 0, err);
  assertStringIncludes(err, `\n  babeltrace2 `);
  assertEquals([...filesIn(`${directory}/there`).keys()], ["channel0_0", "metadata"]);
});
