import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Command, CommandError, MachineModel } from "../../../relay/machine_page/mod.ts";
import { holdings, replayed, texts } from "./support.ts";

const relay = { do: "open", mode: "relay", pages: 1, subbufs: 2 } as const;
const of = { channel: "alpha", cpu: 0 } as const;

/** What a command answers: its last step. */
function answer(model: MachineModel, command: Command): string {
  return model.do(command).at(-1)!.text;
}

Deno.test("MachineModel.do() tells who is told of a CPU that goes down, frozen or not", () => {
  for (const frozen of [false, true]) {
    const model = new MachineModel();
    const steps = model.do({ do: "cpu", cpu: 2, up: false, frozen });
    const actions = steps.flatMap(({ notifier }) => notifier?.action ?? []);
    const more = frozen ? "|FROZEN" : "";
    assertEquals(
      [...new Set(actions)],
      ["DOWN_PREPARE", "DYING", "DEAD", "POST_DEAD"].map((name) => `CPU_${name}${more}`),
    );
    assertEquals(model.state.cpus[2].online, false);
    // The suspend path leaves the CPU in the active map.
    assertEquals(model.state.cpus[2].active, frozen);
  }
});

Deno.test("MachineModel.do() makes what the machine refuses a step, with its answer", () => {
  const model = new MachineModel();
  const steps = model.do({ do: "cpu", cpu: 0, up: true, frozen: false });
  assertEquals(texts(steps, "error"), [
    "The answer: -EINVAL. Cannot bring up CPU 0: it is online",
  ]);
});

Deno.test("MachineModel.do() refuses what is about something that is not there, and does nothing", () => {
  const model = new MachineModel();
  model.do(relay);
  const before = { story: JSON.stringify(model.story), state: JSON.stringify(model.state) };
  const commands: Command[] = [
    { do: "close", channel: "beta" },
    { do: "get_buffer", channel: "alpha", cpu: 3 },
    { do: "fill", node: 7 },
    { do: "commit", ...of },
  ];
  for (const command of commands) {
    assertThrows(() => model.do(command), CommandError, undefined, command.do);
    assertEquals(JSON.stringify(model.story), before.story, command.do);
    assertEquals(JSON.stringify(model.state), before.state, command.do);
  }
});

Deno.test("MachineModel.do() falls back to the other node when one is full, and counts it", () => {
  const model = new MachineModel();
  model.do({ do: "fill", node: 0 });
  assertEquals(model.state.nodes[0].free, 0);
  const steps = model.do(relay);
  assertMatch(
    texts(steps, "page")[0],
    /of node 1 becomes page 0 .*, because node 0 has none left$/,
  );
  const [local, other] = model.state.nodes.map(({ counters }) => counters);
  assertEquals([local.numaForeign, other.numaMiss], [4, 4]);
  model.do({ do: "give", node: 0 });
  assertEquals(model.state.nodes[0].free, 48);
});

Deno.test("MachineModel.do() lets every k-th allocation of an open fail, and nothing is left", () => {
  for (const what of ["page", "slab"] as const) {
    for (let k = 1;; k++) {
      const model = new MachineModel();
      model.do({ do: "fail", what, k });
      const last = model.do(relay).at(-1)!;
      if (last.kind === "done") {
        assert(k > 6, `${what} ${k} was to fail`);
        break;
      }
      assertMatch(last.text, /-ENOMEM/, `${what} ${k}`);
      assertEquals(holdings(model.state), holdings(model.story.base), `${what} ${k}`);
      assertEquals(replayed(model), model.state, `${what} ${k}`);
    }
  }
});

Deno.test("MachineModel.do() gives a ring that discards its cause when it is full", () => {
  const model = new MachineModel();
  model.do({ do: "open", mode: "discard", pages: 1, subbufs: 2 });
  const write: Command = { do: "record", ...of, size: 4096, text: "x" };
  assertMatch(answer(model, write), /^The record lies at /);
  assertMatch(answer(model, write), /^The record lies at /);
  assertEquals(
    answer(model, write),
    "The record is lost, and counted: all sub-buffers hold what nobody has read",
  );
  assertEquals(model.state.channels.alpha.buffers[0].ring!.lost.full, 1);
});

Deno.test("MachineModel.do() shows a slot that is reserved and not committed", () => {
  const model = new MachineModel();
  model.do({ do: "open", mode: "discard", pages: 1, subbufs: 2 });
  model.do({ do: "reserve", ...of, size: 100, text: "x" });
  const ring = () => model.state.channels.alpha.buffers[0].ring!;
  assertEquals([ring().reserved, ring().committed, ring().slotOpen], [100, 0, true]);
  model.do({ do: "commit", ...of });
  assertEquals([ring().committed, ring().slotOpen], [100, false]);
});

