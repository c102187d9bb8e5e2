import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { BoxFile } from "../blackbox/box_file.ts";
import { LOCK_FILE, snapshotsIn } from "../consume/output_directory.ts";
import { isRelaydUrl, parseRelaydUrl, relaydHosts } from "../consume/relayd/address.ts";
import type { SessionOptions } from "../session/options.ts";
import { TraceSession } from "../session/session.ts";
import { currentSession } from "./current.ts";
import { installProbes } from "./install.ts";
import { moduleFiles } from "./module_files.ts";
import { canReadVariable, type ProbeSettings, readSettings, readVariable } from "./options.ts";
import type { RedactionHook } from "./redaction.ts";
import { canReadTracer } from "./tracer_modules.ts";

/**
 * Starts a session and installs the probes, by the environment's options. Never throws: what cannot be
 * done is said on standard error, and the program runs untraced. Does nothing when the thread is traced
 * already.
 */
export async function startFromEnvironment(): Promise<void> {
  if (currentSession() !== null) return;
  try {
    const settings = readSettings(readVariable);
    assertPermitted(settings);
    const redactModule = moduleUrl(settings.redactModule);
    const redact = redactModule === null ? undefined : await loadHook(redactModule);
    const { probes, subscribes, loopPeriodMs } = settings;
    const session = await startOwn(settings.session);
    try {
      installProbes(session, { probes, redact, redactModule, subscribes, loopPeriodMs });
    } catch (error) {
      await session.close();
      throw error;
    }
    for (const descriptor of settings.giveUp) Deno.permissions.revokeSync(descriptor);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say(`ltt-relay: ${message}; the program runs untraced\n`);
  }
}

/** Starts the session, while no other thread of the process looks for an output of its own. */
async function startOwn(options: ProbeSettings["session"]): Promise<TraceSession> {
  using _ = isRelaydUrl(options.output) ? null : lockedParent(options.output);
  return await TraceSession.start(ofOurOwn(options));
}

/** The directory that a path is in, locked; `null` where that cannot be done without asking anybody. */
function lockedParent(path: string): Deno.FsFile | null {
  const parent = dirname(path);
  if (Deno.permissions.querySync({ name: "read", path: parent }).state !== "granted") return null;
  try {
    const directory = Deno.openSync(parent, { read: true });
    directory.lockSync(true);
    return directory;
  } catch {
    return null;
  }
}

/** Nobody is asked for a permission on the tracer's account. */
function assertPermitted({ session }: ProbeSettings): void {
  const { output, spill = null, backing } = session;
  for (const path of [isRelaydUrl(output) ? spill : output, backing?.file ?? null]) {
    for (const name of ["read", "write"] as const) {
      if (path === null) continue;
      if (Deno.permissions.querySync({ name, path }).state === "granted") continue;
      const elsewhere = path === output && !canReadVariable("LTT_RELAY_OUT")
        ? "; another place can be given with --allow-env=LTT_RELAY_*"
        : "";
      throw new Error(`Cannot write to ${path}: it needs --allow-${name}=${path}${elsewhere}`);
    }
  }
  if (isRelaydUrl(output)) assertNetAllowed(output);
  if (!canReadTracer()) {
    throw new Error("Cannot start a session: it needs --allow-read for the tracer's own modules");
  }
}

function assertNetAllowed(output: string): void {
  for (const host of relaydHosts(parseRelaydUrl(output))) {
    if (Deno.permissions.querySync({ name: "net", host }).state === "granted") continue;
    throw new Error(`Cannot send trace to ${output}: it needs --allow-net=${host}`);
  }
}

/**
 * The options, the directory and the black box with a number behind their names where that is needed:
 * `deno test` preloads the probes once for each file of tests, all in one process, and none is to replace
 * the trace of another.
 */
function ofOurOwn(options: ProbeSettings["session"]): SessionOptions {
  const ours = `vpid = ${Deno.pid};`;
  const output = isRelaydUrl(options.output)
    ? options.output
    : unused(options.output.replace(/\/+$/, ""), (path) =>
      saysProcess(path).some((text) => text.includes(ours)));
  if (options.backing === undefined) return { ...options, output };
  const file = unused(options.backing.file, (path) => boxProcess(path) === Deno.pid);
  return { ...options, output, backing: { file } };
}

/** A path, or the first one with a number behind it, that is not ours already. */
function unused(path: string, isOurs: (path: string) => boolean): string {
  for (let number = 1;; number++) {
    const numbered = number === 1 ? path : `${path}-${number}`;
    if (!isOurs(numbered)) return numbered;
  }
}

/** The process that has written to a black box; `null` if it is none. */
function boxProcess(path: string): number | null {
  try {
    using box = new BoxFile(path, false);
    return box.info.facts.pid;
  } catch {
    return null;
  }
}

/** What files in a directory tell that say which process has written there. */
function saysProcess(directory: string): string[] {
  const read = <T>(body: () => T[]): T[] => {
    try {
      return body();
    } catch {
      return [];
    }
  };
  const snapshots = read(() => snapshotsIn(directory)).map((name) => `${name}/metadata`);
  return ["metadata", LOCK_FILE, ...snapshots].flatMap((name) =>
    read(() => [Deno.readTextFileSync(`${directory}/${name}`)])
  );
}

/** The absolute specifier of a module that is given as for an import in the current directory. */
function moduleUrl(specifier: string | null): string | null {
  if (specifier === null || URL.canParse(specifier)) return specifier;
  const directory = pathToFileURL(`${Deno.cwd()}/`);
  return /^\.{0,2}\//.test(specifier) ? new URL(specifier, directory).href : specifier;
}

async function loadHook(specifier: string): Promise<RedactionHook> {
  for (const path of moduleFiles(specifier)) {
    if (Deno.permissions.querySync({ name: "read", path }).state === "granted") continue;
    throw new Error(`Cannot redact by ${specifier}: it needs --allow-read=${path}`);
  }
  const { default: hook } = await import(specifier);
  if (typeof hook === "function") return hook as RedactionHook;
  throw new TypeError(`Cannot redact by ${specifier}: its default export is no function`);
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
