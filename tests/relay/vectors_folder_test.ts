import { assertEquals, assertStringIncludes } from "@std/assert";

const suite = new URL("./vectors_test.ts", import.meta.url).pathname;
const needed = ["run", "read", "write", "env"] as const;
const ignore = needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** A script that departs at once, at an open without callbacks, and goes on with `rest`. */
function departing(...rest: object[]): string {
  const header = { name: "departing", check_random_access: true, deviates: ["no callbacks"] };
  const state = { online: [0, 1], nodes: [0], slab: 0, list: [] };
  const empty = { cbs: {}, chans: {}, dentries: {}, files: {} };
  const cpus = [0, 1];
  const sizes = { parent: null, subbuf_size: 4096, n_subbufs: 4, private: 0 };
  return [
    header,
    {
      ...{ op: "machine", nodes: [64], possible: cpus, present: cpus, online: cpus },
      cpu_node: [0, 0],
      expect: { ret: { fallback: [[0]] }, state: { ...state, ...empty } },
    },
    { op: "init", expect: { ret: 0 } },
    { op: "open", chan: "c0", base: "t", ...sizes, cb: null, expect: { ret: null } },
    ...rest,
  ].map((line) => JSON.stringify(line)).join("\n");
}

/** Replays a folder with `text` in a folder of its own below it. */
async function replay(text: string): Promise<{ code: number; out: string }> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/inner`);
    await Deno.writeTextFile(`${folder}/inner/made.jsonl`, text);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--no-check", suite],
      env: { RELAY_VECTORS: folder, NO_COLOR: "1" },
    }).output();
    return { code, out: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "RELAY_VECTORS replays another folder, and counts what it replayed",
  ignore,
  async fn() {
    const { code, out } = await replay(departing());
    assertEquals(code, 0, out);
    assertStringIncludes(out, "1 of 1 vectors of ");
    assertStringIncludes(out, " replayed, 3 operations");
  },
});

const down = { op: "cpu_down", cpu: 1, expect: { ret: 0, state: { online: [0] } } };
const busy = { op: "cpu_down", cpu: 0, expect: { ret: -16 } };
const reopened = {
  ...{ op: "open", chan: "c0", base: "t", parent: null, subbuf_size: 4096, n_subbufs: 4 },
  ...{ cb: null, private: 0, expect: { ret: null } },
};

for (
  const [what, rest, code] of [
    ["takes what was refused in the recording, too", [down, busy], 0],
    ["takes a name used again", [reopened], 0],
    ["refuses another answer than the recorded one", [down, { ...busy, expect: { ret: 0 } }], 1],
    ["refuses an event that nobody was told", [
      { ...down, expect: { ret: 0, log: [["notify", "n", 5, 1]] } },
    ], 1],
  ] as [string, object[], number][]
) {
  Deno.test({
    name: `a vector that deviates ${what}, once it has departed`,
    ignore,
    async fn() {
      const finished = await replay(departing(...rest));
      assertEquals(finished.code, code, finished.out);
    },
  });
}
