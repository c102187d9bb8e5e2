import { assert, assertEquals, assertMatch } from "@std/assert";
import { MachineModel } from "../../../relay/machine_page/mod.ts";
import { holdings, loaded, play, replayed, texts } from "./support.ts";

const { scenarios } = new MachineModel();

for (const { id, stages } of scenarios) {
  Deno.test(`MachineModel.next() plays "${id}": its steps lead to the machine's state`, () => {
    const model = loaded(id);
    for (const [i, stage] of stages.entries()) {
      const steps = model.next();
      assert(steps.every((step) => step.stage === i), `all of part ${i}`);
      assertEquals(
        steps.filter(({ kind }) => kind === "command").length,
        stage.commands.length,
        stage.title,
      );
      assertEquals(replayed(model), model.state, stage.title);
    }
  });

  Deno.test(`MachineModel.next() names for every step of "${id}" the place that does it`, () => {
    const model = loaded(id);
    play(model, stages.length);
    const place = /^(ltt\/ltt-relay-alloc\.c: |Linux 2\.6\.29, [a-z/_-]+\.c: |above the patch, )\w/;
    for (const step of model.story.steps) assertMatch(step.place, place, step.text);
  });
}

Deno.test("failed-open: the 11th page is refused; the unfinished buffer goes first, then from CPU 0 on", () => {
  const model = loaded("failed-open");
  const steps = play(model, 2);
  const frames = (cpu: number, first: number) =>
    [0, 1, 2, 3].map((i) =>
      `Frame ${first + i} of node 0 becomes page ${i} of alpha's buffer of CPU ${cpu}`
    );
  const free = (first: number) =>
    [0, 1, 2, 3].map((i) => `Frame ${first + i} of node 0: free again`);
  const pages = steps.filter(({ kind }) => ["page", "fault", "file"].includes(kind));
  assertEquals(pages.map(({ text }) => text), [
    ...frames(0, 32),
    "The file alpha0 is made: CPU 0 has its buffer",
    ...frames(1, 36),
    "The file alpha1 is made: CPU 1 has its buffer",
    "Frame 48 of node 1 becomes page 0 of alpha's buffer of CPU 2",
    "Frame 49 of node 1 becomes page 1 of alpha's buffer of CPU 2",
    "Page 2 of alpha's buffer of CPU 2, wanted on node 1, is refused: this is the allocation that was to fail",
    "Frame 48 of node 1: free again",
    "Frame 49 of node 1: free again",
    "The file alpha0 is removed: nobody can open it any more",
    ...free(32),
    "The file alpha1 is removed: nobody can open it any more",
    ...free(36),
  ]);
  const functions = pages.slice(-13).map(({ place }) =>
    /: (\w+\(\)( depopulate)?)/.exec(place)?.[1]
  );
  const finished = ["relay_remove_buf()", ...Array(4).fill("relay_destroy_buf()")];
  assertEquals(functions, [
    "should_fail_alloc_page()",
    "relay_alloc_buf() depopulate",
    "relay_alloc_buf() depopulate",
    ...finished,
    ...finished,
  ]);
  assertMatch(steps.at(-1)!.text, /^The answer: -ENOMEM\. /);
});

Deno.test("failed-open: nothing is left of the open that failed, but counts", () => {
  const model = loaded("failed-open");
  play(model, 2);
  assertEquals(holdings(model.state), holdings(model.story.base));
  const hits = model.state.nodes.map(({ counters }) => counters.numaHit);
  assertEquals(hits, [8, 2]);
});

Deno.test("failed-open: the same open succeeds when nothing is to fail", () => {
  const model = loaded("failed-open");
  play(model, 3);
  assertEquals(Object.keys(model.state.channels.alpha.buffers), ["0", "1", "2"]);
  assertEquals(model.state.channels.alpha.kref, 4);
});

/** Who was told what, in order, and what was answered. */
function told(model: MachineModel, part: number): string[] {
  const steps = model.story.steps.filter(({ stage }) => stage === part);
  return steps.flatMap(({ notifier }) => notifier ?? []).map(({ name, action, answer }) =>
    `${name} ${action} ${answer ?? "…"}`
  );
}

Deno.test("vetoed-hotplug: relay refuses, and only who had agreed is told that it is off", () => {
  const model = loaded("vetoed-hotplug");
  const before = (play(model, 1), holdings(model.state));
  const steps = play(model, 1);
  assertEquals(told(model, 1), [
    "migration_call CPU_UP_PREPARE NOTIFY_OK",
    "relay_hotcpu_callback CPU_UP_PREPARE …",
    "relay_hotcpu_callback CPU_UP_PREPARE NOTIFY_BAD: a veto",
    "migration_call CPU_UP_CANCELED NOTIFY_OK",
  ]);
  assertEquals(texts(steps, "log"), [
    "<3>relay_hotcpu_callback: cpu 3 buffer creation failed",
    "_cpu_up: attempt to bring up CPU 3 failed",
  ]);
  assertEquals(holdings(model.state), before);
  assertEquals(model.state.cpus[3].online, false);
});

Deno.test("vetoed-hotplug: the buffer made before another's veto stays, and is used the next time", () => {
  const model = loaded("vetoed-hotplug");
  play(model, 3);
  assertEquals(told(model, 2).slice(-3), [
    "workqueue_cpu_callback CPU_UP_PREPARE NOTIFY_BAD: a veto",
    "migration_call CPU_UP_CANCELED NOTIFY_OK",
    "relay_hotcpu_callback CPU_UP_CANCELED NOTIFY_OK",
  ]);
  assertEquals(model.state.cpus[3].online, false);
  assert("3" in model.state.channels.alpha.buffers, "the buffer of CPU 3 is there");
  const steps = play(model, 1);
  assertEquals(texts(steps, "page"), []);
  assertEquals(texts(steps, "cpu"), [
    "CPU 3 is online: code runs on it",
    "CPU 3 is active: the scheduler may use it",
  ]);
});

