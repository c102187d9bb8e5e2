/* The format and its reader need nothing but what browsers have. */
import { assert, assertEquals } from "@std/assert";

const FILES = ["read", "run"] as const;
const ignore = FILES.some((name) => Deno.permissions.querySync({ name }).state !== "granted");
const FOLDER = new URL("../../../relay/ctf/", import.meta.url);

Deno.test("the modules of ctf import nothing from outside their folder", { ignore }, () => {
  const seen = new Set<string>();
  const look = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const source = Deno.readTextFileSync(url);
    for (const [, name] of source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      if (!/^[./]/.test(name)) assert(source.includes(` * import `), `${url.pathname}: ${name}`);
      else {
        const next = new URL(name, url);
        assert(next.href.startsWith(FOLDER.href), `${url.pathname} imports ${name}`);
        look(next);
      }
    }
  };
  look(new URL("mod.ts", FOLDER));
  assert(seen.size > 20, `only ${seen.size} modules`);
});

Deno.test("TraceReader() reads a trace where neither Deno nor Node is", { ignore }, () => {
  const here = new URL(".", import.meta.url);
  const program = `
    for (const name of ["Deno", "process", "Buffer", "require", "global"]) delete globalThis[name];
    const { TraceReader } = await import("${FOLDER}mod.ts");
    const { smallFile, smallTrace } = await import("${here}small_trace.ts");
    const times = [...new TraceReader([smallTrace(smallFile({ seq: 0, times: [1, 2] }))])];
    console.log(times.length, typeof Deno);
  `;
  const { stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", new URL("../../../deno.json", here).pathname, program],
  }).outputSync();
  assertEquals(new TextDecoder().decode(stdout), "2 undefined\n", new TextDecoder().decode(stderr));
});
