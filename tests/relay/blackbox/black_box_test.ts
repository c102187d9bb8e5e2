import { BlackBox, BoxFile } from "../../../relay/blackbox/mod.ts";
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CANNOT_MOUNT, Disk } from "../disk.ts";
import { INFO } from "./boxes.ts";
import { BoxDirectory, ignore, run } from "./support.ts";

Deno.test("BlackBox() is a file of the user's alone, with a page before RAM", { ignore }, () => {
  using directory = new BoxDirectory();
  const mask = Deno.umask(0);
  const box = new BlackBox(directory.box, 16);
  Deno.umask(mask);
  const { size, mode } = Deno.statSync(directory.box);
  assertEquals([size, mode! & 0o777, box.ram.length], [17 * 4096, 0o600, 16 * 4096]);
  box.close();
});

Deno.test(
  "BlackBox() replaces one that is empty or recovered, and refuses one that holds a trace",
  {
    ignore,
  },
  () => {
    using directory = new BoxDirectory();
    for (const state of ["empty", "recovered"] as const) {
      const box = new BlackBox(directory.box, 16);
      box.describe(INFO);
      box.state = state;
      box.close();
    }
    const box = new BlackBox(directory.box, 16);
    box.describe(INFO);
    assertThrows(() => new BlackBox(directory.box, 16), TypeError, "another process uses it");
    box.close();
    const before = Deno.readFileSync(directory.box);
    assertThrows(
      () => new BlackBox(directory.box, 16),
      TypeError,
      `Cannot make black box ${directory.box}: it holds a trace that was not recovered`,
    );
    assertEquals(Deno.readFileSync(directory.box), before);
  },
);

Deno.test(
  "BlackBox() replaces one whose program was killed before it was described",
  { ignore },
  () => {
    using directory = new BoxDirectory();
    new BlackBox(directory.box, 16).close();
    assertThrows(
      () => new BoxFile(directory.box, false),
      TypeError,
      "its program has recorded nothing",
    );
    new BlackBox(directory.box, 16).close();
  },
);

for (const [what, content] of [["another file", "something else"], ["an empty file", ""]]) {
  Deno.test(`BlackBox() refuses ${what}, and leaves it as it is`, { ignore }, () => {
    using directory = new BoxDirectory();
    Deno.writeTextFileSync(directory.box, content);
    assertThrows(() => new BlackBox(directory.box, 16), TypeError, "there is something else");
    assertEquals(Deno.readTextFileSync(directory.box), content);
  });
}

const notFiles: readonly (readonly [what: string, make: (path: string) => void])[] = [
  ["a directory", (path) => Deno.mkdirSync(path)],
  ["a link to a black box", (path) => {
    new BlackBox(`${path}-other`, 16).close();
    Deno.symlinkSync(`${path}-other`, path);
  }],
  // To open it would wait for ever.
  ["a pipe", (path) => void new Deno.Command("mkfifo", { args: [path] }).outputSync()],
];
for (const [what, make] of notFiles) {
  Deno.test(`BlackBox() refuses ${what}, and leaves it as it is`, { ignore }, () => {
    using directory = new BoxDirectory();
    make(directory.box);
    const before = Deno.lstatSync(directory.box);
    assertThrows(() => new BlackBox(directory.box, 16), TypeError, "there is something else");
    assertEquals(Deno.lstatSync(directory.box), before);
  });
}

Deno.test("BlackBox() without --allow-ffi leaves the black box that it would replace", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  new BlackBox(directory.box, 16).close();
  const { stdout } = await run("without_ffi_program.ts", [directory.box, directory.trace], [
    "--allow-read",
    "--allow-write",
  ]);
  const why = "it takes --allow-ffi, and Linux or macOS";
  assertEquals(stdout, `Cannot map ${directory.box}: ${why}\n`);
  assertEquals(Deno.lstatSync(directory.box).isFile, true);
});

Deno.test("a session's output may have a name longer than a black box has room for", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const output = `${directory.path}/${"\x01".repeat(200)}/${"\x01".repeat(200)}/${
    "\x01".repeat(200)
  }`;
  const session = await directory.start({ output });
  using file = new BoxFile(directory.box, false);
  assertEquals(file.info.facts.output, `${output.slice(0, 500)}…`);
  await session.close();
});

