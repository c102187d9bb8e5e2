import { resolve } from "node:path";
import { isRelaydUrl, parseRelaydUrl } from "../consume/relayd/address.ts";
import type { Clock } from "../trace/clock.ts";
import { ramSize } from "./ram_size.ts";

/** What an event can have before its own fields. */
export type ContextName = "cpu" | "worker";

/** How a session is to record. */
export interface SessionOptions {
  /**
   * Where the events lie until they are written: `"shared"` memory, or a new file that is mapped, a black
   * box. What was recorded is in the file when the process is killed, and `recover` takes it out. A file
   * that holds nothing any more is replaced, any other one refused. Takes `--allow-ffi`, `--allow-read`
   * and `--allow-write` for the file, and `--allow-ffi` on every thread that records. Initially `"shared"`.
   */
  readonly backing?: "shared" | { readonly file: string };
  /**
   * Directory to write to. What sessions have written there is replaced; a directory that holds
   * something else is refused. Or `net://HOST:CONTROL:DATA`, a relay daemon of LTTng to send to; `net://`
   * is one on this host, by ports 5342 and 5343. There is no authentication and no encryption, so another
   * host is better reached by a tunnel. `null`, with a black box, for nowhere: another process takes the
   * events from there. Initially `"./trace"`.
   */
  readonly output?: string | null;
  /**
   * Whether viewers can be attached to the relay daemon while the session records: then even an idle
   * thread tells it from time to time that there is nothing new. Initially `false`.
   */
  readonly live?: boolean;
  /** Milliseconds after which what was recorded is sent to viewers, from 1 on. Initially 1,000. */
  readonly livePeriodMs?: number;
  /**
   * Directory for what the relay daemon misses while it is away; as `output`. Initially `null`: events
   * stay in memory until it is back, and are lost when that is full.
   */
  readonly spill?: string | null;
  /**
   * `"continuous"` writes everything; events that come faster than they can be written are lost, and
   * counted. `"flight-recorder"` keeps the newest in memory, and writes what
   * {@linkcode TraceSession.snapshot} asks for. Initially `"continuous"`.
   */
  readonly mode?: "continuous" | "flight-recorder";
  /** Bytes of a sub-buffer, a power of two from 4,096 on. Initially 262,144. */
  readonly subbufSize?: number;
  /** Sub-buffers of a CPU, a power of two from 2 on. Initially 16. */
  readonly nSubbufs?: number;
  /** Threads that can record at a time, 1 to 254. Memory is used as they come. Initially 32. */
  readonly maxCpus?: number;
  /**
   * Milliseconds after which what a thread has recorded is written, while its event loop runs; 0 for
   * only when a sub-buffer is full. Initially 200.
   */
  readonly switchTimerMs?: number;
  /** Bytes a file of the trace may have before its stream goes on in another one; 0, initially, for any number. */
  readonly maxFileSize?: number;
  /**
   * Files a stream may have, the oldest of which is written over; 0, initially, for any number. Needs
   * `maxFileSize`.
   */
  readonly maxFiles?: number;
  /** What every event has before its own fields. Initially nothing. */
  readonly contexts?: readonly ContextName[];
  /** Patterns of the events to record, as of {@linkcode TraceSession.enable}. Initially all. */
  readonly events?: readonly string[];
  /** Name of the trace, and of the relay daemon's session. Initially the last part of `output`, or `"deno"`. */
  readonly name?: string;
  /** Name of the host. Initially the system's, where that may be asked for, else `"localhost"`. */
  readonly hostname?: string;
  /** Clock of this thread. Initially the cheapest one it may read. */
  readonly clock?: Clock;
  /**
   * Whether everything is written before the process ends: by itself, by `Deno.exit`, an uncaught
   * error, SIGINT or SIGTERM. Initially `true`.
   */
  readonly handlesExit?: boolean;
  /**
   * Whether a flight recorder takes a snapshot when it is closed or the process ends, and when an error is
   * uncaught.
   * Initially `false`.
   */
  readonly snapshotsAtExit?: boolean;
  /** Directory in which the session's figures are written to `.statistics.json` each second. Initially `null`, for none. */
  readonly statisticsDirectory?: string | null;
  /**
   * Whether all files are made at the start, so that the permission can be given up then; not in a
   * flight recorder, nor with `maxFileSize`. Initially `false`.
   */
  readonly opensAllFiles?: boolean;
}

