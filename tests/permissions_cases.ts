/** The features of the README's table of permissions, and what is done to try each. */

/** The folder of all modules, which ends with a slash. */
export const ROOT: string = new URL("..", import.meta.url).pathname;
const CLI = `${ROOT}relay/cli/mod.ts`;
const PROGRAM = new URL("./permissions_program.ts", import.meta.url).pathname;

/** Stand for paths and addresses in the README's table. */
export interface Places {
  readonly TRACER: string;
  readonly DIR: string;
  readonly FILE: string;
  readonly SPILL: string;
  readonly DENO: string;
  readonly CONTROL: string;
  readonly DATA: string;
}

export interface Case {
  /** The first cell of its row. */
  readonly feature: string;
  /** The second one, without marks. */
  readonly permissions: string;
  /** What is run, and what of its output says that it has worked. */
  readonly args: (places: Places) => string[];
  readonly says: RegExp;
  /** What has to be there before. */
  readonly before?: (places: Places) => Promise<unknown>;
  readonly env?: (places: Places) => Record<string, string>;
  readonly needsDaemon?: boolean;
  /** Whether it goes on when it has said so. */
  readonly isEndless?: boolean;
}

const SESSION = "--allow-read=TRACER,DIR --allow-write=DIR";
const BOX = "--allow-read=TRACER,DIR,FILE --allow-write=DIR,FILE --allow-ffi";
const RECORD = "--allow-read=DIR --allow-write=DIR --allow-run=DENO --allow-sys=hostname";

function boxed({ DIR, FILE }: Places): string[] {
  return [CLI, "record", "--cwd", DIR, "--out", "trace", "--black-box", FILE, "program.ts"];
}

