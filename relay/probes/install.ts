import type { TraceSession } from "../session/session.ts";
import { installGroups } from "./install_groups.ts";
import { PROBE_GROUPS, type ProbeGroup } from "./probe.ts";
import { redaction, type RedactionHook } from "./redaction.ts";

/** Bound of a text in an event, in characters. */
const MAX_TEXT = 4096;
/** Milliseconds between two looks at the event loop. */
const LOOP_PERIOD_MS = 100;

/** How probes are installed. */
export interface InstallOptions {
  /** Groups to install. Initially all. */
  readonly probes?: readonly ProbeGroup[];
  /**
   * Decides what is recorded in place of URLs, arguments and other texts. A function cannot be sent to
   * workers: without `redactModule`, they record `"[redacted]"` for all of them.
   */
  readonly redact?: RedactionHook | undefined;
  /** Absolute specifier of a module whose default export is the hook, for workers. */
  readonly redactModule?: string | null;
  /** Bound of a text in an event, in characters. Initially 4,096. */
  readonly maxText?: number;
  /** Milliseconds between two looks at the event loop, at least 1. Initially 100. */
  readonly loopPeriodMs?: number | undefined;
  /**
   * Whether all channels of `node:diagnostics_channel` are to have a subscriber: those who publish ask
   * for that first, mostly, and a program can notice. Initially `false`.
   */
  readonly subscribes?: boolean;
}

/**
 * Makes Deno's own APIs on this thread, and on the workers it starts, emit events to a session. The
 * program sees what it saw before: the same results, errors, names and descriptors. A session that is
 * closed records nothing; take the probes away before, by what is returned: it puts the originals back.
 * A `RangeError` for a period or bound there cannot be.
 *
 * @example Trace a part of a program
 * ```ts ignore
 * import { installProbes } from "@ltt/relay/probes/install";
 * import { TraceSession } from "@ltt/relay/session";
 *
 * await using session = await TraceSession.start({ output: "./trace" });
 * const uninstall = installProbes(session, { probes: ["fetch", "file"] });
 * await fetch("https://example.com/");
 * uninstall();
 * ```
 */
export function installProbes(session: TraceSession, options: InstallOptions = {}): () => void {
  const { probes = PROBE_GROUPS, redact, redactModule = null } = options;
  const forWorkers = {
    probes,
    redactModule,
    redactsEverything: redact !== undefined && redactModule === null,
    maxText: positive("maxText", options.maxText ?? MAX_TEXT),
    loopPeriodMs: positive("loopPeriodMs", options.loopPeriodMs ?? LOOP_PERIOD_MS),
    subscribes: options.subscribes ?? false,
  };
  return installGroups(session, redaction(redact), forWorkers);
}

function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot install probes: ${name} is ${value}, not an integer from 1 on`);
}
