import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Mailbox, type Request } from "../../../relay/session/mailbox.ts";
import type { Posts } from "./mailbox_program.ts";

/** Workers read their modules. */
const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

/** A mailbox that is served; what is asked comes back with a mark. */
function served(handle: (request: Request) => string = ({ kind, text }) => `${kind}: ${text}`) {
  const mailbox = new Mailbox();
  const done = mailbox.serve(handle);
  const close = async (): Promise<void> => {
    await mailbox.answer(mailbox.post("close"));
    await done;
  };
  return { mailbox, close };
}

Deno.test("answer() resolves to what handle() returned, in the order of posts", async () => {
  const { mailbox, close } = served();
  const numbers = [mailbox.post("flush"), mailbox.post("snapshot", "why"), mailbox.post("exit")];
  const answers = await Promise.all(numbers.map((number) => mailbox.answer(number)));
  assertEquals(answers, ["flush: ", "snapshot: why", "exit: "]);
  await close();
});

Deno.test("answer() throws what handle() threw, and the next request is served", async () => {
  const { mailbox, close } = served(({ kind }) => {
    if (kind === "flush") throw new RangeError("No space");
    return "fine";
  });
  await assertRejects(() => mailbox.answer(mailbox.post("flush")), Error, "No space");
  assertEquals(await mailbox.answer(mailbox.post("exit")), "fine");
  await close();
});

Deno.test("texts are cut at whole characters, at about 1,000 bytes", async () => {
  const { mailbox, close } = served(({ text }) => text);
  for (
    const text of ["x".repeat(1008), "x".repeat(5000), "ü".repeat(3000), `x${"𝄞".repeat(300)}`]
  ) {
    const answer = await mailbox.answer(mailbox.post("snapshot", text));
    assert(text.startsWith(answer), answer);
    const { length } = new TextEncoder().encode(answer);
    assert(length <= 1008 && (answer === text || length > 1004), `${length} bytes`);
  }
  await close();
});

Deno.test("wait() blocks until the answer, or says that it took too long", async () => {
  const { mailbox, close } = served();
  const number = mailbox.post("flush");
  const begin = performance.now();
  // Served on this thread, which waits.
  assertEquals(mailbox.wait(number, 20), false);
  assert(performance.now() - begin >= 19);
  await mailbox.answer(number);
  assertEquals(mailbox.wait(number, 0), true);
  await close();
});

Deno.test("64 requests can be in flight", async () => {
  const { mailbox, close } = served(({ text }) => text);
  const numbers = Array.from({ length: 64 }, (_, i) => mailbox.post("snapshot", `${i}`));
  const answers = await Promise.all(numbers.map((number) => mailbox.answer(number)));
  assertEquals(answers, numbers.map((_, i) => `${i}`));
  await close();
});

Deno.test("post() of a flush is that of the last one, unless that has begun", async () => {
  const mailbox = new Mailbox();
  const numbers: number[] = [];
  const handled: string[] = [];
  const done = mailbox.serve(({ kind }) => {
    handled.push(kind);
    if (handled.length === 1) numbers.push(mailbox.post("flush"), mailbox.post("flush"));
    return kind;
  });
  numbers.push(mailbox.post("flush"), mailbox.post("flush"));
  numbers.push(mailbox.post("snapshot"), mailbox.post("flush"), mailbox.post("flush"));
  await Promise.all(numbers.map((number) => mailbox.answer(number)));
  await mailbox.answer(mailbox.post("close"));
  await done;
  // The first is handled when all of these are posted; in it two more are.
  assertEquals(numbers, [0, 0, 1, 2, 2, 2, 2]);
  assertEquals(handled, ["flush", "snapshot", "flush", "close"]);
  const other = new Mailbox();
  const begun: number[] = [];
  const served = other.serve(({ kind }) => {
    if (kind === "flush" && begun.length < 3) begun.push(other.post("flush"), other.post("flush"));
    return kind;
  });
  await other.answer(other.post("flush"));
  assertEquals(begun, [1, 1, 2, 2], "not that which is being handled");
  await other.answer(other.post("close"));
  await served;
});

Deno.test("answer() never gives another request's answer", async () => {
  const { mailbox, close } = served(({ text }) => text);
  const first = mailbox.post("snapshot", "first");
  await mailbox.answer(first);
  for (let i = 0; i < 63; i++) await mailbox.answer(mailbox.post("snapshot", `${i}`));
  assertEquals(await mailbox.answer(first), "first");
  await mailbox.answer(mailbox.post("snapshot", "in its place"));
  await assertRejects(() => mailbox.answer(first), Error, "64 others have asked since");
  await close();
});

Deno.test("nothing is served behind a request to close: it is refused, and nobody hangs", async () => {
  const handled: string[] = [];
  const { mailbox } = served(({ kind }) => {
    handled.push(kind);
    return kind;
  });
  const numbers = [
    mailbox.post("flush"),
    mailbox.post("close"),
    mailbox.post("snapshot", "late"),
    mailbox.post("exit"),
  ];
  assertEquals(await mailbox.answer(numbers[0]), "flush");
  assertEquals(await mailbox.answer(numbers[1]), "close");
  for (const number of numbers.slice(2)) {
    await assertRejects(() => mailbox.answer(number), TypeError, "closed");
    assertEquals(mailbox.wait(number, Infinity), false);
  }
  assertThrows(() => mailbox.post("flush"), TypeError, "closed");
  assertEquals(handled, ["flush", "close"]);
  assertEquals(await mailbox.answer(numbers[0]), "flush", "answers stay");
});

Deno.test("a request to close that fails closes all the same", async () => {
  const { mailbox } = served(() => {
    throw new Error("No space");
  });
  await assertRejects(() => mailbox.answer(mailbox.post("close")), Error, "No space");
  assertThrows(() => mailbox.post("flush"), TypeError, "closed");
});

Deno.test("close() frees who waits for a thread that is dead", async () => {
  const mailbox = new Mailbox();
  const [first, second] = [mailbox.post("flush"), mailbox.post("flush")];
  const waiting = Promise.allSettled([mailbox.answer(first), mailbox.answer(second)]);
  await Promise.resolve();
  mailbox.close();
  assertEquals((await waiting).map(({ status }) => status), ["rejected", "rejected"]);
  assertEquals(mailbox.wait(first, Infinity), false);
});

Deno.test("requests of several threads at once are all answered, each with its own answer", {
  ignore,
}, async () => {
  const url = new URL("./mailbox_program.ts", import.meta.url);
  const names = ["a", "b", "c"];
  const workers = names.map((name) => new Worker(url, { type: "module", name }));
  // More than 64 in all might leave an answer behind.
  const count = 20;
  const { mailbox, close } = served(({ kind, text }) => `${kind} ${text}`);
  for (let round = 0; round < 30; round++) {
    const answers = await Promise.all(
      workers.map((worker, w) =>
        new Promise<string[]>((resolve) => {
          worker.onmessage = ({ data }) => resolve(data);
          const posts: Posts = { memory: mailbox.memory, name: names[w], count };
          worker.postMessage(posts);
        })
      ),
    );
    const expected = names.map((name) =>
      Array.from({ length: count }, (_, i) => `${i % 2 === 0 ? "exit" : "snapshot"} ${name} ${i}`)
    );
    assertEquals(answers, expected);
  }
  for (const worker of workers) worker.terminate();
  await close();
});