export const cases: readonly Case[] = [
  {
    feature: "machine, relay, ring on one thread",
    permissions: "none",
    args: () => [PROGRAM, "machine"],
    says: /^1 sub-buffer$/m,
  },
  {
    feature: "CPUs that are workers",
    permissions: "--allow-read=TRACER",
    args: () => [PROGRAM, "worker"],
    says: /^0,1 online$/m,
  },
  {
    feature: "a machine whose RAM is a file",
    permissions: "--allow-write=FILE --allow-ffi",
    args: ({ FILE }) => [PROGRAM, "machine on a file", FILE],
    says: /^1 sub-buffer$/m,
  },
  {
    feature: "a session, continuous or a flight recorder",
    permissions: SESSION,
    args: ({ DIR }) => [PROGRAM, "session", DIR],
    says: /^1 performance\.now 0$/m,
  },
  {
    feature: "… with the cheap clock, and an end at signals for busy programs",
    permissions: `${SESSION} --allow-ffi`,
    args: ({ DIR }) => [PROGRAM, "flight recorder", DIR],
    says: Deno.build.os === "linux" ? /^1 clock_gettime 0$/m : /^1 /m,
  },
  {
    feature: "… to a relay daemon",
    permissions: "--allow-read=TRACER --allow-net=HOST:CONTROL,HOST:DATA",
    args: ({ CONTROL, DATA }) => [PROGRAM, "relay daemon", `net://127.0.0.1:${CONTROL}:${DATA}`],
    says: /^1 performance\.now 0$/m,
    needsDaemon: true,
  },
  {
    feature: "… and a spill directory",
    permissions: "--allow-read=TRACER,SPILL --allow-write=SPILL --allow-net=HOST:CONTROL,HOST:DATA",
    args: (
      { CONTROL, DATA, SPILL },
    ) => [PROGRAM, "relay daemon", `net://127.0.0.1:${CONTROL}:${DATA}`, SPILL],
    says: /^1 performance\.now 0$/m,
    needsDaemon: true,
  },
  {
    feature: "… with a black box",
    permissions: BOX,
    args: ({ DIR, FILE }) => [PROGRAM, "black box", DIR, FILE],
    says: /^1 /m,
  },
  {
    feature: "the preloaded probes",
    permissions: `${SESSION} --allow-env=LTT_RELAY_*`,
    args: () => [`--preload=${ROOT}relay/probes/mod.ts`, PROGRAM, "machine"],
    env: ({ DIR }) => ({ LTT_RELAY_OUT: DIR }),
    says: /^(?![^]*untraced)[^]*^1 sub-buffer$/m,
  },
  {
    feature: "`record`",
    permissions: RECORD,
    args: ({ DIR }) => [CLI, "record", "--cwd", DIR, "program.ts"],
    before: ({ DIR }) => program(DIR),
    // A busy machine may have a `loop:delay` too.
    says: /^ {2}\d+ events?, .*; none lost/m,
  },
  {
    feature: "… with a black box",
    permissions:
      "--allow-read=DIR,FILE --allow-write=DIR,FILE --allow-run=DENO --allow-sys=hostname",
    args: boxed,
    before: async (places) => {
      await program(places.DIR);
      // A black box is replaced, too.
      await deno(["--allow-all", ...boxed(places)]);
      await Deno.remove(`${places.DIR}/trace`, { recursive: true });
    },
    says: /^ {2}\d+ events?, .*; none lost/m,
  },
  {
    feature: "`recover`",
    permissions: "--allow-read=FILE,DIR --allow-write=FILE,DIR",
    args: ({ DIR, FILE }) => [CLI, "recover", FILE, "--out", DIR],
    before: (places) => killed(places),
    // What may not be written is recovered too, and that is said.
    says: /^ {2}1 event in 1 sub-buffer(?![^]*warning)/m,
  },
  {
    feature: "`recover --live`",
    permissions: "--allow-read=FILE,DIR --allow-write=DIR",
    args: ({ DIR, FILE }) => [CLI, "recover", FILE, "--live", "--out", DIR],
    before: (places) => killed(places),
    says: /^ {2}1 event in 1 sub-buffer/m,
  },
  {
    feature: "`recover --attach`",
    permissions:
      "--allow-read=FILE,FILE.drained,DIR --allow-write=FILE,FILE.drained,DIR --allow-ffi",
    args: ({ DIR, FILE }) => [CLI, "recover", FILE, "--attach", "--out", DIR],
    before: (places) => killed(places, "without output"),
    says: /^ {2}1 event in 1 sub-buffer(?![^]*warning)/m,
  },
  {
    feature: "`view`",
    permissions: "--allow-read=DIR",
    args: ({ DIR }) => [CLI, "view", DIR],
    before: trace,
    says: /^ +0\.\d+ .* t:n +n=1$/m,
  },
  {
    feature: "… `--html`",
    permissions: "--allow-read=TRACER,DIR --allow-write=FILE",
    args: ({ DIR, FILE }) => [CLI, "view", "--html", FILE, DIR],
    before: trace,
    says: /^1 event in /m,
  },
  {
    feature: "`convert`",
    permissions: "--allow-read=DIR --allow-write=FILE",
    args: ({ DIR, FILE }) => [CLI, "convert", "--to", "chrome-json", "--out", FILE, DIR],
    before: trace,
    says: /^1 event in /m,
  },
  {
    feature: "`relay`",
    permissions: "--allow-read=DIR --allow-write=DIR",
    args: ({ DIR }) => [CLI, "relay", "--cwd", DIR, "program.ts"],
    before: ({ DIR }) => program(DIR),
    says: /hold what went in/,
  },
  {
    feature: "`machine`",
    permissions: "--allow-read=TRACER --allow-net=127.0.0.1",
    args: () => [CLI, "machine", "--port", "0"],
    says: /^The machine is at http:\/\/127\.0\.0\.1:\d+\/ \(.*\)\n/m,
    isEndless: true,
  },
];

/** Leaves a trace of one event. */
async function trace({ DIR }: Places): Promise<void> {
  await deno(["--allow-all", PROGRAM, "session", DIR]);
}

async function program(directory: string): Promise<void> {
  await Deno.mkdir(directory);
  await Deno.writeTextFile(`${directory}/program.ts`, 'console.log("hello");');
}

/** Leaves a black box, with one event, of a program that was killed. */
async function killed({ FILE }: Places, kind: string = "with output"): Promise<void> {
  const module = new URL("./permissions_killed_program.ts", import.meta.url).pathname;
  await deno(["--allow-all", module, FILE, kind]);
}

/** What a program printed until it ended, or said `enough`; for a minute at most. */
export async function deno(
  args: readonly string[],
  env: Record<string, string> = {},
  enough?: RegExp,
): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", ...args],
    env: { ...env, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream() as TransformStream)) {
    stdout += text;
    if (enough?.test(stdout)) child.kill("SIGKILL");
  }
  await child.status;
  clearTimeout(timer);
  return stdout + await stderr;
}
