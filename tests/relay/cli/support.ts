/** Commands, run as a user runs them. */

/** The module of all commands. */
export const MAIN: string = new URL("../../../relay/cli/mod.ts", import.meta.url).pathname;
/** The folder of these tests' programs, with a slash behind it. */
export const PROGRAMS: string = new URL("./programs/", import.meta.url).pathname;
/** A program that never ends by itself, and says when it has begun. */
export const FOR_EVER: string = `${PROGRAMS}for_ever.ts`;

/** What a process printed, and how it ended. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Starts `deno run` in a directory, initially this process's, with more environment variables. */
export function start(
  args: readonly string[],
  cwd: string = Deno.cwd(),
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...env },
  }).spawn();
}

/** Waits for the end of a process. */
export async function finish(child: Deno.ChildProcess): Promise<Finished> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** Runs `deno run` in a directory to its end. */
export function run(args: readonly string[], cwd?: string): Promise<Finished> {
  return finish(start(args, cwd));
}

/** Resolves when a process has printed something, which can still be read. */
export async function hasPrinted(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
}

/** Where figures are, as JSON. */
export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)!;
}

/** A test of a command, in a directory of its own that is gone afterwards. */
export function testCommand(
  name: string,
  ignore: boolean,
  body: (directory: string) => Promise<void>,
): void {
  Deno.test(`deno task ${name}`, { ignore }, async () => {
    const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "ltt-cli-" }));
    try {
      await body(directory);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
