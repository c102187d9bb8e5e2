import { i32 } from "@ltt/relay/trace";
import { assertEquals } from "@std/assert";
import { smallFile, smallMetadata } from "../ctf/small_trace.ts";
import { startSession, TempDirectory } from "../session/support.ts";
import { ignore, start, view } from "./view_support.ts";

Deno.test("view --follow shows what is recorded until the session ends", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { switchTimerMs: 20 });
  const record = session.tracepoint("t", i32("n"));
  record(1);
  await session.flush();
  const child = start(["--follow", "--format", "json", `${directory.path}/trace`]);
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  let out = "";
  let next = 2;
  for await (const part of lines) {
    out += part;
    const last = out.trimEnd().split("\n").at(-1)!;
    if (JSON.parse(last).fields.n !== next - 1) continue;
    if (next > 3) await session.close();
    else record(next++);
  }
  const numbers = out.trimEnd().split("\n").map((line) => JSON.parse(line).fields.n);
  assertEquals([numbers, (await child.status).code], [[1, 2, 3], 0]);
  await child.stderr.cancel();
});

Deno.test("view --follow ends with the first event behind --to, and tells the first losses", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const { path } = directory;
  const metadata = Deno.openSync(`${path}/metadata`, { create: true, write: true });
  try {
    // As of a session that goes on.
    metadata.lockSync(true);
    metadata.writeSync(smallMetadata());
    const file = smallFile({ seq: 0, times: [0, 1e9, 2e9], lost: 7 }, { seq: 1, times: [3e9] });
    Deno.writeFileSync(`${path}/f0`, file);
    const { code, out, err } = await view(["--follow", "--to", "1.5", "--format", "json", path]);
    const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ lost, s }) => lost ?? s), [7, 0, 1]);
    assertEquals([code, err], [0, ""]);
  } finally {
    metadata.close();
  }
});

Deno.test("view --follow ends with SIGINT", { ignore }, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory);
  session.tracepoint("t", i32("n"))(1);
  await session.flush();
  const child = start(["--follow", `${directory.path}/trace`]);
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGINT");
  await reader.cancel();
  assertEquals((await child.status).code, 0);
  await child.stderr.cancel();
  await session.close();
});
