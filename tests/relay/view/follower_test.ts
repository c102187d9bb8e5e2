import type { TraceSession } from "@ltt/relay/session";
import { string, u32 } from "@ltt/relay/trace";
import { assertEquals } from "@std/assert";
import type { CtfError } from "../../../relay/ctf/ctf_error.ts";
import type { LostEvents, TraceEvent } from "../../../relay/ctf/trace_event.ts";
import { Follower } from "../../../relay/view/follower.ts";
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
