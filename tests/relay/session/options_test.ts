import { type SessionOptions, TraceSession } from "@ltt/relay/session";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ignore, numbered, range, readTrace, startSession, TempDirectory } from "./support.ts";

/** Options that cannot be, and what is said of them. */
const BAD: readonly (readonly [object, typeof TypeError | typeof RangeError, string])[] = [
  [{ output: "" }, TypeError, 'output is "", no directory'],
  [{ output: 7 }, TypeError, "output is 7, no directory"],
  [{ mode: "both" }, TypeError, 'there is no mode "both"'],
  [{ subbufSize: 2048 }, RangeError, "subbufSize is 2048, not a power of two from 4096 on"],
  [{ subbufSize: 5000 }, RangeError, "subbufSize is 5000, not a power of two from 4096 on"],
  [{ subbufSize: NaN }, RangeError, "subbufSize is NaN, not a power of two from 4096 on"],
  [{ subbufSize: "4096" }, RangeError, "subbufSize is 4096, not a power of two from 4096 on"],
  [{ nSubbufs: 1 }, RangeError, "nSubbufs is 1, not a power of two from 2 on"],
  [{ nSubbufs: 3 }, RangeError, "nSubbufs is 3, not a power of two from 2 on"],
  [{ maxCpus: 0 }, RangeError, "maxCpus is 0, not an integer from 1 to 254"],
  [{ maxCpus: 255 }, RangeError, "maxCpus is 255, not an integer from 1 to 254"],
  [{ maxCpus: 1.5 }, RangeError, "maxCpus is 1.5, not an integer from 1 to 254"],
  [{ switchTimerMs: -1 }, RangeError, "switchTimerMs is -1, not"],
  [{ switchTimerMs: NaN }, RangeError, "switchTimerMs is NaN, not"],
  [{ switchTimerMs: 2 ** 31 }, RangeError, "switchTimerMs is 2147483648, not"],
  [{ maxFileSize: -1 }, RangeError, "maxFileSize is -1, not 0 or more"],
  [{ maxFileSize: 0.5 }, RangeError, "maxFileSize is 0.5, not 0 or more"],
  [{ maxFiles: Infinity }, RangeError, "maxFiles is Infinity, not 0 or more"],
  [{ maxFiles: 3 }, RangeError, "maxFiles is 3, but no maxFileSize says when a file is full"],
  [{ maxFiles: 3, maxFileSize: 0 }, RangeError, "maxFiles is 3, but no maxFileSize says when"],
  [
    { opensAllFiles: true, maxFileSize: 8192, maxFiles: 2 },
    TypeError,
    "opensAllFiles is true, but with maxFileSize files come as they are needed",
  ],
  [
    { opensAllFiles: true, mode: "flight-recorder" },
    TypeError,
    "opensAllFiles is true, but in a flight recorder files come as they are needed",
  ],
  [{ output: "net://h/p" }, TypeError, "Cannot send a trace to net://h/p: it is no net://HOST:"],
  [{ output: "net://h:70000" }, TypeError, "there is no port 70000"],
  [{ output: "net://h", mode: "flight-recorder" }, TypeError, "a flight recorder cannot write to"],
  [{ output: "net://h", name: "a/b" }, TypeError, 'name is "a/b", which a relay daemon would not'],
  [{ output: "net://h", name: ".a" }, TypeError, 'name is ".a", which a relay daemon would not'],
  [{ output: "net://h", hostname: "" }, TypeError, 'hostname is "", which a relay daemon would'],
  [{ output: "net://h", live: true, livePeriodMs: 0 }, RangeError, "livePeriodMs is 0, not 1 or"],
  [{ live: true }, TypeError, "live is for net://…, and output is"],
  [{ spill: "elsewhere" }, TypeError, "spill is for net://…, and output is"],
  [{ contexts: ["cpu", "cpu"] }, TypeError, 'no context "cpu", or twice'],
  [{ contexts: ["tid"] }, TypeError, 'no context "tid", or twice'],
  [{ events: [7] }, TypeError, "7 is no pattern of events"],
  [
    { subbufSize: 2 ** 28, nSubbufs: 8 },
    RangeError,
    "32 CPUs of 8 sub-buffers of 268435456 bytes need more than 2 GiB",
  ],
  [{ subbufSize: 2 ** 30, nSubbufs: 2, maxCpus: 1 }, RangeError, "need more than 2 GiB"],
  [{ subbufSize: 2 ** 20, nSubbufs: 8, maxCpus: 254 }, RangeError, "need more than 2 GiB"],
  [
    { subbufSize: 2 ** 22, nSubbufs: 2, maxCpus: 200, mode: "flight-recorder" },
    RangeError,
    "need more than 2 GiB",
  ],
];

for (const [bad, ErrorClass, message] of BAD) {
  const what = JSON.stringify(
    bad,
    (_, value) => Number.isFinite(value) ? value : value ?? `${value}`,
  );
  Deno.test(`TraceSession.start() refuses ${what}, and leaves nothing`, { ignore }, async () => {
    using directory = new TempDirectory();
    const output = `${directory.path}/trace`;
    let thrown: unknown = null;
    try {
      const session = await TraceSession.start({ output, ...bad } as SessionOptions);
      await session.close();
    } catch (error) {
      thrown = error;
    }
    assertInstanceOf(thrown, ErrorClass, "what is thrown");
    const text = `Cannot start a session: ${message}`;
    assert(thrown.message.includes(message), `"${thrown.message}", not "${text}"`);
    assertEquals([...Deno.readDirSync(directory.path)], []);
  });
}

Deno.test("TraceSession.start() refuses an output that cannot be made, and leaves no thread", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  Deno.writeTextFileSync(`${directory.path}/file`, "");
  for (const output of [`${directory.path}/file`, `${directory.path}/file/trace`]) {
    let thrown: unknown = null;
    try {
      await TraceSession.start({ output });
    } catch (error) {
      thrown = error;
    }
    assertInstanceOf(thrown, Error);
    assert(thrown.message.includes(output), thrown.message);
  }
});

Deno.test("as many CPUs as sizes allow can all be claimed", { ignore }, async () => {
  using directory = new TempDirectory();
  const sizes = { subbufSize: 2 ** 22, nSubbufs: 8 };
  const modes = [["continuous", 55], ["flight-recorder", 49]] as const;
  for (const [mode, maxCpus] of modes) {
    const session = await startSession(directory, { ...sizes, mode, maxCpus });
    const threads = [session];
    while (threads.length < maxCpus) threads.push(TraceSession.attach(session.handle));
    assertEquals(threads.map(({ cpu }) => cpu), range(0, maxCpus), mode);
    for (const thread of threads.slice(1)) await thread.close();
    await session.close();
  }
});

Deno.test("sizes from the smallest on work", { ignore }, async () => {
  using directory = new TempDirectory();
  for (const [subbufSize, nSubbufs, maxCpus] of [[4096, 2, 1], [4096, 4096, 3], [2 ** 27, 2, 1]]) {
    const session = await startSession(directory, { subbufSize, nSubbufs, maxCpus });
    const event = numbered(session);
    for (let n = 0; n < 300; n++) event(n);
    await session.close();
    const { numbers } = await readTrace(`${directory.path}/trace`);
    assertEquals(numbers.get(0), range(0, 300), `${nSubbufs} of ${subbufSize}`);
  }
});
