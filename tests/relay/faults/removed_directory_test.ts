import { sumLost } from "@ltt/relay/session";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { libcPath } from "../../../hw/libc.ts";
import {
  ignore,
  numbered,
  range,
  readTrace,
  runChild,
  startSession,
  TempDirectory,
  TestWorker,
} from "../session/support.ts";

const PROGRAM = new URL("./removed_program.ts", import.meta.url).pathname;

/** How a program ended whose output directory was removed. */
interface End {
  readonly before: string;
  readonly after: string;
  readonly closed: string;
  readonly tried: number;
  readonly events: number;
  /** Events lost, all causes together. */
  readonly lost: number;
  readonly stderr: string;
  readonly output: string;
}

/** Runs the program; fails unless it comes to its end as without a session. */
async function run(how: string): Promise<End> {
  using directory = new TempDirectory();
  const output = `${directory.path}/trace`;
  const { code, signal, stdout, stderr } = await runChild(PROGRAM, [how, output]);
  assertEquals([code, signal], [0, null], `the program ends by itself: ${stderr}`);
  for (const line of stderr.trimEnd().split("\n").filter((line) => line !== "")) {
    assertMatch(line, /^ltt-relay: /, "nothing but lines of the session's is said");
  }
  const { lost, ...end } = JSON.parse(stdout);
  assertEquals(end.before, "", "all goes well before the directory is removed");
  return { ...end, lost: sumLost(lost), stderr, output };
}

for (const how of ["files stay open", "figures are written", "it just ends"]) {
  Deno.test(`a program goes on and ends, when its output directory was removed: ${how}`, {
    ignore,
  }, async () => {
    const { events, lost, tried, after, closed, stderr, output } = await run(how);
    assertEquals(events + lost, tried, "every event is recorded or counted as lost");
    const why = `Cannot write trace ${output}: NotFound: Cannot write to ${output}: it was removed`;
    const isClosed = how !== "it just ends";
    assertEquals([after, closed], isClosed ? [why, why] : ["", ""], "what its calls threw");
    assertEquals(stderr.split(`ltt-relay: ${why}\n`).length, 2, `said once: ${stderr}`);
  });
}

for (const how of ["a thread joins", "files are rotated"]) {
  Deno.test(`close() says that the output directory was removed, when ${how}`, {
    ignore,
  }, async () => {
    const { after, closed, stderr, events, lost, tried, output } = await run(how);
    const why = `Cannot write trace ${output}: NotFound: `;
    assert(after.startsWith(why), `flush() throws why the trace cannot be written: ${after}`);
    assert(closed.startsWith(why), `close() throws why the trace cannot be written: ${closed}`);
    const lines = stderr.trimEnd().split("\n");
    assertEquals(lines.filter((line) => line === `ltt-relay: ${closed}`).length, 1, "said once");
    const unwritten = lines.filter((line) =>
      /^ltt-relay: up to \d+ bytes of events were recorded and not written$/.test(line)
    );
    assertEquals(unwritten.length, 1, `how much is missing is said: ${stderr}`);
    const others = how === "a thread joins" ? 1 : 0;
    assertEquals(events + lost, tried + others, "every event is recorded or counted as lost");
  });
}

Deno.test("snapshot() refuses, when the flight recorder's directory was removed", {
  ignore,
}, async () => {
  const { after, output, closed } = await run("flight recorder");
  assert(
    after.includes(output),
    `the error names the directory, of a snapshot there was: "${after}"`,
  );
  assertEquals(closed, "", "a recorder that takes no snapshot at the end has nothing to write");
});

Deno.test("a flight recorder whose directory was removed ends, its last snapshot refused", {
  ignore,
}, async () => {
  const { events, tried, stderr, output } = await run("flight recorder that ends");
  assertEquals(events, tried, "all events were recorded");
  assertEquals(stderr, `ltt-relay: Cannot write to ${output}: it was removed\n`);
});

Deno.test("a session goes on and writes its trace, when its black box was removed", {
  ignore: ignore || libcPath() === null,
}, async () => {
  using directory = new TempDirectory();
  const file = `${directory.path}/box`;
  const session = await startSession(directory, { backing: { file } });
  const event = numbered(session);
  for (let n = 0; n < 1000; n++) event(n);
  Deno.removeSync(file);
  for (let n = 1000; n < 50_000; n++) event(n);
  await session.flush();
  using worker = new TestWorker();
  assert(await worker.attach(session) > 0, "another thread gets a CPU");
  await worker.tell({ type: "record", from: 0, count: 1000 });
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.numbers.get(0), range(0, 50_000), "events of the main thread");
  assertEquals(trace.events.length, 51_000, "events of both threads");
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["trace"]);
});
