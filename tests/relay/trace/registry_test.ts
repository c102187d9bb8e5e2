import { enumeration, eventMetadata, string, struct, u16, u32, u8 } from "@ltt/relay/ctf";
import { KernelError } from "@ltt/relay/hw";
import { MAX_TRACEPOINTS } from "@ltt/relay/trace";
import { Registry } from "../../../relay/trace/registry.ts";
import { REGISTRY_SIZE } from "../../../relay/trace/registry_layout.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { COUNT, LOCK, RULES_WORD, UNATTACHED } from "../../../relay/trace/registry_layout.ts";
import { TestTrace } from "./support.ts";

/** A registry by itself, as another thread sees it by `other`. */
function registry(metadata = "/* first part */\n") {
  const ram = new SharedArrayBuffer(2 * REGISTRY_SIZE);
  const address = REGISTRY_SIZE / 2;
  const created = Registry.create(ram, address, metadata);
  const other = (): Registry => new Registry(ram, address);
  const words = new Int32Array(ram, address, 1024);
  return { registry: created, other, words, ram, address };
}

const one = { name: "t:one", loglevel: 13, fields: [u16("a"), string("b")], size: 8 };
const textOf = (registry: Registry): string => new TextDecoder().decode(registry.metadata(0));

function errnoOf(body: () => unknown): [string, string] {
  const error = assertThrows(body, KernelError);
  return [error.code, error.message];
}

Deno.test("Registry.declare() numbers tracepoints from 0, and appends their metadata", () => {
  const { registry: made } = registry();
  const begin = made.metadataLength;
  const two = { ...one, name: "t:two", fields: [] };
  assertEquals([made.declare(one), made.declare(two), made.count], [0, 1, 2]);
  assertEquals([made.nameOf(0), made.nameOf(1)], ["t:one", "t:two"]);
  assertEquals([made.sizeOf(0), made.sizeOf(1)], [8, 8]);
  const expected = eventMetadata({ ...one, id: 0 }) + eventMetadata({ ...two, id: 1 });
  assertEquals(new TextDecoder().decode(made.metadata(begin)), expected);
  assertEquals(textOf(made), `/* first part */\n${expected}`);
});

Deno.test("Registry.declare() gives the same declaration the same number, in any thread", () => {
  const { registry: made, other } = registry();
  made.declare({ ...one, name: "t:zero" });
  const second = other();
  assertEquals([second.declare(one), made.declare(one), other().declare({ ...one })], [1, 1, 1]);
  assertEquals(made.count, 2);
});

for (
  const [what, changed] of [
    ["another field", { fields: [u16("a"), string("c")] }],
    ["another type", { fields: [u32("a"), string("b")] }],
    ["a field more", { fields: [u16("a"), string("b"), u8("c")] }],
    ["another order", { fields: [string("b"), u16("a")] }],
    ["no fields", { fields: [] }],
    ["another log level", { loglevel: 12 }],
  ] as const
) {
  Deno.test(`Registry.declare() refuses a name it has with ${what}`, () => {
    const { registry: made, other } = registry();
    made.declare(one);
    const before = textOf(made);
    const message =
      'Cannot declare tracepoint "t:one": it is declared with other fields or another log level';
    for (const seen of [made, other()]) {
      assertThrows(() => seen.declare({ ...one, ...changed }), TypeError, message);
    }
    assertEquals([made.count, textOf(made)], [1, before]);
    assertEquals(made.declare(one), 0);
  });
}

Deno.test("Registry.declare() knows any name again", () => {
  const { registry: made, other } = registry();
  const names = [
    "\ufeffmain",
    "main",
    "\ufeff\ufeffmain",
    "\ud800",
    "a\ud800b",
    "\0",
    "a\0",
    "a",
    "😀",
    "é",
    "e\u0301",
  ];
  const declared = (name: string) => ({ ...one, name });
  const ids = names.map((name) => made.declare(declared(name)));
  assertEquals(ids, [...names.keys()]);
  assertEquals(names.map((name) => made.declare(declared(name))), ids);
  assertEquals(names.map((name) => other().declare(declared(name))), ids);
  assertEquals(names.map((_, id) => made.nameOf(id)), names.map((name) => name.toWellFormed()));
});

Deno.test("Registry.declare() knows again labels that are no well-formed text", () => {
  const { registry: made } = registry();
  const fields = [struct("s", enumeration("e", u8, { "\ud800": 1, "\ufeff": 2 }))];
  assertEquals([made.declare({ ...one, fields }), made.declare({ ...one, fields })], [0, 0]);
});