Deno.test("vetoed-hotplug: CPU_STARTING is told before the CPU is online, CPU_ONLINE after", () => {
  const model = loaded("vetoed-hotplug");
  const steps = play(model, 4);
  const order = steps.filter(({ kind, notifier }) => kind === "cpu" || notifier)
    .map(({ notifier, text }) => notifier?.action ?? text.split(":")[0]);
  assertEquals([...new Set(order)], [
    "CPU_UP_PREPARE",
    "CPU_STARTING",
    "CPU 3 is online",
    "CPU 3 is active",
    "CPU_ONLINE",
  ]);
});

Deno.test("after-close: the buffer with an open file outlives close, and can be read", () => {
  const model = loaded("after-close");
  play(model, 3);
  const { alpha } = model.state.channels;
  assertEquals([alpha.closed, alpha.kref], [true, 1]);
  assertEquals(Object.keys(alpha.buffers), ["1"]);
  assertEquals([alpha.buffers[1].kref, alpha.buffers[1].holders.file], [1, 1]);
  assertEquals(model.state.files, { alpha1: 1 });
  assertMatch(play(model, 1).at(-1)!.text, /^Page 0 says "last words"/);
});

Deno.test("after-close: with the last reference goes all there was", () => {
  const model = loaded("after-close");
  const steps = play(model, 5);
  assertEquals(texts(steps, "kref", "file", "page"), [
    "The last reference to the buffer alpha1 is given back, from 1 to 0: it goes now",
    "The file alpha1 is removed: nobody can open it any more",
    "Frame 34 of node 0: free again",
    "Frame 35 of node 0: free again",
    "The last reference to alpha is given back, from 1 to 0: it goes now",
  ]);
  assertEquals(holdings(model.state), holdings(model.story.base));
});

Deno.test("random-access: steps in turn are silent, jumps are logged with their iterations", () => {
  const model = loaded("random-access");
  const warnings = (stages: number) =>
    texts(play(model, stages), "log").flatMap((line) =>
      /(\w+) random .*Iterations (\d)/.exec(line)?.slice(1) ?? []
    );
  assertEquals(warnings(2), []);
  assertEquals(warnings(1), ["Forward", "3"]);
  assertEquals(warnings(1), ["Backward", "2"]);
  assertEquals(warnings(1), ["Backward", "3"]);
  assertEquals(warnings(1), []);
});

Deno.test("random-access: w goes forward and not back, r and h1 find their own way", () => {
  const model = loaded("random-access");
  const cache = () => model.state.channels.alpha.buffers[0].cache;
  play(model, 3);
  assertEquals(cache(), { w: 4, r: 0, h0: 0, h1: 0 });
  play(model, 2);
  assertEquals(cache(), { w: 4, r: 0, h0: 0, h1: 0 });
  play(model, 1);
  assertEquals(cache(), { w: 4, r: 1, h0: 0, h1: 4 });
  const pages = model.state.channels.alpha.buffers[0].pages.map(({ text }) => text);
  assertEquals(pages, ["zero", "one again", "two", "", "four", "", "", ""]);
});

for (const { id, stages } of scenarios) {
  Deno.test(`"${id}": what the words at the end of a part speak of is there then`, () => {
    const model = loaded(id);
    for (const { title, shows = [] } of stages) {
      model.next();
      for (const path of shows) {
        let at: unknown = model.state;
        for (const key of path.split(".")) at = (at as Record<string, unknown>)[key];
        assert(at !== undefined, `${title}: ${path}`);
      }
    }
  });
}

Deno.test("vetoed-hotplug: the buffer that stays is what its part shows", () => {
  const { stages } = scenarios.find(({ id }) => id === "vetoed-hotplug")!;
  assertEquals(stages[2].shows, ["channels.alpha.buffers.3"]);
});

Deno.test("MachineModel.prepare() plays the first part where it only prepares, once", () => {
  for (const { id, stages } of scenarios) {
    const model = loaded(id);
    model.prepare();
    model.prepare();
    assertEquals(model.story.nextStage, id === "failed-open" ? 0 : 1, id);
    assert(stages.slice(1).every(({ prepares }) => !prepares), id);
  }
});

Deno.test("reader-exchange: the sub-buffer got is exchanged for the reader's, and is left alone", () => {
  const model = loaded("reader-exchange");
  const ring = () => model.state.channels.alpha.buffers[0].ring!;
  const subbufs = () => ring().places.map(({ subbuf }) => subbuf);
  play(model, 2);
  assertEquals([subbufs(), ring().readerSubbuf], [[0, 1, 2, 3], 4]);
  play(model, 1);
  assertEquals([subbufs(), ring().readerSubbuf], [[4, 1, 2, 3], 0]);
  play(model, 1);
  assertEquals([subbufs(), ring().held], [[4, 1, 2, 3], { seq: 0, subbuf: 0 }]);
  assertEquals(ring().texts, ["a1, a2", "f1", "c1, c2", "d1, d2", "e1, e2"]);
  play(model, 1);
  assertEquals([subbufs(), ring().readerSubbuf, ring().missed], [[4, 1, 0, 3], 2, 1]);
});

Deno.test("reader-exchange: what the writer passes is told: taken out, or given up unread", () => {
  const model = loaded("reader-exchange");
  const steps = play(model, 4);
  assertEquals(texts(steps, "ring").filter((text) => text.includes("comes round")), [
    "The writer comes round to the place of number 0, which the reader has taken out: that stays whole",
    "The writer comes round: number 1 of alpha0 is given up unread",
  ]);
});
