import {
  formatLogEntry,
  KERN_ALERT,
  KERN_EMERG,
  KERN_ERR,
  KERN_NOTICE,
  KERN_WARNING,
  KernelLog,
  type LogEntry,
} from "@ltt/relay/hw";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { spy } from "@std/testing/mock";

function texts(log: KernelLog): string[] {
  return log.entries.map((entry) => entry.type === "printk" ? entry.text : entry.condition);
}

Deno.test("KernelLog.printk() keeps level and text, oldest first", () => {
  const log = new KernelLog();
  log.printk(KERN_ERR, "first\n");
  log.printk(null, "second\n");
  assertEquals(log.entries, [
    { type: "printk", level: 3, text: "first\n" },
    { type: "printk", level: null, text: "second\n" },
  ], "entries of two messages");
});

Deno.test("KERN_* have the kernel's numbers", () => {
  assertEquals(
    [KERN_EMERG, KERN_ALERT, KERN_ERR, KERN_WARNING, KERN_NOTICE],
    [0, 1, 3, 4, 5],
    "EMERG, ALERT, ERR, WARNING, NOTICE",
  );
});

Deno.test("KernelLog.warnOn() logs and answers true, when the condition holds", () => {
  const log = new KernelLog();
  assertStrictEquals(log.warnOn(true, "relay_write", "offset > size"), true, "answer to true");
  assertEquals(log.entries, [
    { type: "warn", function: "relay_write", condition: "offset > size" },
  ], "the warning");
});

Deno.test("KernelLog.warnOn() is silent and answers false, when the condition does not hold", () => {
  const log = new KernelLog();
  assertStrictEquals(log.warnOn(false, "relay_write", "offset > size"), false, "answer to false");
  assertEquals(log.entries, [], "log of a condition that does not hold");
});

Deno.test("KernelLog.entries is a copy", () => {
  const log = new KernelLog();
  log.printk(null, "kept\n");
  log.entries.length = 0;
  assertEquals(texts(log), ["kept\n"], "log after its copy was emptied");
});

Deno.test("KernelLog drops the oldest entries and counts them, when it is full", () => {
  const log = new KernelLog(2);
  for (const text of ["1\n", "2\n"]) log.printk(null, text);
  assertStrictEquals(log.dropped, 0, "dropped by a log that is just full");
  for (const text of ["3\n", "4\n", "5\n"]) log.printk(null, text);
  assertEquals(texts(log), ["4\n", "5\n"], "newest two of five");
  assertStrictEquals(log.dropped, 3, "dropped of five in a log for two");
});

Deno.test("KernelLog() keeps 4096 entries, when not told how many", () => {
  const log = new KernelLog();
  assertStrictEquals(log.capacity, 4096, "capacity");
  for (let i = 0; i <= 4096; i++) log.printk(null, `${i}\n`);
  assertEquals([log.entries.length, log.dropped], [4096, 1], "kept and dropped of 4097");
});

Deno.test("KernelLog.subscribe() calls at once, with each further entry in the log already", () => {
  const log = new KernelLog();
  log.printk(null, "before\n");
  const seen: [LogEntry, number][] = [];
  log.subscribe((entry) => seen.push([entry, log.entries.length]));
  log.printk(KERN_NOTICE, "after\n");
  log.warnOn(true, "f", "c");
  assertEquals(seen, [
    [{ type: "printk", level: KERN_NOTICE, text: "after\n" }, 2],
    [{ type: "warn", function: "f", condition: "c" }, 3],
  ], "entries seen, each with the length of the log then");
});

Deno.test("KernelLog.subscribe() calls a listener once for each of its subscriptions", () => {
  const log = new KernelLog();
  const listener = spy((_entry: LogEntry): void => {});
  const unsubscribe = log.subscribe(listener);
  log.subscribe(listener);
  log.printk(null, "twice\n");
  unsubscribe();
  log.printk(null, "once\n");
  assertStrictEquals(listener.calls.length, 3, "calls");
});

Deno.test("KernelLog refuses a capacity below one", () => {
  assertThrows(() => new KernelLog(0), RangeError, "Cannot keep a log of 0 entries");
});

Deno.test("KernelLog.subscribe() returns what ends it, and only it", () => {
  const log = new KernelLog();
  const seen: string[] = [];
  const unsubscribe = log.subscribe(() => seen.push("ended"));
  log.subscribe(() => seen.push("other"));
  unsubscribe();
  unsubscribe();
  log.printk(null, "text\n");
  assertEquals(seen, ["other"], "listeners called after the first was ended");
});

Deno.test("KernelLog.subscribe() makes what a listener throws uncaught, and calls the next", async () => {
  const log = new KernelLog();
  const reported: unknown[] = [];
  const seen: string[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  const thrown = new Error("thrown by a listener");
  log.subscribe(() => {
    throw thrown;
  });
  log.subscribe(() => seen.push("next"));
  globalThis.addEventListener("error", onError);
  try {
    log.printk(null, "text\n");
    await new Promise((done) => setTimeout(done));
  } finally {
    globalThis.removeEventListener("error", onError);
  }
  assertEquals(reported.length, 1, "errors reported for one that was thrown");
  assertStrictEquals(reported[0], thrown, "the error reported");
  assertEquals(seen, ["next"], "listeners called behind the one that threw");
  assertEquals(texts(log), ["text\n"], "the log, whatever listeners do");
});

const formatted: [LogEntry, string][] = [
  [{ type: "printk", level: 0, text: "halt\n" }, "<0>halt"],
  [{ type: "printk", level: 7, text: "two words\n" }, "<7>two words"],
  [{ type: "printk", level: null, text: "plain\n" }, "plain"],
  [{ type: "printk", level: 5, text: "  indented\n" }, "<5>  indented"],
  [{ type: "printk", level: 4, text: "no newline" }, "<4>no newline"],
  [{ type: "warn", function: "kref_get", condition: "!x" }, "<4>WARNING: at kref_get(): !x"],
];

for (const [entry, line] of formatted) {
  Deno.test(`formatLogEntry() makes "${line}" of its entry`, () => {
    assertStrictEquals(formatLogEntry(entry), line, `line of ${JSON.stringify(entry)}`);
  });
}

Deno.test("KernelLog.entries cannot be changed through what they are given out as", () => {
  const log = new KernelLog();
  log.printk(KERN_ERR, "as it was\n");
  const [entry] = log.entries;
  assertThrows(() => Object.assign(entry, { text: "changed" }), TypeError);
  assertEquals(texts(log), ["as it was\n"], "texts in the log");
});

Deno.test("KernelLog.subscribe() from within a listener starts with the next entry", () => {
  const log = new KernelLog();
  const seen: LogEntry[] = [];
  const unsubscribe = log.subscribe(() => {
    unsubscribe();
    log.subscribe((entry) => seen.push(entry));
  });
  log.printk(null, "first\n");
  log.printk(null, "second\n");
  assertEquals(seen, [{ type: "printk", level: null, text: "second\n" }]);
});
