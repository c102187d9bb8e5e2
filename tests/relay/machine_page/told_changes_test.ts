/** What the machine's page says of what has happened. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Command, MachineModel } from "../../../relay/machine_page/mod.ts";
import { texts } from "./support.ts";

const relay = { do: "open", mode: "relay", pages: 1, subbufs: 2 } as const;
const of = { channel: "alpha", cpu: 0 } as const;

/** What a command answers: its last step. */
function answer(model: MachineModel, command: Command): string {
  return model.do(command).at(-1)!.text;
}

Deno.test("MachineModel.do() tells a sub-buffer as delivered when its last slot is committed", () => {
  const model = new MachineModel();
  model.do({ do: "open", mode: "discard", pages: 1, subbufs: 2 });
  const closing = model.do({ do: "reserve", ...of, size: 4096, text: "x" });
  assertEquals(texts(closing, "ring"), [
    "The writer of alpha0 enters place 0 and begins number 0 there",
    "The writer of alpha0 closes number 0 at 4096 bytes: it takes no more slots",
  ]);
  assertEquals(texts(model.do({ do: "commit", ...of }), "ring"), [
    "Number 0 of alpha0 is delivered: all in it is committed, and a reader may have it",
  ]);
});

/** What the patch would do, at the last step. */
function differs(model: MachineModel, command: Command): string | undefined {
  return model.do(command).at(-1)!.differs;
}

Deno.test("MachineModel.do() says what the patch does instead, where it would do something else", () => {
  const model = new MachineModel();
  assertEquals(differs(model, relay), undefined);
  assertEquals(differs(model, { do: "write", ...of, offset: 4000, text: "x" }), undefined);
  const past: Command = { do: "write", ...of, offset: 8191, text: "xx" };
  assertMatch(differs(model, past)!, /an oops$/);
  assertMatch(differs(model, { do: "put_buffer", ...of })!, /memory is corrupted$/);
  model.do({ do: "fail", what: "page", k: 1 });
  assertMatch(differs(model, relay)!, /answers NULL/);
  assertEquals(differs(model, { ...relay, mode: "discard", subbufs: 1 }), undefined);
  model.load(null);
  model.do({ ...relay, subbufs: 1 });
  assertMatch(
    differs(model, { do: "write", ...of, offset: 3000, text: "x" })!,
    /one page .* oops$/,
  );
});

/** A machine in which CPU 1 is the gap: 0, 2 and 3 are online. */
function gapped(k: number): MachineModel {
  const model = new MachineModel();
  model.do({ do: "cpu", cpu: 1, up: false, frozen: false });
  model.do({ do: "cpu", cpu: 3, up: true, frozen: false });
  model.do({ do: "fail", what: "page", k });
  return model;
}

Deno.test("MachineModel.do() says what the patch leaks from the first step on that it does not do", () => {
  const steps = gapped(6).do(relay);
  const begin = steps.findIndex(({ kind }) => kind === "fault");
  const told = steps.slice(begin).filter(({ kind }) => kind === "kref" || kind === "file");
  assertEquals(told.map(({ text, differs }) => [text, differs?.slice(0, 24)]), [
    ["The last reference to the buffer alpha0 is given back, from 1 to 0: it goes now", undefined],
    ["The file alpha0 is removed: nobody can open it any more", undefined],
    ["One reference to alpha less, that of a buffer: from 3 to 2", undefined],
    [
      "The last reference to the buffer alpha2 is given back, from 1 to 0: it goes now",
      "The patch stops at CPU 1",
    ],
    ["The file alpha2 is removed: nobody can open it any more", "The patch stops at CPU 1"],
    ["One reference to alpha less, that of a buffer: from 2 to 1", "The patch stops at CPU 1"],
    [
      "The last reference to alpha is given back, from 1 to 0: it goes now",
      "The patch stops at CPU 1",
    ],
  ]);
});

