import type { TraceInfo } from "../ctf/metadata.ts";
import type { ClockOrigin } from "../trace/clock.ts";
import { contextFields } from "./contexts.ts";
import { environment } from "./environment.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a session's metadata says before its tracepoints. Each has a number of its own. */
export function traceInfo(options: ResolvedOptions, origin: ClockOrigin): TraceInfo {
  return {
    uuid: crypto.getRandomValues(new Uint8Array(16)),
    env: environment(options),
    clock: {
      name: "monotonic",
      description: "Monotonic Clock",
      offsetNs: BigInt(Math.round(origin.performanceMs * 1000)) * 1000n,
    },
    eventContext: contextFields(options.contexts),
  };
}
