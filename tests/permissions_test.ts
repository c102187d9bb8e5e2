import { assertEquals } from "@std/assert";
import { atOnce } from "./relay/at_once.ts";
import { Daemon, RELAYD_MISSING } from "./relay/consume/relayd/daemon.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const README = `${ROOT}README.md`;
const CLI = `${ROOT}relay/cli/mod.ts`;
const PROGRAM = new URL("./permissions_program.ts", import.meta.url).pathname;

const isLimited = ["run", "read", "write", "ffi", "env", "sys"].some((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state !== "granted"
);
const ignore = isLimited || Deno.build.os === "windows";

/** Stand for paths and addresses in the README's table. */
interface Places {
  readonly TRACER: string;
  readonly DIR: string;
  readonly FILE: string;
  readonly SPILL: string;
  readonly DENO: string;
  readonly CONTROL: string;
  readonly DATA: string;
}

interface Case {
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

const cases: readonly Case[] = [
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
    says: /^ {2}\d+ events, .*; none lost/m,
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
    says: /^ {2}\d+ events, .*; none lost/m,
  },
  {
    feature: "`recover`",
    permissions: "--allow-read=FILE,DIR --allow-write=FILE,DIR",
    args: ({ DIR, FILE }) => [CLI, "recover", FILE, "--out", DIR],
    before: (places) => killed(places),
    // What may not be written is recovered too, and that is said.
    says: /^ {2}1 events in 1 sub-buffer(?![^]*warning)/m,
  },
  {
    feature: "`recover --live`",
    permissions: "--allow-read=FILE,DIR --allow-write=DIR",
    args: ({ DIR, FILE }) => [CLI, "recover", FILE, "--live", "--out", DIR],
    before: (places) => killed(places),
    says: /^ {2}1 events in 1 sub-buffer/m,
  },
  {
    feature: "`recover --attach`",
    permissions:
      "--allow-read=FILE,FILE.drained,DIR --allow-write=FILE,FILE.drained,DIR --allow-ffi",
    args: ({ DIR, FILE }) => [CLI, "recover", FILE, "--attach", "--out", DIR],
    before: (places) => killed(places, "without output"),
    says: /^ {2}1 events in 1 sub-buffer(?![^]*warning)/m,
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
    says: /^The machine is at http:\/\/127\.0\.0\.1:\d+\/, .*\n/m,
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

/** What a program printed until it ended, or said `enough`. */
async function deno(
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
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream() as TransformStream)) {
    stdout += text;
    if (enough?.test(stdout)) child.kill("SIGKILL");
  }
  await child.status;
  return stdout + await stderr;
}

/** Where a feature is run that finds something there which is made once. */
class Workshop implements AsyncDisposable {
  readonly #one: Case;
  readonly #directory: string;
  readonly #daemon: Daemon | null;
  #runs = 0;

  private constructor(one: Case, directory: string, daemon: Daemon | null) {
    this.#one = one;
    this.#directory = directory;
    this.#daemon = daemon;
  }

  /** Makes what has to be there before. */
  static async open(one: Case): Promise<Workshop> {
    const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "ltt-permissions-" }));
    const workshop = new Workshop(one, directory, one.needsDaemon ? await Daemon.start() : null);
    const places = await workshop.#places("before");
    await one.before?.(places);
    return workshop;
  }

  /** Runs the feature with some permissions, in places of its own; what it printed. */
  async run(permissions: readonly string[]): Promise<string> {
    const { args, env, says, isEndless } = this.#one;
    const places = await this.#places(`${this.#runs++}`);
    await this.#lay(places);
    const flags = permissions.map((flag) =>
      flag.replace(/\b[A-Z]+\b/g, (name) => placeOf(places, name))
    );
    return await deno([...flags, ...args(places)], env?.(places), isEndless ? says : undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }

  async #places(name: string): Promise<Places> {
    const directory = `${this.#directory}/${name}`;
    await Deno.mkdir(directory);
    return {
      TRACER: ROOT,
      DIR: `${directory}/trace`,
      FILE: `${directory}/file`,
      SPILL: `${directory}/spill`,
      DENO: Deno.execPath(),
      CONTROL: String(this.#daemon?.address.controlPort),
      DATA: String(this.#daemon?.address.dataPort),
    };
  }

  /** Lays what was made before in its places. */
  async #lay({ DIR, FILE }: Places): Promise<void> {
    const before = `${this.#directory}/before`;
    for (const { name, isDirectory } of [...Deno.readDirSync(before)]) {
      if (!isDirectory) {
        await Deno.copyFile(`${before}/${name}`, FILE);
        continue;
      }
      await Deno.mkdir(DIR);
      for (const file of [...Deno.readDirSync(`${before}/${name}`)]) {
        await Deno.copyFile(`${before}/${name}/${file.name}`, `${DIR}/${file.name}`);
      }
    }
  }
}

/** Lists of permissions that lack one thing each. */
function lacking(permissions: readonly string[]): string[][] {
  return permissions.flatMap((flag, i) => {
    const [name, values] = flag.split("=");
    const items = values?.split(",") ?? [];
    const others = items.map((item) => items.filter((one) => one !== item));
    return (others.length > 1 ? others.map((items) => `${name}=${items}`) : [""]).map((less) =>
      permissions.with(i, less).filter((one) => one !== "")
    );
  });
}

// What a test starts ends with it; steps that are run at a time may not be asked.
const unasked = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
for (const one of cases) {
  const { feature, says, needsDaemon } = one;
  const permissions = one.permissions === "none" ? [] : one.permissions.split(" ");
  Deno.test({
    name: `${feature}: the permissions in the README are enough, and less is too little`,
    ignore: ignore || (needsDaemon === true && RELAYD_MISSING),
    ...unasked,
    async fn(t) {
      await using workshop = await Workshop.open(one);
      await atOnce(2, [permissions, ...lacking(permissions)], (some) => {
        const isAll = some === permissions;
        const what = isAll ? "the permissions in the README are enough" : "is too little";
        const name = isAll ? what : `${some.join(" ") || "no permission"} ${what}`;
        return t.step({
          name: `${feature}: ${name}`,
          ...unasked,
          async fn() {
            const output = await workshop.run(some);
            assertEquals(says.test(output), isAll, `${some.join(" ")}: ${output}`);
          },
        });
      });
    },
  });
}

function placeOf(places: Places, name: string): string {
  if (name === "HOST") return "127.0.0.1";
  // The names of variables are names themselves.
  return (places as unknown as Record<string, string>)[name] ?? name;
}

Deno.test("the README's table of permissions says what is tested here", { ignore }, () => {
  const section = /## Permissions\n([\s\S]*?)\n## /.exec(Deno.readTextFileSync(README))![1];
  const rows = section.split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) => line.split("|").slice(1, 3).map((cell) => cell.trim()));
  assertEquals(
    rows,
    cases.map(({ feature, permissions }) => [
      feature,
      permissions === "none" ? permissions : `\`${permissions}\``,
    ]),
  );
});