Deno.test("a session's black box is empty when all is written, and can be used again", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  for (let times = 0; times < 2; times++) {
    const session = await directory.start();
    session.tracepoint("t:n", u32("n"))(times);
    {
      using file = new BoxFile(directory.box, false);
      assertEquals([file.state, file.info.facts.pid], ["holds a trace", Deno.pid]);
      assertEquals(file.info.facts.output, directory.trace);
    }
    await session.close();
    using file = new BoxFile(directory.box, false);
    assertEquals([file.state, file.tryLock()], ["empty", true]);
  }
});

Deno.test(
  "a session with an output that cannot be made leaves no black box",
  { ignore },
  async () => {
    using directory = new BoxDirectory();
    Deno.mkdirSync(directory.trace);
    Deno.writeTextFileSync(`${directory.trace}/mine`, "mine");
    await assertRejects(() => directory.start(), TypeError, 'it holds "mine"');
    assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["trace"]);
  },
);

Deno.test("a session whose black box cannot be made leaves an earlier trace as it is", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  Deno.mkdirSync(directory.trace);
  Deno.writeTextFileSync(`${directory.trace}/metadata`, "earlier");
  Deno.writeTextFileSync(directory.box, "mine");
  await assertRejects(() => directory.start(), TypeError, "there is something else");
  assertEquals(Deno.readTextFileSync(`${directory.trace}/metadata`), "earlier");
});

Deno.test("a session without output keeps its trace in the black box when it is closed", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null });
  session.tracepoint("t:n", u32("n"))(1);
  assertEquals(session.statistics().output, directory.box);
  await session.close();
  using file = new BoxFile(directory.box, false);
  assertEquals(file.state, "holds a trace");
});

Deno.test("a session without output takes no snapshots", { ignore }, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ output: null, mode: "flight-recorder" });
  await assertRejects(() => session.snapshot("now"), Error, "the session has no output");
  await session.close();
});

Deno.test("a session without output and without a black box is refused", async () => {
  await assertRejects(
    () => TraceSession.start({ output: null }),
    TypeError,
    "Cannot start a session: it has neither an output nor a black box",
  );
});

Deno.test("a session with a backing there is not is refused", async () => {
  for (const backing of [{ file: "" }, "plain", 3, {}, null]) {
    const options = { backing: backing as "shared" };
    if (backing === null) continue;
    await assertRejects(
      () => TraceSession.start(options),
      TypeError,
      "Cannot start a session: backing",
    );
  }
});

Deno.test("a session without --allow-ffi says that a black box takes it, and leaves no file", {
  ignore,
  permissions: { read: true, write: true, ffi: false },
}, async () => {
  using directory = new BoxDirectory();
  const message = `Cannot map ${directory.box}: it takes --allow-ffi, and Linux or macOS`;
  await assertRejects(() => directory.start(), Error, message);
  assertEquals([...Deno.readDirSync(directory.path)], []);
});

const options = { subbufSize: 2 ** 18, nSubbufs: 16, maxCpus: 4 };
const MIB = 2 ** 20;
for (
  const [size, what, expected] of [
    [3 * MIB, "is refused, and leaves no file", null],
    [9 * MIB, "records nothing, and says how much", [0, 100_000]],
    [14 * MIB, "records on one thread", [100_000, 0]],
  ] as const
) {
  Deno.test(
    `a session whose black box is on a full disk ${what}`,
    { ignore: ignore || CANNOT_MOUNT },
    async () => {
      using directory = new BoxDirectory();
      using disk = new Disk(`${directory.path}/disk`, size);
      const backing = { file: `${disk.path}/box` };
      if (expected === null) {
        const start = (): Promise<TraceSession> => directory.start({ ...options, backing });
        await assertRejects(start, Error, "its disk has no room for it");
        assertEquals([...Deno.readDirSync(disk.path)], []);
        return;
      }
      const session = await directory.start({ ...options, backing });
      const record = session.tracepoint("t:n", u32("n"));
      for (let n = 0; n < 100_000; n++) record(n);
      await session.close();
      const { events, lost } = session.statistics();
      assertEquals([events, lost.unattached], [...expected]);
    },
  );
}

Deno.test("a session's black box takes room for the CPUs that are up, not for all", {
  ignore,
}, async () => {
  using directory = new BoxDirectory();
  const session = await directory.start({ subbufSize: 2 ** 20, nSubbufs: 16, maxCpus: 32 });
  const { size, blocks } = Deno.statSync(directory.box);
  await session.close();
  assert(size > 2 ** 29, `${size} bytes`);
  assert(blocks! * 512 < size / 4, `${blocks} blocks of ${size} bytes`);
});
