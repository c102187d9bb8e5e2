import type { TraceSession } from "@ltt/relay/session";
import { mappedMemory } from "../../../hw/mapped_file.ts";
import { checkOf, FIELDS, textOf } from "./killed_events.ts";

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Records events of a thread until the process is killed; the journal says which, before and after. */
export function recordForEver(
  session: TraceSession,
  journal: bigint,
  thread: number,
  burst: number,
): never {
  const words = new Int32Array(mappedMemory(journal, 4096));
  const record = session.tracepoint("killed:event", ...FIELDS);
  for (let n = 0;; n++) {
    Atomics.store(words, 2 * thread, n + 1);
    record(n, thread, checkOf(n, thread), textOf(n));
    Atomics.store(words, 2 * thread + 1, n + 1);
    if (burst > 0 && n % burst === burst - 1) Atomics.wait(pause, 0, 0, 1);
  }
}
