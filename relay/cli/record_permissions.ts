import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { libcPath } from "../../hw/libc.ts";
import { parseRelaydUrl, relaydHosts } from "../consume/mod.ts";
import { moduleFiles } from "../probes/module_files.ts";
import { JobError } from "./job_error.ts";
import { missingPermissions, type Permission } from "./permissions.ts";
import type { RecordArguments } from "./record_arguments.ts";

/** Where a recording writes, absolute paths. */
export interface RecordPlaces {
  /** Directory that relative paths start from. */
  readonly cwd: string;
  /** The trace's directory; of a trace that goes to a relay daemon one for its figures. */
  readonly trace: string;
  /** Directory for what the daemon misses; `null` for none. */
  readonly spill: string | null;
  /** File in which events lie until they are written; `null` for none. */
  readonly blackBox: string | null;
}

/** What the tracer needs that the program is not given, as `--allow-…` takes it. */
export function tracerPermissions(options: RecordArguments, places: RecordPlaces): string[] {
  const { denoArgs, env, relayd } = options;
  const { cwd, trace, spill, blackBox } = places;
  const needed: Permission[] = [{ name: "env", value: "LTT_RELAY_*" }];
  for (const value of [trace, spill, blackBox]) {
    if (value === null) continue;
    needed.push({ name: "write", value }, { name: "read", value });
  }
  const hosts = relayd === null ? [] : relaydHosts(parseRelaydUrl(relayd));
  for (const value of hosts) needed.push({ name: "net", value });
  const tracer = import.meta.resolve("../../");
  const hook = env.LTT_RELAY_REDACT;
  const files = [
    ...(tracer.startsWith("file:") ? [fileURLToPath(tracer)] : []),
    ...(hook === undefined ? [] : moduleFiles(moduleUrl(hook, cwd))),
  ];
  for (const value of files) needed.push({ name: "read", value });
  // Where the program may open libraries of its own, giving up all of them would take those away.
  const isLimited = denoArgs.some((arg) => arg.startsWith("--allow-ffi="));
  if (isLimited && blackBox !== null) {
    throw new JobError(
      "Cannot use --black-box: it takes all of --allow-ffi, not one for libraries",
    );
  }
  const library = isLimited ? libcPath() : "";
  if (library !== null) needed.push({ name: "ffi", value: library });
  return missingPermissions(denoArgs, needed, cwd).map(({ name, value }) =>
    value === "" ? name : `${name}=${value}`
  );
}

/** Of these, what the tracer can do without once all is open: not files that come as they are needed. */
export function givenUpPermissions(
  granted: readonly string[],
  { env }: RecordArguments,
  { trace, spill }: RecordPlaces,
): string[] {
  const isRotated = Number(env.LTT_RELAY_MAX_FILE_SIZE ?? 0) > 0;
  const makesFiles = isRotated || env.LTT_RELAY_MODE === "flight-recorder";
  const kept = makesFiles ? trace : spill;
  // To a daemon that was away it connects again.
  return granted.filter((one) => !one.endsWith(`=${kept}`) && !one.startsWith("net="));
}

/** The module that a specifier on the command line means. */
export function moduleUrl(specifier: string, cwd: string): string {
  if (/^[a-z]+:/.test(specifier)) return specifier;
  return pathToFileURL(resolve(cwd, specifier)).href;
}
