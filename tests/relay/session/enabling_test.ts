import { u32 } from "@ltt/relay/trace";
import { assertEquals, assertThrows } from "@std/assert";
import { ignore, numbered, readTrace, startSession, TempDirectory, TestWorker } from "./support.ts";

Deno.test(
  "enable() and disable() work by glob, while running, for later tracepoints and on all threads",
  {
    ignore,
  },
  async () => {
    using directory = new TempDirectory();
    const session = await startSession(directory, { events: ["a:*", "w*"] });
    using worker = new TestWorker();
    await worker.attach(session);
    const [a, b] = ["a:one", "b:one"].map((name) => numbered(session, name));
    a(0);
    b(1); // not asked for
    session.enable("b:*");
    b(2);
    session.disable("a:*");
    a(3); // disabled
    const later = session.tracepoint("a:later", u32("n"));
    assertEquals(later.enabled, false);
    later(4); // disabled before it was declared
    await worker.tell({ type: "record", name: "a:one", from: 5, count: 1 }); // disabled
    await worker.tell({ type: "record", name: "w:one", from: 6, count: 1 });
    await worker.tell({ type: "disable", pattern: "*" });
    b(7); // disabled
    await worker.tell({ type: "record", name: "w:one", from: 8, count: 1 }); // disabled
    session.enable("a:l*");
    later(9);
    a(10); // disabled
    await session.close();
    const { events } = await readTrace(`${directory.path}/trace`);
    const recorded = events.map(({ name, fields }) => `${name} ${fields.n}`);
    assertEquals(recorded, ["a:one 0", "b:one 2", "w:one 6", "a:later 9"]);
  },
);

Deno.test("enable() by log level records what is as important or more", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { events: [] });
  const levels = ["emerg", "warning", "info", "debug"] as const;
  const events = levels.map((loglevel) => session.tracepoint({ name: loglevel, loglevel }));
  for (const event of events) event(); // none is enabled
  session.enable("*", { loglevel: "warning" });
  for (const event of events) event();
  // deno-lint-ignore no-explicit-any
  assertThrows(() => session.enable("*", { loglevel: "loud" as any }), TypeError, '"loud"');
  await session.close();
  const trace = await readTrace(`${directory.path}/trace`);
  assertEquals(trace.events.map(({ name }) => name), ["emerg", "warning"]);
});

Deno.test("enable() and disable() refuse what is no text, and rules stay as they are", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  await using session = await startSession(directory);
  for (const wrong of [5, null, undefined, /http/] as unknown as string[]) {
    assertThrows(() => session.disable(wrong), TypeError, "is no pattern");
    assertThrows(() => session.enable(wrong), TypeError, "is no pattern");
  }
  assertEquals(session.tracepoint("still:here").enabled, true);
});
