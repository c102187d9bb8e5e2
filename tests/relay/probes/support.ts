import { fileURLToPath as fromFileUrl } from "node:url";

const BABELTRACE = "/usr/bin/babeltrace2";

/** Why tests that start programs cannot run here; `false` when they can. */
export const cannotRun: boolean = !(["read", "write", "run", "env", "ffi", "net"] as const).every(
  (name) => Deno.permissions.querySync({ name }).state === "granted",
);

/** Whether tests that read traces cannot run here. */
export const cannotRead: boolean = cannotRun || !exists(BABELTRACE);

/** The module that is preloaded. */
export const PRELOAD: string = fromFileUrl(
  new URL("../../../relay/probes/mod.ts", import.meta.url),
);
/** The folder of all modules. */
export const ROOT: string = fromFileUrl(new URL("../../../", import.meta.url));

/** An event, as Babeltrace tells of it. */
export interface ReadEvent {
  /** Nanoseconds since the day began. */
  readonly timeNs: number;
  readonly name: string;
  readonly cpu: number;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** What a program has done. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  /** Its permissions and other flags. Initially all. */
  readonly flags?: readonly string[];
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its directory. */
  readonly cwd: string;
  /** Signal to end it with, after it has printed a line. */
  readonly signal?: Deno.Signal;
  /** Arguments of the program. */
  readonly args?: readonly string[];
  /** Command of `deno`. Initially `run`. */
  readonly command?: "run" | "test";
}

/** Runs a program plainly. */
export function runPlain(file: string, options: RunOptions): Promise<Run> {
  return run([...options.flags ?? ["--allow-all"], file, ...options.args ?? []], options);
}

/** Runs a program with the probes preloaded, its trace in `trace` beside it unless `env` says otherwise. */
export function runTraced(file: string, options: RunOptions): Promise<Run> {
  const env = { LTT_RELAY_OUT: "trace", ...options.env };
  const flags = options.flags ?? ["--allow-all"];
  return run([...flags, `--preload=${PRELOAD}`, file, ...options.args ?? []], { ...options, env });
}

async function run(
  args: readonly string[],
  { cwd, env, signal, command: name = "run" }: RunOptions,
): Promise<Run> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [name, "--no-prompt", "--no-lock", "--unstable-worker-options", ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const [stdout, stderr, { code }] = await Promise.all([
    textOf(child.stdout, () => signal && child.kill(signal)),
    textOf(child.stderr),
    child.status,
  ]);
  clearTimeout(timer);
  return { code, stdout, stderr };
}

async function textOf(
  stream: ReadableStream<Uint8Array>,
  onFirst = (): void => {},
): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as TransformStream)) {
    if (text === "") onFirst();
    text += chunk;
  }
  return text;
}

/** Reads a trace back, in the order of its times. */
export async function readTrace(directory: string): Promise<ReadEvent[]> {
  const { success, stdout, stderr } = await new Deno.Command(BABELTRACE, {
    args: [directory],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout).trim().split("\n").filter((line) => line !== "").map(parseEvent);
}

function parseEvent(line: string): ReadEvent {
  const [, hours, minutes, seconds, ns, name, cpu, rest] =
    /^\[(\d\d):(\d\d):(\d\d)\.(\d{9})\] \(.*?\) (?:\S+ )?(\S+): \{ cpu_id = (\d+) \}(?:, \{ (.*) \})?$/
      .exec(line) ?? [];
  if (name === undefined) throw new Error(`Cannot read event: ${line}`);
  const fields: Record<string, string | number> = {};
  const field = /(\w+|\[\d+\]) = (?:"((?:[^"\\]|\\.)*)"|\( "(\w+)"[^)]*\)|(-?[\d.e+]+))/g;
  for (const [, key, text, label, number] of (rest ?? "").matchAll(field)) {
    fields[key] = text !== undefined ? unescape(text) : label ?? Number(number);
  }
  const timeNs = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e9 + Number(ns);
  return { timeNs, name, cpu: Number(cpu), fields };
}

/** Text as Babeltrace escapes it: as in C. */
function unescape(text: string): string {
  const named: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
  return text.replace(/\\(.)/g, (_, escaped: string) => named[escaped] ?? escaped);
}

/** A directory with files, for one test. */
export async function inDirectory(
  files: Readonly<Record<string, string>>,
  test: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ltt-relay-probes-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
