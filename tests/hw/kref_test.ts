import { KernelLog, Kref } from "@ltt/relay/hw";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { assertSpyCalls, spy } from "@std/testing/mock";

Deno.test("Kref() starts with one reference", () => {
  assertStrictEquals(new Kref(new KernelLog()).count, 1, "references of a new kref");
});

Deno.test("Kref.get() takes one reference more, without a word", () => {
  const log = new KernelLog();
  const kref = new Kref(log);
  kref.get();
  kref.get();
  assertStrictEquals(kref.count, 3, "references after two gets");
  assertEquals(log.entries, [], "log after two gets of a live kref");
});

Deno.test("Kref.put() releases with the last reference only", () => {
  const kref = new Kref(new KernelLog());
  const release = spy();
  kref.get();
  assertStrictEquals(kref.put(release), false, "put of one of two references");
  assertSpyCalls(release, 0);
  assertStrictEquals(kref.put(release), true, "put of the last reference");
  assertSpyCalls(release, 1);
});

Deno.test("Kref.put() shows a count of 0, when release runs", () => {
  const kref = new Kref(new KernelLog());
  let seen = NaN;
  kref.put(() => void (seen = kref.count));
  assertStrictEquals(seen, 0, "references seen by release");
});

Deno.test("Kref.get() warns and counts all the same, at 0", () => {
  const log = new KernelLog();
  const kref = new Kref(log);
  kref.put(() => {});
  kref.get();
  assertStrictEquals(kref.count, 1, "references after a get at 0");
  assertEquals(log.entries, [
    { type: "warn", function: "kref_get", condition: "!atomic_read(&kref->refcount)" },
  ], "the one warning of a get at 0");
});

Deno.test("Kref.put() counts on to -1 and releases nothing, at 0", () => {
  const log = new KernelLog();
  const kref = new Kref(log);
  const release = spy();
  kref.put(release);
  assertStrictEquals(kref.put(release), false, "put without a reference left");
  assertStrictEquals(kref.count, -1, "references after one put too many");
  assertSpyCalls(release, 1);
  assertEquals(log.entries, [], "log after one put too many");
});

Deno.test("Kref.get() is silent, below 0", () => {
  const log = new KernelLog();
  const kref = new Kref(log);
  kref.put(() => {});
  kref.put(() => {});
  kref.get();
  assertStrictEquals(kref.count, 0, "references after a get at -1");
  assertEquals(log.entries, [], "log after a get at -1: only 0 is warned of");
});

Deno.test("Kref.put() releases a second time, when a get at 0 revived it", () => {
  const kref = new Kref(new KernelLog());
  const release = spy();
  kref.put(release);
  kref.get();
  assertStrictEquals(kref.put(release), true, "put of the revived reference");
  assertSpyCalls(release, 2);
});
