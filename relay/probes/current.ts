import type { TraceSession } from "../session/session.ts";
import { SESSION_KEY } from "./session_key.ts";

/**
 * The session that traces this thread: the one the preloaded probes have started, in a worker this
 * thread's part in it; `null` where nothing is traced. A program's own tracepoints go there. It starts
 * nothing.
 *
 * @example A tracepoint of the program's own
 * ```ts ignore
 * import { currentSession } from "@ltt/relay/probes/current";
 * import { u32 } from "@ltt/relay/trace";
 *
 * const order = currentSession()?.tracepoint("shop:order", u32("items"));
 * order?.(3);
 * ```
 */
export function currentSession(): TraceSession | null {
  return (globalThis as unknown as Record<symbol, TraceSession | undefined>)[SESSION_KEY] ?? null;
}
