import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Mailbox, type Request } from "../../../relay/session/mailbox.ts";
import { Requests } from "../../../relay/session/requests.ts";
import type { Service } from "./service_program.ts";
import { range } from "./support.ts";

/** Workers read their modules. */
const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

/** A mailbox that is served on this thread. */
function served(handle: (request: Request) => string) {
  const mailbox = new Mailbox();
  const done = mailbox.serve(handle);
  const close = async (): Promise<void> => {
    await mailbox.answer(mailbox.post("close"));
    await done;
  };
  return { mailbox, requests: new Requests(mailbox), close };
}

/** A mailbox that a worker serves, each request in some milliseconds; answers are the texts. */
async function servedElsewhere(ms: number) {
  const worker = new Worker(new URL("./service_program.ts", import.meta.url), { type: "module" });
  const mailbox = new Mailbox();
  const ready = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage({ memory: mailbox.memory, ms } satisfies Service);
  await ready;
  return { mailbox, requests: new Requests(mailbox), [Symbol.dispose]: () => worker.terminate() };
}

Deno.test("ask() resolves to the answer, and rejects with what was refused", async () => {
  const { requests, close } = served(({ kind, text }) => {
    if (text === "no") throw new RangeError("No space");
    return `${kind} ${text}`;
  });
  assertEquals(await requests.ask("snapshot", "why"), "snapshot why");
  await assertRejects(() => requests.ask("snapshot", "no"), Error, "No space");
  await close();
  assertThrows(() => requests.ask("flush"), TypeError, "closed");
});

Deno.test("1,000 snapshots asked for at once all get their own answers", { ignore }, async () => {
  using service = await servedElsewhere(0);
  const texts = range(0, 1000).map(String);
  const answers = await Promise.all(texts.map((text) => service.requests.ask("snapshot", text)));
  assertEquals(answers, texts);
});

Deno.test("10,000 flushes among snapshots, asked for at once, are all answered", {
  ignore,
}, async () => {
  using service = await servedElsewhere(0);
  const asked: Promise<string>[] = [];
  for (let i = 0; i < 10_000; i++) {
    asked.push(service.requests.ask("flush"));
    if (i % 100 === 0) asked.push(service.requests.ask("snapshot", `${i}`));
  }
  const answers = await Promise.all(asked);
  assertEquals(answers.filter((text) => text !== ""), range(0, 100).map((i) => `${100 * i}`));
});

Deno.test("flushes that are asked for while one is under way are one", { ignore }, async () => {
  using service = await servedElsewhere(50);
  await Promise.all(range(0, 1000).map(() => service.requests.ask("flush")));
  const next = service.mailbox.post("flush");
  assert(next <= 4, `${next} flushes`);
});

Deno.test("ask() asks at once, and blocks the thread when 32 are not answered", {
  ignore,
}, async () => {
  using service = await servedElsewhere(5);
  const begin = performance.now();
  const asked = range(0, 32).map((i) => service.requests.ask("snapshot", `${i}`));
  assert(performance.now() - begin < 100, "at once");
  asked.push(service.requests.ask("snapshot", "32"));
  assertEquals(service.mailbox.post("exit"), 33, "all are posted");
  assertEquals(await Promise.all(asked), range(0, 33).map(String));
});

Deno.test("a flush whose answer is lost, others having asked since, flushes again", {
  ignore,
}, async () => {
  using service = await servedElsewhere(0);
  const flush = service.requests.ask("flush");
  const requests = new Requests(service.mailbox);
  const snapshot = Promise.allSettled([requests.ask("snapshot", "lost")]);
  // This thread does not come to look at its answers.
  const other = new Mailbox(service.mailbox.memory);
  for (let i = 0; i < 70; i++) other.wait(other.post("exit"), Infinity);
  assertEquals(await flush, "");
  assertEquals((await snapshot).map(({ status }) => status), ["rejected"]);
  assertEquals(service.mailbox.post("exit"), 73, "one more flush");
});

Deno.test("a mailbox that is closed refuses all that is pending, and nobody hangs", async () => {
  const mailbox = new Mailbox();
  const requests = new Requests(mailbox);
  const asked = range(0, 32).map((i) => requests.ask("snapshot", `${i}`));
  const settled = Promise.allSettled(asked);
  mailbox.close();
  assertThrows(() => requests.ask("snapshot"), TypeError, "closed");
  for (const one of await settled) assertEquals(one.status, "rejected");
});
