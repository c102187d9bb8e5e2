import type { TraceSession } from "../session/session.ts";
import { callAll } from "../session/wrappers.ts";
import { installConsole } from "./console.ts";
import { installDiagnosticsChannel } from "./diagnostics_channel.ts";
import { installErrors } from "./errors.ts";
import { installEventLoop } from "./event_loop.ts";
import { installFetch } from "./fetch.ts";
import { installFiles } from "./files.ts";
import { installHttpServer } from "./http_server.ts";
import { installPerformance } from "./performance.ts";
import {
  durationClock,
  type InstallProbe,
  PROBE_GROUPS,
  type ProbeContext,
  type ProbeGroup,
} from "./probe.ts";
import { installProcesses } from "./processes.ts";
import { type Redact, redactEverything, redaction, type RedactionHook } from "./redaction.ts";
import { setCurrentSession } from "./session_key.ts";
import { installTimers } from "./timers.ts";
import { installWorkers } from "./workers.ts";

const INSTALLERS: Readonly<Record<ProbeGroup, InstallProbe>> = {
  error: installErrors,
  http: installHttpServer,
  fetch: installFetch,
  file: installFiles,
  process: installProcesses,
  timer: installTimers,
  console: installConsole,
  performance: installPerformance,
  diagnostics: installDiagnosticsChannel,
  worker: installWorkers,
  loop: installEventLoop,
};

/** Installs the probes of a worker, as its parent's. */
export function installInWorker(
  session: TraceSession,
  hook: RedactionHook | undefined,
  probes: ProbeContext["forWorkers"],
): () => void {
  const redact = probes.redactsEverything ? redactEverything : redaction(hook);
  return installGroups(session, redact, probes);
}

/** Installs groups of probes on this thread, all or none, and returns what takes them away. */
export function installGroups(
  session: TraceSession,
  redact: Redact,
  forWorkers: ProbeContext["forWorkers"],
): () => void {
  const { probes, ...bounds } = forWorkers;
  const context: ProbeContext = {
    session,
    redact,
    now: durationClock(session),
    ...bounds,
    forWorkers,
  };
  const installed: (() => void)[] = [];
  try {
    for (const group of PROBE_GROUPS) {
      if (probes.includes(group)) installed.push(INSTALLERS[group](context));
    }
  } catch (error) {
    callAll(installed);
    throw error;
  }
  setCurrentSession(session);
  return () => {
    callAll(installed);
    setCurrentSession(null);
  };
}