Deno.test(`Registry.declare() has room for ${MAX_TRACEPOINTS} tracepoints`, () => {
  const { registry: made } = registry();
  for (let i = 0; i < MAX_TRACEPOINTS; i++) {
    assertEquals(made.declare({ ...one, name: `t:${i}`, fields: [u8(`f${i}`)] }), i);
  }
  const more = () => made.declare({ ...one, name: "more" });
  assertEquals(errnoOf(more), [
    "ENOSPC",
    `Cannot declare tracepoint "more": there are ${MAX_TRACEPOINTS} already`,
  ]);
  assertEquals([made.count, made.nameOf(MAX_TRACEPOINTS - 1)], [
    MAX_TRACEPOINTS,
    `t:${MAX_TRACEPOINTS - 1}`,
  ]);
  assertEquals(made.declare({ ...one, name: "t:7", fields: [u8("f7")] }), 7);
});

for (
  const [what, declaration] of [
    ["names", { name: "n".repeat(200_000), fields: [] }],
    ["metadata", {
      name: "m",
      fields: Array.from({ length: 5000 }, (_, i) => u8(`f${"x".repeat(180)}${i}`)),
    }],
  ] as const
) {
  Deno.test(`Registry.declare() refuses ${what} for which there is no room, and goes on with others`, () => {
    const { registry: made } = registry();
    const declare = (i: number): number =>
      made.declare({ ...one, ...declaration, name: `${declaration.name}${i}` });
    let declared = 0;
    const [code, message] = errnoOf(() => {
      for (;;) {
        declare(declared);
        declared++;
      }
    });
    assert(declared > 1 && declared < 10, `${declared}`);
    const name = `${declaration.name}${declared}`;
    assertEquals([code, message], [
      "ENOSPC",
      `Cannot declare tracepoint "${name}": the registry is full`,
    ]);
    assertEquals(made.count, declared);
    const before = textOf(made);
    assertEquals([made.declare(one), made.declare(one)], [declared, declared]);
    assertEquals(textOf(made), before + eventMetadata({ ...one, id: declared }));
  });
}

Deno.test("new Registry() refuses memory in which there is none", () => {
  const { ram, address, words } = registry();
  const message = (at: number) =>
    `Cannot look at a registry at ${at}: there is none of this version`;
  assertThrows(() => new Registry(ram, 0), TypeError, message(0));
  words[1]++;
  assertThrows(() => new Registry(ram, address), TypeError, message(address));
});

Deno.test("Registry.active records nothing until it is set, and nothing after it is taken back", () => {
  const { registry: made, other } = registry();
  made.declare(one);
  assertEquals([made.active, made.flags[0]], [false, 0]);
  other().active = true;
  made.declare({ ...one, name: "later" });
  assertEquals([made.active, made.flags[0], made.flags[1]], [true, 1, 1]);
  made.active = false;
  assertEquals([other().active, made.flags[0], made.flags[1]], [false, 0, 0]);
});

/** Which of some tracepoints are enabled. */
function enabledOf(made: Registry): string[] {
  return Array.from({ length: made.count }, (_, id) => made.nameOf(id)).filter((_, id) =>
    made.flags[id] === 1
  );
}

Deno.test("Registry.enable() and disable() say of tracepoints declared before and after what is recorded", () => {
  const { registry: made, other } = registry();
  made.active = true;
  const declare = (name: string, loglevel = 13) => made.declare({ ...one, name, loglevel });
  for (const name of ["http:request", "http:response", "db:query", "http"]) declare(name);
  made.disable("http:*");
  assertEquals(enabledOf(made), ["db:query", "http"]);
  other().enable("http:re*est");
  declare("http:error");
  declare("db:commit");
  assertEquals(enabledOf(made), ["http:request", "db:query", "http", "db:commit"]);
  made.disable("*");
  declare("late");
  assertEquals(enabledOf(made), []);
  made.enable("*", 6);
  declare("warning", 4);
  declare("info", 6);
  declare("debug", 7);
  assertEquals(enabledOf(made), ["warning", "info"]);
  made.active = false;
  assertEquals(enabledOf(made), []);
  made.active = true;
  assertEquals(enabledOf(made), ["warning", "info"]);
});

Deno.test("Registry.disable() refuses rules for which there is no room, and keeps those it has", () => {
  const { registry: made } = registry();
  made.active = true;
  made.declare(one);
  const rule = (i: number): string => `${i}${"x".repeat(1000)}`;
  let rules = 0;
  const [code, message] = errnoOf(() => {
    for (; rules < 100; rules++) made.disable(rule(rules));
  });
  assertEquals([code, message, rules], [
    "ENOSPC",
    "Cannot add a rule: rules have 8192 bytes",
    8,
  ]);
  made.declare({ ...one, name: rule(7) });
  made.declare({ ...one, name: rule(8) });
  assertEquals(enabledOf(made), ["t:one", rule(8)]);
  made.disable("*");
  made.enable("t:*");
  assertEquals(enabledOf(made), ["t:one"], "a rule for all makes room");
});

