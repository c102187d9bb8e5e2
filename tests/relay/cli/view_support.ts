import { string, u32 } from "@ltt/relay/trace";
import { startSession, type TempDirectory } from "../session/support.ts";
import { finish, type Finished, MAIN, start as startDeno } from "./support.ts";

const needed = ["read", "write", "run"] as const;
/** Whether files and programs may not be used. */
export const ignore = needed.some((name) =>
  Deno.permissions.querySync({ name }).state !== "granted"
);

/** Starts `view`, which may read and nothing else. */
export function start(
  args: readonly string[],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  return startDeno(["--allow-read", MAIN, "view", ...args], undefined, env);
}

/** Runs `view`. */
export function view(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  return finish(start(args, env));
}

/** What babeltrace2 prints of a trace. */
export async function babeltraceText(
  directory: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await new Deno.Command("babeltrace2", {
    args: ["--color=never", directory],
    env,
  })
    .output();
  return new TextDecoder().decode(stdout);
}

/** A trace of requests on CPU 0: the k-th takes k microseconds, and has status 200 + k. */
export async function requests(directory: TempDirectory, count: number): Promise<string> {
  const session = await startSession(directory, { name: "requests" });
  const begin = session.tracepoint("http:server_request", u32("request"), string("url"));
  const end = session.tracepoint("http:server_response", u32("request"), u32("status"));
  for (let i = 1; i <= count; i++) {
    begin(i, `/page/${i}`);
    end(i, 200 + i);
  }
  await session.close();
  return `${directory.path}/trace`;
}

/** Writes a trace of two events without a clock. */
export function writeClockless(directory: string): void {
  Deno.writeTextFileSync(
    `${directory}/metadata`,
    `/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
trace { major = 1; minor = 8; byte_order = le; };
event { name = "e"; fields := struct { uint8_t n; }; };
`,
  );
  Deno.writeFileSync(`${directory}/s`, new Uint8Array([1, 2]));
}
