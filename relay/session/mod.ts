/**
 * Tracing for any Deno program: {@linkcode TraceSession} records typed events of all its threads into a
 * CTF trace.
 *
 * ```ts
 * import { TraceSession } from "@ltt/relay/session";
 * import { string, u16 } from "@ltt/relay/trace";
 *
 * await using session = await TraceSession.start({ output: await Deno.makeTempDir() });
 * const request = session.tracepoint("http:request", u16("status"), string("path"));
 * request(200, "/index.html");
 * ```
 *
 * - The thread that starts it, and workers that {@linkcode TraceSession.attach} to its `handle`, each have
 *   a CPU of an emulated machine, with a ring. A thread of the session's own consumes the rings, so that
 *   no event waits for a disk.
 * - The output is a directory, or a relay daemon (`net://HOST:CONTROL:DATA`); `mode: "flight-recorder"`
 *   writes the newest events only when `snapshot()` is called. With `backing: { file }` the rings lie in a
 *   black box, from which `recover` takes them when the process was killed.
 * - `flush()` writes what was recorded so far. `close()`, which `await using` calls, writes the rest and
 *   rejects if that fails. It is done too when the process ends by itself, by `Deno.exit`, an uncaught
 *   error or a signal.
 * - What is lost is counted, by CPU and cause: `statistics()`, the trace, and a line at the end.
 *
 * @module
 */
export type { AttachOptions } from "./attachment.ts";
export { sumLost } from "../ring/lost.ts";
export * from "./handle.ts";
export type { ContextName, SessionOptions } from "./options.ts";
export * from "./session.ts";
export {
  type CpuStatistics,
  type SessionLost,
  type SessionStatistics,
  type TracepointStatistics,
} from "./statistics.ts";