Deno.test("Registry.disable() writes rules beside those in force, so that half of them never are", () => {
  const { registry: made, words } = registry();
  const halves = ["a", "b", "c", "d"].map((name) => {
    made.disable(name);
    return words[RULES_WORD] & 1;
  });
  assertEquals(halves, [1, 0, 1, 0]);
});

Deno.test("Registry.stream() knows where a CPU's stream is, once it was said", () => {
  const { registry: made, other } = registry();
  assertEquals(made.stream(254), null);
  made.setStream(254, 4096 * 7, 0);
  assertEquals(other().stream(254), { state: 4096 * 7, control: 0 });
  made.setStream(254, 4096 * 7, 4096 * 9);
  assertEquals([other().stream(254), made.stream(253), made.stream(0)], [
    { state: 4096 * 7, control: 4096 * 9 },
    null,
    null,
  ]);
});

Deno.test("Registry counts threads, and events of threads without a CPU", () => {
  const { registry: made, other } = registry();
  assertEquals([made.countThread(), other().countThread(), made.countThread()], [0, 1, 2]);
  made.countUnattached();
  other().countUnattached();
  assertEquals(made.unattached, 2);
});

Deno.test("Registry counts more events of threads without a CPU than a word holds", () => {
  const { registry: made, other, words } = registry();
  words[UNATTACHED] = -2;
  for (let i = 0; i < 3; i++) [made, other()][i % 2].countUnattached();
  assertEquals([made.unattached, other().unattached], [2 ** 32 + 1, 2 ** 32 + 1]);
  assertEquals(made.countThread(), 0, "the number of threads is another word");
});

/** Lets a second pass at each look: what waits for that does not. */
function withFastTime<T>(body: () => T): T {
  const { now } = performance;
  let time = 0;
  performance.now = () => time += 1000;
  try {
    return body();
  } finally {
    performance.now = now;
  }
}

Deno.test("Registry.declare() takes the lock from a thread that died with it, and gives it back", () => {
  const { registry: made, words } = registry();
  words[LOCK] = 12345;
  assertEquals(withFastTime(() => made.declare(one)), 0);
  assertEquals(words[LOCK], 0);
  words[LOCK] = 54321;
  withFastTime(() => made.disable("*"));
  assertEquals([words[LOCK], made.declare({ ...one, name: "next" })], [0, 1]);
});

Deno.test("Registry.declare() gives the lock back when it throws", () => {
  const { registry: made, words } = registry();
  made.declare(one);
  assertThrows(() => made.declare({ ...one, loglevel: 1 }), TypeError);
  assertEquals(words[LOCK], 0);
});

Deno.test("Registry.declare() waits for a thread that is alive, and has the lock again and again", () => {
  const { registry: made, words } = registry();
  words[LOCK] = 1;
  const { now } = performance;
  let time = 0;
  // Every other look another thread has it; after long enough it is free.
  performance.now = () => {
    if (time % 2000 === 0) words[LOCK] = time < 100_000 ? 2 + time : 0;
    return time += 1000;
  };
  try {
    assertEquals(made.declare(one), 0);
  } finally {
    performance.now = now;
  }
  assert(time >= 100_000, `it took the lock after ${time} ms`);
});

Deno.test("Registry.declare() counts a tracepoint whose thread died just before it did", () => {
  const { registry: made, other, words } = registry();
  made.declare({ ...one, name: "first" });
  made.declare({ ...one, name: "second" });
  // All but the count was stored; its metadata may have been written.
  words[COUNT] = 1;
  const text = textOf(made);
  const seen = other();
  assertEquals(seen.declare({ ...one, name: "third" }), 2);
  assertEquals(textOf(seen), text + eventMetadata({ ...one, name: "third", id: 2 }));
  assertEquals([seen.declare({ ...one, name: "second" }), other().nameOf(1)], [1, "second"]);
});

Deno.test("a declaration survives a thread that died in the middle of one", () => {
  using trace = new TestTrace();
  const words = new Int32Array(trace.ram, trace.registryAddress, 1024);
  words[LOCK] = 99;
  const tracepoint = withFastTime(() => trace.tracepoint("t", u8("x")));
  tracepoint(5);
  assertEquals(trace.events([{ id: 0, fields: [u8("x")] }])[0].fields, { x: 5 });
});
