import { assert, assertEquals, assertMatch } from "@std/assert";
import { finish, MAIN, start as startDeno } from "./support.ts";

/** The page's files are read from there. */
const folder = new URL("../../../relay/machine_page", import.meta.url).pathname;

const ignore = (["run", "read", "net"] as const).some((name) =>
  Deno.permissions.querySync({ name }).state !== "granted"
);

/** Starts `machine` with some permissions, and that to read the page's files. */
function start(permissions: readonly string[], args: readonly string[]): Deno.ChildProcess {
  return startDeno([`--allow-read=${folder}`, ...permissions, MAIN, "machine", ...args]);
}

/** What it says until it has said where the page is, or has ended. */
async function untilServing(child: Deno.ChildProcess): Promise<string> {
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text;
}

Deno.test({
  name:
    "machine() serves the page with --allow-net=127.0.0.1 and its files, until it is interrupted",
  ignore,
  fn: async () => {
    const child = start(["--allow-net=127.0.0.1"], ["--port", "0"]);
    try {
      const text = await untilServing(child);
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(text)?.[0];
      assert(url !== undefined, text);
      assertMatch(await (await fetch(url)).text(), /<title>The machine, live<\/title>/);
      const { story } = await (await fetch(`${url}story`)).json();
      assertEquals(story.base.cpus.length, 4);
    } finally {
      child.kill("SIGINT");
      await child.stderr.cancel();
      await child.status;
    }
  },
});

Deno.test({
  name: "machine() ends with one line when the port is in use, or not allowed",
  ignore,
  fn: async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const cases = [
      [
        "--allow-net=127.0.0.1",
        `error: Cannot serve on port ${port}: it is in use; --port 0 takes a free one\n`,
      ],
      [
        "--deny-net",
        `error: Cannot serve on port ${port}: it is not allowed; --allow-net=127.0.0.1 allows it\n`,
      ],
    ];
    for (const [permission, line] of cases) {
      const { code, err } = await finish(start([permission], ["--port", String(port)]));
      assertEquals([code, err], [1, line], permission);
    }
  },
});
