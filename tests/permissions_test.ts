import { assertEquals } from "@std/assert";
import { type Case, cases, deno, type Places, ROOT } from "./permissions_cases.ts";
import { STEPS_AT_ONCE, stepsAtOnce } from "./relay/at_once.ts";
import { Daemon, RELAYD_MISSING } from "./relay/consume/relayd/daemon.ts";

const README = `${ROOT}README.md`;

const isLimited = ["run", "read", "write", "ffi", "env", "sys"].some((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state !== "granted"
);
const ignore = isLimited || Deno.build.os === "windows";

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

function placeOf(places: Places, name: string): string {
  if (name === "HOST") return "127.0.0.1";
  // The names of variables are names themselves.
  return (places as unknown as Record<string, string>)[name] ?? name;
}

for (const one of cases) {
  const { feature, says, needsDaemon } = one;
  const permissions = one.permissions === "none" ? [] : one.permissions.split(" ");
  Deno.test({
    name: `${feature}: the permissions in the README are enough, and less is too little`,
    ignore: ignore || (needsDaemon === true && RELAYD_MISSING),
    ...STEPS_AT_ONCE,
    async fn(t) {
      await using workshop = await Workshop.open(one);
      const tried = async (some: readonly string[], isEnough: boolean): Promise<void> => {
        const output = await workshop.run(some);
        assertEquals(says.test(output), isEnough, `${some.join(" ")}: ${output}`);
      };
      const steps = new Map([[
        `${feature}: the permissions in the README are enough`,
        () => tried(permissions, true),
      ]]);
      for (const less of lacking(permissions)) {
        const what = less.join(" ") || "no permission";
        steps.set(`${feature}: ${what} is too little`, () => tried(less, false));
      }
      await stepsAtOnce(t, steps);
    },
  });
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