Deno.test("MachineModel.do() says nothing of a leak when the patch's open was done, and a ring has failed", () => {
  // Six pages for the buffers, the seventh for the ring of CPU 0: ltt_relay_close() gives them back.
  const steps = gapped(7).do({ ...relay, mode: "overwrite" });
  assertMatch(steps.at(-1)!.text, /-ENOMEM/);
  assertEquals(texts(steps, "file").length, 6);
  const leaks = steps.filter(({ differs }) => /leak/.test(differs ?? ""));
  assertEquals(leaks.map(({ text }) => text), []);
  const own = steps.findLast(({ kind }) => kind === "kref")!;
  assertMatch(own.place, /ltt_relay_close\(\)/);
});

Deno.test("MachineModel.do() tells references as they go when a channel is closed, in the patch's order", () => {
  const model = new MachineModel();
  model.do(relay);
  model.do({ do: "open_file", ...of, cpu: 1 });
  const steps = model.do({ do: "close", channel: "alpha" });
  const told = steps.filter(({ kind }) => kind === "kref" || kind === "file");
  assertEquals(told.map(({ text, place }) => [text, /: (\w+)/.exec(place)![1]]), [
    [
      "The last reference to the buffer alpha0 is given back, from 1 to 0: it goes now",
      "relay_close_buf",
    ],
    ["The file alpha0 is removed: nobody can open it any more", "relay_remove_buf"],
    ["One reference to alpha less, that of a buffer: from 4 to 3", "relay_destroy_buf"],
    ["One reference to the buffer alpha1 less: from 2 to 1. It stays", "relay_close_buf"],
    [
      "The last reference to the buffer alpha2 is given back, from 1 to 0: it goes now",
      "relay_close_buf",
    ],
    ["The file alpha2 is removed: nobody can open it any more", "relay_remove_buf"],
    ["One reference to alpha less, that of a buffer: from 3 to 2", "relay_destroy_buf"],
    ["One reference to alpha less, its own: from 2 to 1. It stays", "ltt_relay_close"],
  ]);
});

Deno.test("MachineModel.do() names the open file of a ring as its reader, and counts both references", () => {
  const model = new MachineModel();
  model.do({ do: "open", mode: "overwrite", pages: 1, subbufs: 2 });
  const steps = model.do({ do: "open_file", ...of });
  assertEquals(texts(steps, "kref"), ["Two more references to the buffer alpha0: from 1 to 3"]);
  for (const { place } of steps) assertMatch(place, /ring\/file_operations\.ts: open\(\)/);
  const refused = answer(model, { do: "get_subbuf", ...of });
  assertEquals(refused, "The answer: Cannot read alpha0: its open file is the reader");
});

Deno.test("MachineModel.do() tells references from the first to the last, by who holds them", () => {
  const model = new MachineModel();
  const steps = model.do({ ...relay, subbufs: 1 });
  const told = steps.filter(({ kind }) => kind === "kref");
  assertEquals(told.slice(0, 4).map(({ text, place }) => [text, place.split(": ")[1]]), [
    ["The channel alpha has its first reference, its own: from 0 to 1", "ltt_relay_open()"],
    [
      "One more reference to alpha, that of the buffer being made: from 1 to 2",
      "relay_create_buf()",
    ],
    ["The buffer alpha0 has its first reference, the channel's: from 0 to 1", "__relay_reset()"],
    [
      "One more reference to alpha, that of the buffer being made: from 2 to 3",
      "relay_create_buf()",
    ],
  ]);
  // The channel is there before the first page is taken, as its structure is.
  assertEquals(texts(steps, "kref", "page")[0], told[0].text);
  model.do({ do: "get_channel", channel: "alpha" });
  assertEquals(model.state.channels.alpha.holders, { user: 1, file: 0, buffer: 3, self: 1 });
  model.do({ do: "close", channel: "alpha" });
  assertEquals(model.state.channels.alpha.holders, { user: 1, file: 0, buffer: 0, self: 0 });
  const last = model.do({ do: "put_channel", channel: "alpha" });
  assertEquals(texts(last, "kref", "done"), [
    "The last reference to alpha is given back, from 1 to 0: it goes now",
    "The channel alpha is freed",
  ]);
});

