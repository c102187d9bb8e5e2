/*
 * Directories that do not hold the black box's own trace are left alone.
 */
import type { TraceSession } from "@ltt/relay/session";
import { assertEquals, assertThrows } from "@std/assert";
import { filesIn } from "../files.ts";
import { range, readTrace } from "../session/support.ts";
import { complete, killedAfterFlush, recording } from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading } from "./support.ts";

/** What is refused, with how the directory is made that way, and why. */
const refused: [
  string,
  (trace: string, session: TraceSession) => void,
  (trace: string) => string,
][] = [
  [
    "with something else in it",
    (trace) => Deno.writeTextFileSync(`${trace}/thesis.txt`, "years of work"),
    (trace) => `Cannot complete trace ${trace}: it holds "thesis.txt"`,
  ],
  [
    "with a directory in it",
    (trace) => Deno.mkdirSync(`${trace}/snapshot-0`),
    (trace) => `Cannot complete trace ${trace}: it holds "snapshot-0"`,
  ],
  [
    "whose metadata is a link",
    (trace) => {
      Deno.renameSync(`${trace}/metadata`, `${trace}.metadata`);
      Deno.symlinkSync(`${trace}.metadata`, `${trace}/metadata`);
    },
    (trace) => `Cannot complete trace ${trace}: it holds "metadata"`,
  ],
  [
    "with a stream of a CPU there is not",
    (trace) => Deno.writeTextFileSync(`${trace}/channel0_007`, ""),
    (trace) => `Cannot complete trace ${trace}: it holds "channel0_007"`,
  ],
  [
    "whose streams are rotated",
    (trace, { cpu }) => {
      Deno.renameSync(`${trace}/channel0_${cpu}`, `${trace}/channel0_${cpu}_0`);
    },
    (trace) => `Cannot complete trace ${trace}: its streams are in several files each`,
  ],
  [
    "of another trace",
    (trace) => {
      const path = `${trace}/metadata`;
      const text = Deno.readTextFileSync(path);
      const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)![0];
      Deno.writeTextFileSync(path, text.replaceAll(uuid, crypto.randomUUID()));
    },
    (trace) => `Cannot complete trace ${trace}: it is another one`,
  ],
  [
    "without metadata",
    (trace) => Deno.removeSync(`${trace}/metadata`),
    () => "No such file or directory",
  ],
  [
    "with a stream of another trace",
    (trace, { cpu }) => poke(`${trace}/channel0_${cpu}`, 4096 + 4),
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 4096`,
  ],
  [
    "with a packet in the middle that says it is longer than the file",
    (trace, { cpu }) => poke(`${trace}/channel0_${cpu}`, 4096 + 59),
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 4096`,
  ],
  [
    "with a packet twice",
    (trace, { cpu }) => {
      const path = `${trace}/channel0_${cpu}`;
      Deno.writeFileSync(path, Deno.readFileSync(path).subarray(4096, 8192), { append: true });
    },
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 12288`,
  ],
  [
    "with a stream that is damaged in the middle",
    (trace, { cpu }) => poke(`${trace}/channel0_${cpu}`, 4096),
    (trace) => `Cannot complete ${trace}/channel0_0: it is damaged at byte 4096`,
  ],
];
for (const [what, spoil, why] of refused) {
  Deno.test(`TraceCompletion() refuses a directory ${what}, and changes nothing`, {
    ignore,
  }, async () => {
    using directory = new BoxDirectory();
    const { session, file, trace } = await killedAfterFlush(directory, 600, 0);
    // Also what is cut off in another stream is left as it is.
    Deno.writeTextFileSync(`${trace}/channel0_3`, "no packet");
    spoil(trace, session);
    const before = filesIn(trace);
    const error = assertThrows(() => complete(file, trace), Error);
    const message = why(trace);
    assertEquals(error.message.slice(0, message.length), message);
    assertEquals(filesIn(trace), before);
    await session.close();
  });
}

/** Changes a byte of a file. */
function poke(path: string, at: number): void {
  const bytes = Deno.readFileSync(path);
  bytes[at] ^= 0xff;
  Deno.writeFileSync(path, bytes);
}

Deno.test("TraceCompletion() refuses a directory that a session writes to, which goes on", {
  ignore: ignoreReading,
}, async () => {
  using directory = new BoxDirectory();
  const { session, record } = await recording(directory, 10, { output: directory.trace });
  await session.flush();
  const before = filesIn(directory.trace);
  const error = assertThrows(() => complete(directory.box, directory.trace), TypeError);
  const why = "a session writes to it";
  assertEquals(error.message, `Cannot complete trace ${directory.trace}: ${why}`);
  assertEquals(filesIn(directory.trace), before);
  for (const n of range(10, 10)) record(n);
  await session.close();
  assertEquals((await readTrace(directory.trace)).numbers.get(0), range(0, 20));
});

Deno.test("TraceCompletion() refuses metadata that goes on otherwise", { ignore }, async () => {
  using directory = new BoxDirectory();
  const { session, file, trace } = await killedAfterFlush(directory, 10, 0);
  const path = `${trace}/metadata`;
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, `${text.slice(0, -5)}/**/\n`);
  const before = filesIn(trace);
  const error = assertThrows(() => complete(file, trace), TypeError);
  assertEquals(error.message, `Cannot complete trace ${trace}: its metadata is another one`);
  assertEquals(filesIn(trace), before);
  await session.close();
});
