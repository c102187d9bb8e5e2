import { type SessionOptions, TraceSession } from "@ltt/relay/session";
import { BABELTRACE_MISSING } from "../ctf/babeltrace.ts";

const needed = ["ffi", "read", "write", "run"] as const;

/** Black boxes are mapped, by programs that are killed. */
export const ignore: boolean = Deno.build.os === "windows" ||
  needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** What is recovered is read by babeltrace2. */
export const ignoreReading: boolean = ignore || BABELTRACE_MISSING;

/** A directory with a name for a black box, which is removed in the end. */
export class BoxDirectory implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "ltt-box-" });
  readonly box: string = `${this.path}/box`;
  readonly trace: string = `${this.path}/trace`;

  /** Starts a session of this process whose memory is the black box. */
  start(options: SessionOptions = {}): Promise<TraceSession> {
    return TraceSession.start({
      backing: { file: this.box },
      output: this.trace,
      switchTimerMs: 0,
      subbufSize: 4096,
      nSubbufs: 8,
      maxCpus: 4,
      ...options,
    });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Runs a module of these tests with everything allowed, or with `permissions`; what it printed, and how it ended. */
export async function run(
  module: string,
  args: readonly string[],
  permissions: readonly string[] = ["--allow-all"],
): Promise<{ code: number; signal: string | null; stdout: string; stderr: string }> {
  const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-prompt",
      ...permissions,
      new URL(module, import.meta.url).pathname,
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}
