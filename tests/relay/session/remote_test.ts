import { assertEquals } from "@std/assert";
import { ignore, range, readTrace, runChild, TempDirectory } from "./support.ts";

const ROOT = new URL("../../../", import.meta.url);

Deno.test("a program that imports this from the network has its session's thread from there", {
  ignore: ignore || Deno.permissions.querySync({ name: "net" }).state !== "granted",
}, async () => {
  using directory = new TempDirectory();
  const served = new Set<string>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      served.add(pathname);
      try {
        const text = await Deno.readTextFile(new URL(`.${pathname}`, ROOT));
        return new Response(text, { headers: { "content-type": "application/typescript" } });
      } catch {
        return new Response("", { status: 404 });
      }
    },
  );
  const { port } = server.addr;
  const base = `http://127.0.0.1:${port}/relay`;
  const program = `${directory.path}/program.ts`;
  const output = `${directory.path}/trace`;
  await Deno.writeTextFile(
    program,
    `
    import { TraceSession } from "${base}/session/mod.ts";
    import { u32 } from "${base}/trace/mod.ts";
    const session = await TraceSession.start({ output: "${output}" });
    const event = session.tracepoint("t:n", u32("n"));
    for (let n = 0; n < 10; n++) event(n);
    await session.flush();
    event(10);
  `,
  );
  const end = await runChild(program, [], {
    flags: [
      ...["--allow-read", "--allow-write", `--allow-import=127.0.0.1:${port}`],
      ...["--no-lock", "--no-config", "--no-check"],
    ],
    env: { DENO_DIR: `${directory.path}/deno` },
  });
  await server.shutdown();
  assertEquals(end, { code: 0, signal: null, stdout: "", stderr: "" });
  assertEquals(served.has("/relay/session/session_thread.ts"), true);
  assertEquals((await readTrace(output)).numbers.get(0), range(0, 11));
});