/** The options another thread is sent: all that can be cloned, each with its value. */
export type ResolvedOptions = Required<Omit<SessionOptions, "clock">>;

/** What people find the trace by: a directory, an address, or the black box. */
export function traceName({ output, backing }: ResolvedOptions): string {
  return output ?? (backing === "shared" ? "" : backing.file);
}

/** Largest RAM a session can have: addresses are integers of 31 bits then. */
const MAX_RAM = 2 ** 31 - 2 ** 22;

/** Checks options, and fills in what was left out. A `RangeError` or `TypeError` says what is wrong. */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  const { output = "./trace" } = options;
  if (output !== null && (typeof output !== "string" || output === "")) {
    throw new TypeError(
      `Cannot start a session: output is ${JSON.stringify(output)}, no directory`,
    );
  }
  const backing = resolveBacking(options.backing ?? "shared", output);
  const isRemote = output !== null && isRelaydUrl(output);
  const live = options.live ?? false;
  const resolved: ResolvedOptions = {
    output: isRemote || output === null ? output : absolute(output),
    backing,
    live,
    livePeriodMs: live ? options.livePeriodMs ?? 1000 : 0,
    spill: options.spill ? absolute(options.spill) : null,
    mode: options.mode ?? "continuous",
    subbufSize: options.subbufSize ?? 2 ** 18,
    nSubbufs: options.nSubbufs ?? 16,
    maxCpus: options.maxCpus ?? 32,
    switchTimerMs: options.switchTimerMs ?? 200,
    maxFileSize: options.maxFileSize ?? 0,
    maxFiles: options.maxFiles ?? 0,
    contexts: [...options.contexts ?? []],
    events: [...options.events ?? ["*"]],
    name: options.name ?? (isRemote || output === null ? "deno" : lastPart(output)),
    hostname: options.hostname ?? systemHostname(),
    handlesExit: options.handlesExit ?? true,
    snapshotsAtExit: options.snapshotsAtExit ?? false,
    statisticsDirectory: options.statisticsDirectory ?? null,
    opensAllFiles: options.opensAllFiles ?? false,
  };
  assertModes(resolved);
  assertSizes(resolved);
  assertFiles(resolved);
  if (isRemote) assertRemote(resolved, output);
  else if (live || resolved.spill !== null) {
    const what = live ? "live" : "spill";
    throw new TypeError(`Cannot start a session: ${what} is for net://…, and output is ${output}`);
  }
  return resolved;
}

/** What a relay daemon would refuse, or not be able to do. */
function assertRemote(
  { mode, name, hostname, livePeriodMs, live }: ResolvedOptions,
  output: string,
): void {
  parseRelaydUrl(output);
  const refuse = (what: string): never => {
    throw new TypeError(`Cannot start a session: ${what}`);
  };
  if (mode !== "continuous") refuse(`a flight recorder cannot write to ${output}`);
  const isName = (text: string, most: number): boolean =>
    /^[^./][^/\0]*$/.test(text) && new TextEncoder().encode(text).length <= most;
  // With a date and a number behind them they are names of directories.
  if (!isName(name, 150)) refuse(`name is "${name}", which a relay daemon would not take`);
  if (!isName(hostname, 63)) {
    refuse(`hostname is "${hostname}", which a relay daemon would not take`);
  }
  if (live && !(livePeriodMs >= 1 && livePeriodMs < 2 ** 31 / 1000)) {
    throw new RangeError(`Cannot start a session: livePeriodMs is ${livePeriodMs}, not 1 or more`);
  }
}