Deno.test("MachineModel.do() shows a channel whose first buffer fails come and go", () => {
  for (const [what, k] of [["slab", 2], ["page", 1]] as const) {
    const model = new MachineModel();
    model.do({ do: "fail", what, k });
    assertEquals(texts(model.do(relay), "kref"), [
      "The channel alpha has its first reference, its own: from 0 to 1",
      "The last reference to alpha is given back, from 1 to 0: it goes now",
    ]);
    assertEquals(model.state.channels, {});
  }
});

Deno.test("MachineModel.do() has a channel opened only when its open is done", () => {
  const model = new MachineModel();
  const steps = model.do(relay);
  const opened = steps.findIndex(({ changes }) =>
    changes.some(({ path }) => path.join(".") === "channels.alpha.opened")
  );
  assertEquals(opened, steps.length - 1);
  assertEquals(model.state.channels.alpha.opened, true);
});

Deno.test("MachineModel.do() answers as it is: freed, closed, down, lost", () => {
  const model = new MachineModel();
  assertEquals(answer(model, { do: "cpu", cpu: 2, up: false, frozen: false }), "CPU 2 is down");
  model.do({ do: "open", mode: "discard", pages: 1, subbufs: 2 });
  const fill: Command = { do: "record", ...of, size: 4096, text: "x" };
  for (let i = 0; i < 2; i++) model.do(fill);
  assertEquals(model.do(fill).at(-1)!.kind, "lost");
  model.do({ do: "attach", ...of });
  model.do({ do: "get_subbuf", ...of });
  model.do({ do: "close", channel: "alpha" });
  assertMatch(answer(model, { do: "put_subbuf", ...of }), /nobody will write to it/);
  assertEquals(answer(model, { do: "detach", ...of }), "The buffer alpha0 is freed");
});

Deno.test("MachineModel.do() keeps characters of texts whole where it cuts them", () => {
  const model = new MachineModel();
  model.do(relay);
  model.do({ do: "write", ...of, offset: 0, text: "é".repeat(20) });
  assertEquals(model.state.channels.alpha.buffers[0].pages[0].text, `${"é".repeat(14)}…`);
});

Deno.test("MachineModel.do() counts one reference in words of one", () => {
  const model = new MachineModel();
  model.do(relay);
  model.do({ do: "open_file", ...of });
  assertEquals(answer(model, { do: "close_file", ...of }), "alpha0 has 1 reference");
  assertMatch(
    answer(model, { do: "write", ...of, offset: 0, text: "x" }),
    /^1 byte lies in page 0/,
  );
});

Deno.test("MachineModel.do() looks headers up where w is, by itself or by a search from there", () => {
  const model = new MachineModel();
  model.do({ do: "open", mode: "relay", pages: 2, subbufs: 4 });
  model.do({ do: "write", ...of, offset: 2 * 4096, text: "x" });
  const found = model.do({ do: "header", ...of, offset: 2 * 4096 });
  const searched = model.do({ do: "header", ...of, offset: 4 * 4096 });
  const cache = [...found, ...searched].filter(({ kind }) => kind === "cache");
  assertEquals(cache.map(({ text, place }) => [text.split(" goes ")[1], place.split(": ")[1]]), [
    ["from page 0 to page 2, taken over from w", "ltt_relay_offset_address()"],
    // The warning of random access stands between the two.
    ["from page 0 to page 2, taken over from w", "ltt_relay_offset_address()"],
    [
      "from page 2 to page 4: the search began where w is",
      "ltt_relay_offset_address(), ltt_relay_cache_page()",
    ],
  ]);
});