Deno.test("MachineModel.do() keeps what a reference was taken to, and frees it with the last", () => {
  const model = new MachineModel();
  model.do(relay);
  model.do({ do: "get_buffer", ...of });
  model.do({ do: "close", channel: "alpha" });
  assertEquals(Object.keys(model.state.channels.alpha.buffers), ["0"]);
  assertEquals(answer(model, { do: "put_buffer", ...of }), "The buffer alpha0 is freed");
  assertEquals(holdings(model.state), holdings(model.story.base));
});

Deno.test("MachineModel.do() answers a reference given back that was not taken with an error", () => {
  const model = new MachineModel();
  model.do(relay);
  assertMatch(
    answer(model, { do: "put_buffer", ...of }),
    /Cannot put .*: no user holds a reference/,
  );
  assertEquals(model.state.channels.alpha.buffers[0].kref, 1);
});

Deno.test("MachineModel.next() has a step for what the user has taken away meanwhile", () => {
  const model = new MachineModel();
  model.load("after-close");
  model.next();
  model.do({ do: "close", channel: "alpha" });
  const steps = model.next();
  assertMatch(steps.at(-1)!.text, /there is no channel "alpha"/);
});

Deno.test("MachineModel.next() refuses when the scenario is at its end, or there is none", () => {
  const model = new MachineModel();
  assertThrows(() => model.next(), CommandError, "Cannot go on");
  model.load("failed-open");
  for (const _ of [1, 2, 3]) model.next();
  assertThrows(() => model.next(), CommandError, "Cannot go on");
});

Deno.test("MachineModel.load() boots another machine", () => {
  const model = new MachineModel();
  const { number } = model.story;
  model.do(relay);
  model.load(null);
  assertEquals(model.state.channels, {});
  assert(model.story.number > number, "another story");
  assertThrows(() => model.load("nothing"), CommandError, 'Cannot load "nothing"');
});

Deno.test("MachineModel.do() starts the story anew before it grows without end", () => {
  const model = new MachineModel();
  const { number, cut: first } = model.story;
  for (let i = 0; i < 300; i++) {
    model.do(relay);
    model.do({ do: "close", channel: "alpha" });
    assert(model.story.steps.length <= 4000);
    if (model.story.number !== number) {
      assertEquals([first, model.story.cut], [false, true]);
      return assertEquals(replayed(model), model.state);
    }
  }
  throw new Error("the story has not started anew");
});

Deno.test("MachineModel.do() of any commands: the steps lead to the machine's state", () => {
  const channel = fc.constantFrom("alpha", "beta");
  const cpu = fc.integer({ min: 0, max: 3 });
  const ofBuffer = { channel, cpu };
  const offset = fc.integer({ min: 0, max: 70_000 });
  const command = fc.oneof(
    fc.record({ do: fc.constant("cpu"), cpu, up: fc.boolean(), frozen: fc.boolean() }),
    fc.record({
      do: fc.constant("open"),
      mode: fc.constantFrom("relay", "discard", "overwrite"),
      pages: fc.constantFrom(1, 2),
      subbufs: fc.constantFrom(1, 2, 4),
    }),
    fc.record({ do: fc.constantFrom("close", "get_channel", "put_channel"), channel }),
    fc.record({
      do: fc.constantFrom(
        ...["get_buffer", "put_buffer", "open_file", "close_file", "commit", "flush", "attach"],
        ...["detach", "get_subbuf", "put_subbuf"],
      ),
      ...ofBuffer,
    }),
    fc.record({ do: fc.constantFrom("fill", "give"), node: fc.constantFrom(0, 1) }),
    fc.record({ do: fc.constant("fail"), what: fc.constantFrom("page", "slab"), k: fc.nat(9) }),
    fc.record({ do: fc.constant("veto"), action: fc.constantFrom("up", "down", "none") }),
    fc.record({ do: fc.constant("write"), ...ofBuffer, offset, text: fc.constant("text") }),
    fc.record({ do: fc.constant("read"), ...ofBuffer, offset, length: fc.constant(9) }),
    fc.record({ do: fc.constant("header"), ...ofBuffer, offset }),
    fc.record({
      do: fc.constantFrom("record", "reserve"),
      ...ofBuffer,
      size: fc.constantFrom(1, 1000, 4096),
      text: fc.constant("event"),
    }),
  ) as fc.Arbitrary<Command>;
  fc.assert(
    fc.property(fc.array(command, { minLength: 5, maxLength: 40 }), (commands) => {
      const model = new MachineModel();
      for (const one of commands) {
        try {
          const steps = model.do(one);
          assertEquals(steps[0].kind, "command");
          assert(["done", "lost", "error"].includes(steps.at(-1)!.kind));
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
        }
      }
      assertEquals(replayed(model), model.state);
      for (const locked of Object.values(model.state.locks)) assertEquals(locked, false);
      for (const { free, frames } of model.state.nodes) {
        assertEquals(frames.filter((use) => use === "").length, 0, "frames in use by nobody known");
        assertEquals(frames.filter((use) => use.startsWith("free")).length, free);
      }
    }),
    { numRuns: 150 },
  );
});