/** Another thread makes the file, so its path is absolute. */
function resolveBacking(
  backing: NonNullable<SessionOptions["backing"]>,
  output: string | null,
): ResolvedOptions["backing"] {
  if (backing === "shared") {
    if (output !== null) return backing;
    throw new TypeError("Cannot start a session: it has neither an output nor a black box");
  }
  const file = backing?.file;
  if (typeof file === "string" && file !== "") return { file: absolute(file) };
  const what = JSON.stringify(backing);
  throw new TypeError(`Cannot start a session: backing is ${what}, not "shared" or { file }`);
}

function lastPart(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) ?? "trace";
}

function assertModes({ mode, contexts, events }: ResolvedOptions): void {
  if (mode !== "continuous" && mode !== "flight-recorder") {
    throw new TypeError(`Cannot start a session: there is no mode "${mode}"`);
  }
  for (const [i, context] of contexts.entries()) {
    if ((context !== "cpu" && context !== "worker") || contexts.indexOf(context) !== i) {
      throw new TypeError(`Cannot start a session: no context "${context}", or twice`);
    }
  }
  const noPattern = events.find((pattern) => typeof pattern !== "string");
  if (noPattern !== undefined) {
    throw new TypeError(`Cannot start a session: ${noPattern} is no pattern of events`);
  }
}

function assertSizes(options: ResolvedOptions): void {
  const { subbufSize, nSubbufs, maxCpus } = options;
  const isPower = (n: number): boolean =>
    Number.isInteger(n) && n > 0 && Number.isInteger(Math.log2(n));
  const refuse = (name: string, value: number, allowed: string): never => {
    throw new RangeError(`Cannot start a session: ${name} is ${value}, not ${allowed}`);
  };
  if (!isPower(subbufSize) || subbufSize < 4096) {
    refuse("subbufSize", subbufSize, "a power of two from 4096 on");
  }
  if (!isPower(nSubbufs) || nSubbufs < 2) refuse("nSubbufs", nSubbufs, "a power of two from 2 on");
  if (!Number.isInteger(maxCpus) || maxCpus < 1 || maxCpus > 254) {
    refuse("maxCpus", maxCpus, "an integer from 1 to 254");
  }
  for (const name of ["switchTimerMs", "maxFileSize", "maxFiles"] as const) {
    if (!(options[name] >= 0) || (name !== "switchTimerMs" && !Number.isInteger(options[name]))) {
      refuse(name, options[name], "0 or more");
    }
  }
  if (options.switchTimerMs >= 2 ** 31) {
    refuse("switchTimerMs", options.switchTimerMs, "less than 2 ** 31");
  }
  if (ramSize(options) > MAX_RAM) {
    const what = `${maxCpus} CPUs of ${nSubbufs} sub-buffers of ${subbufSize} bytes`;
    throw new RangeError(`Cannot start a session: ${what} need more than 2 GiB`);
  }
}

function assertFiles({ mode, maxFileSize, maxFiles, opensAllFiles }: ResolvedOptions): void {
  if (maxFiles > 0 && maxFileSize === 0) {
    const why = "but no maxFileSize says when a file is full";
    throw new RangeError(`Cannot start a session: maxFiles is ${maxFiles}, ${why}`);
  }
  if (!opensAllFiles || (mode === "continuous" && maxFileSize === 0)) return;
  const when = maxFileSize > 0 ? "with maxFileSize" : "in a flight recorder";
  const why = `but ${when} files come as they are needed`;
  throw new TypeError(`Cannot start a session: opensAllFiles is true, ${why}`);
}

/** Files are made later too, when the program may be in another directory. */
function absolute(path: string): string {
  const { state } = Deno.permissions.querySync({ name: "read", path: "." });
  return state === "granted" ? resolve(path) : path;
}

function systemHostname(): string {
  const isAllowed = Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state;
  return isAllowed === "granted" ? Deno.hostname() : "localhost";
}
