import type { ContextName, SessionOptions } from "../session/options.ts";
import { timestamp } from "../session/timestamp.ts";
import { PROBE_GROUPS, type ProbeGroup } from "./probe.ts";

/** Options by environment variable, read. */
export interface ProbeSettings {
  /** How the session is to record. */
  readonly session: SessionOptions & {
    readonly output: string;
    readonly backing?: { readonly file: string };
  };
  /** Groups to install. */
  readonly probes: readonly ProbeGroup[];
  /** Module of the redaction hook, as given. */
  readonly redactModule: string | null;
  /** Permissions to give up when everything is open. */
  readonly giveUp: readonly Deno.PermissionDescriptor[];
  /** Whether the probes subscribe to all diagnostics channels. */
  readonly subscribes: boolean;
  /** Milliseconds between two looks at the event loop; `undefined` for the usual. */
  readonly loopPeriodMs: number | undefined;
}

/** The environment variables of the preloaded probes; the documentation of each stands in `mod.ts`. */
export const VARIABLES = [
  "LTT_RELAY_OUT",
  "LTT_RELAY_PROBES",
  "LTT_RELAY_SUBBUF_SIZE",
  "LTT_RELAY_SUBBUFS",
  "LTT_RELAY_CPUS",
  "LTT_RELAY_HOSTNAME",
  "LTT_RELAY_NAME",
  "LTT_RELAY_LIVE",
  "LTT_RELAY_SPILL",
  "LTT_RELAY_BLACK_BOX",
  "LTT_RELAY_MODE",
  "LTT_RELAY_EVENTS",
  "LTT_RELAY_MAX_FILE_SIZE",
  "LTT_RELAY_MAX_FILES",
  "LTT_RELAY_CONTEXTS",
  "LTT_RELAY_STATISTICS",
  "LTT_RELAY_GIVE_UP",
  "LTT_RELAY_REDACT",
  "LTT_RELAY_DIAGNOSTICS",
  "LTT_RELAY_LOOP_PERIOD",
] as const;

/** One of the environment variables. */
export type VariableName = (typeof VARIABLES)[number];

/** Gives the value of an environment variable; `undefined` where it has none, or may not be read. */
export type ReadVariable = (name: VariableName) => string | undefined;

/** Whether an environment variable can be read and nobody be asked. */
export function canReadVariable(variable: VariableName): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

/** Reads an environment variable if that needs nobody to be asked. */
export function readVariable(name: VariableName): string | undefined {
  return canReadVariable(name) ? Deno.env.get(name) || undefined : undefined;
}

/** Reads the options; a `TypeError` or `RangeError` for what makes no sense. */
export function readSettings(read: ReadVariable, now: Date = new Date()): ProbeSettings {
  const mode = read("LTT_RELAY_MODE") as SessionOptions["mode"];
  const maxFileSize = number(read, "LTT_RELAY_MAX_FILE_SIZE");
  const maxFiles = number(read, "LTT_RELAY_MAX_FILES");
  const statisticsDirectory = read("LTT_RELAY_STATISTICS");
  const livePeriodMs = number(read, "LTT_RELAY_LIVE");
  const blackBox = read("LTT_RELAY_BLACK_BOX");
  // Files of a rotation and snapshots are made as they come.
  const comesToNewFiles = mode === "flight-recorder" || !!maxFileSize;
  const session = {
    output: read("LTT_RELAY_OUT") ?? `trace-${timestamp(now)}`,
    mode,
    subbufSize: number(read, "LTT_RELAY_SUBBUF_SIZE"),
    nSubbufs: number(read, "LTT_RELAY_SUBBUFS"),
    maxCpus: number(read, "LTT_RELAY_CPUS"),
    hostname: read("LTT_RELAY_HOSTNAME"),
    events: list(read("LTT_RELAY_EVENTS")),
    contexts: list(read("LTT_RELAY_CONTEXTS")) as ContextName[] | undefined,
    maxFileSize,
    maxFiles,
    name: read("LTT_RELAY_NAME"),
    live: livePeriodMs === undefined ? undefined : true,
    livePeriodMs,
    spill: read("LTT_RELAY_SPILL"),
    backing: blackBox === undefined ? undefined : { file: blackBox },
    statisticsDirectory,
    snapshotsAtExit: mode === "flight-recorder",
    opensAllFiles: statisticsDirectory !== undefined && !comesToNewFiles,
  };
  const given = Object.entries(session).filter(([, value]) => value !== undefined);
  return {
    session: Object.fromEntries(given) as unknown as ProbeSettings["session"],
    probes: selectGroups(list(read("LTT_RELAY_PROBES")) ?? []),
    redactModule: read("LTT_RELAY_REDACT") ?? null,
    giveUp: (list(read("LTT_RELAY_GIVE_UP")) ?? []).map(permission),
    subscribes: subscribes(read("LTT_RELAY_DIAGNOSTICS")),
    loopPeriodMs: number(read, "LTT_RELAY_LOOP_PERIOD"),
  };
}

/** Groups by a list of names: those named, or all but those with a `-` before the name. */
export function selectGroups(names: readonly string[]): readonly ProbeGroup[] {
  const groupOf = (name: string): ProbeGroup => {
    const group = name.replace(/^-/, "") as ProbeGroup;
    if (PROBE_GROUPS.includes(group)) return group;
    throw new TypeError(`Cannot install probes "${name}": there are ${PROBE_GROUPS.join(", ")}`);
  };
  const on = new Set(names.filter((name) => !name.startsWith("-")).map(groupOf));
  const off = new Set(names.filter((name) => name.startsWith("-")).map(groupOf));
  return PROBE_GROUPS.filter((group) => (on.size === 0 || on.has(group)) && !off.has(group));
}

function number(read: ReadVariable, name: VariableName): number | undefined {
  const text = read(name);
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new TypeError(`Cannot read ${name}: "${text}" is no number`);
  return Number(text);
}

function list(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

function subscribes(text: string | undefined): boolean {
  if (text !== undefined && text !== "subscribe") {
    throw new TypeError(`Cannot read LTT_RELAY_DIAGNOSTICS: "${text}" is not "subscribe"`);
  }
  return text === "subscribe";
}

/** Property of a permission's descriptor that says what exactly is permitted. */
const DETAIL: Readonly<Record<string, string>> = {
  read: "path",
  write: "path",
  ffi: "path",
  net: "host",
  env: "variable",
  sys: "kind",
  run: "command",
  import: "host",
};

/** The permission of `name` or `name=value`. */
function permission(text: string): Deno.PermissionDescriptor {
  const [name, ...rest] = text.split("=");
  const detail = DETAIL[name];
  if (detail === undefined) {
    throw new TypeError(`Cannot give up "${text}": there is no permission "${name}"`);
  }
  const value = rest.join("=");
  return { name, ...value === "" ? {} : { [detail]: value } } as Deno.PermissionDescriptor;
}
