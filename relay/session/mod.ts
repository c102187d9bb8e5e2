/**
 * Tracing for any Deno program: a session records typed events of all its threads into a CTF trace. Begin
 * with {@linkcode TraceSession.start}:
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
 * A {@linkcode TraceSession} is for the thread that has it. Field types are `@ltt/relay/trace`'s; the trace is
 * read by the command line's `view`, by `babeltrace2`, or by `@ltt/relay/ctf`. A program that is to be
 * recorded without a change loads `@ltt/relay/probes` first.
 *
 * Inside, `attachment.ts` is a thread's part. `session_thread.ts` is the session's own thread: on it
 * `recorder.ts` serves requests, which come through `mailbox.ts`, `session_machine.ts` has the CPUs and rings,
 * and `outputs.ts` writes. `exit_handlers.ts`, `exit_flush.ts` and `busy_exit.ts` have everything written before
 * the process ends.
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
