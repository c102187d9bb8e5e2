import type { TraceSession } from "@ltt/relay/session";
import { string, u32 } from "@ltt/relay/trace";
import { assertEquals } from "@std/assert";
import type { CtfError } from "../../../relay/ctf/ctf_error.ts";
import type { LostEvents, TraceEvent } from "../../../relay/ctf/reader/trace_event.ts";
import { Follower } from "../../../relay/view/follower.ts";
import { smallFile, smallMetadata } from "../ctf/small_trace.ts";
import {
  ignore,
  numbered,
  range,
  startSession,
  TempDirectory,
  TestWorker,
  until,
} from "../session/support.ts";

/** What a follower has told. */
class Following implements AsyncDisposable {
  readonly events: TraceEvent[] = [];
  readonly lost: LostEvents[] = [];
  readonly errors: CtfError[] = [];
  /** Resolves when it has come to the end. */
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();

  constructor(directory: string) {
    this.ended = this.#run(directory);
  }

  get numbers(): unknown[] {
    return this.events.map(({ fields }) => fields.n);
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(directory: string): Promise<void> {
    using follower = new Follower([directory], {
      lost: (lost) => this.lost.push(lost),
      broken: (error) => this.errors.push(error),
    });
    for await (const events of follower.looks(this.#stop.signal)) this.events.push(...events);
  }
}

Deno.test(
  "looks() gives what a session writes, each once, until it is closed",
  { ignore },
  async () => {
    using directory = new TempDirectory();
    const session = await startSession(directory);
    const record = numbered(session);
    await using following = new Following(`${directory.path}/trace`);
    for (let n = 0; n < 600; n++) {
      record(n);
      // What is written then is replaced by the next packet.
      if (n % 50 === 0) await session.flush();
      if (n % 200 === 0) await until(`${n} is told`, () => following.events.length > n);
    }
    await session.close();
    await following.ended;
    assertEquals(following.numbers, range(0, 600));
    assertEquals([following.lost, following.errors], [[], []]);
  },
);

Deno.test("looks() gives each once though what was to be replaced goes on in another file", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, {
    subbufSize: 4096,
    nSubbufs: 64,
    maxFileSize: 8192,
  });
  const record = numbered(session);
  await using following = new Following(`${directory.path}/trace`);
  for (let n = 0; n < 5000; n++) {
    record(n);
    if (n % 150 === 0) await session.flush();
    if (n % 1500 === 0) await until(`${n} is told`, () => following.events.length > n);
  }
  await session.close();
  await following.ended;
  assertEquals(following.numbers, range(0, 5000));
});

Deno.test("looks() reads metadata again when there is more", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  await using following = new Following(`${directory.path}/trace`);
  for (let n = 0; n < 5; n++) {
    session.tracepoint(`t:${n}`, u32("n"), string("text"))(n, `text ${n}`);
    await session.flush();
    await until(`${n} is told`, () => following.events.length > n);
  }
  await session.close();
  await following.ended;
  assertEquals(
    following.events.map(({ class: { name }, fields }) => [name, fields.n, fields.text]),
    range(0, 5).map((n) => [`t:${n}`, n, `text ${n}`]),
  );
});

Deno.test("looks() merges what several threads write", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  using worker = new TestWorker();
  await worker.attach(session);
  const record = numbered(session, "main:n");
  record(1);
  await worker.tell({ type: "record", from: 2, count: 3 });
  record(5);
  await session.close();
  await using following = new Following(`${directory.path}/trace`);
  await following.ended;
  assertEquals(following.numbers, [1, 2, 3, 4, 5]);
});

Deno.test("looks() tells of lost events once", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { subbufSize: 4096, nSubbufs: 2 });
  const record = numbered(session);
  await session.flush();
  await using following = new Following(`${directory.path}/trace`);
  for (let n = 0; n < 5000; n++) record(n);
  await session.flush();
  await until("losses are told", () => following.lost.length > 0);
  record(5000);
  await session.close();
  await following.ended;
  const count = following.lost.reduce((sum, one) => sum + one.count, 0);
  assertEquals(following.events.length + count, 5001);
});

Deno.test("looks() ends when it is told to", { ignore }, async () => {
  using directory = new TempDirectory();
  const session: TraceSession = await startSession(directory);
  numbered(session)(1);
  await session.flush();
  await using following = new Following(`${directory.path}/trace`);
  await until("it is told", () => following.events.length > 0);
  await following.stop();
  assertEquals(following.numbers, [1]);
  await session.close();
});

/** A trace whose metadata is locked, as that of one that is being written, until it is closed. */
class HeldTrace implements Disposable {
  readonly path: string;
  readonly #metadata: Deno.FsFile;

  constructor(path: string, files: Readonly<Record<string, Uint8Array>>) {
    this.path = path;
    Deno.mkdirSync(path);
    const options = { create: true, write: true } as const;
    this.#metadata = Deno.openSync(`${path}/metadata`, options);
    this.#metadata.lockSync(true);
    this.#metadata.writeSync(smallMetadata());
    for (const [name, bytes] of Object.entries(files)) Deno.writeFileSync(`${path}/${name}`, bytes);
  }

  [Symbol.dispose](): void {
    this.#metadata.close();
  }
}

const cpu0 = { seq: 0, times: [1, 4] };
const cpu1 = [{ cpu: 1, seq: 0, times: [2, 3] }, { cpu: 1, seq: 1, times: [8] }] as const;

for (
  const [what, at, value, numbers] of [
    ["a packet", 0, 0, [1, 4]],
    ["an event", 84 + 22 + 2, 99, [1, 2, 4]],
  ] as const
) {
  Deno.test(`looks() tells once of ${what} that is damaged, and goes on with the others`, {
    ignore,
  }, async () => {
    using directory = new TempDirectory();
    const damaged = smallFile(...cpu1);
    damaged[at] = value;
    const path = `${directory.path}/held`;
    using held = new HeldTrace(path, { f0: damaged, f1: smallFile(cpu0) });
    await using following = new Following(held.path);
    await until("both are told", () => following.errors.length > 0 && following.numbers.length > 1);
    Deno.writeFileSync(`${path}/f1`, smallFile(cpu0, { seq: 1, times: [9], lost: 0 }));
    await until("what comes later is told", () => following.numbers.includes(9));
    // A packet behind which there is none is taken at the second look.
    assertEquals(following.numbers.map(Number).sort(), [...numbers, 9]);
    assertEquals(following.errors.map(({ file }) => file), [`${path}/f0`]);
    assertEquals(following.errors[0].offset, at === 0 ? 0 : at - 2);
  });
}

Deno.test("looks() tells of what the first packet says is lost", { ignore }, async () => {
  using directory = new TempDirectory();
  using held = new HeldTrace(`${directory.path}/held`, {
    f0: smallFile({ ...cpu0, lost: 7 }, { seq: 1, times: [9], lost: 9 }),
  });
  await using following = new Following(held.path);
  await until("all is told", () => following.events.length === 3);
  assertEquals(following.lost.map(({ count, begin, end }) => [count, begin, end]), [
    [7, 0, 3],
    [2, 3, 8],
  ]);
});
