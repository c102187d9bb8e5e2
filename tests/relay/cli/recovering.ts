/** Black boxes of programs that were killed, or go on, and `deno task recover` on them. */
import { BoxFile } from "../../../relay/blackbox/mod.ts";
import { ignore } from "../blackbox/support.ts";
import { readTrace } from "../session/support.ts";
import {
  finish,
  type Finished,
  hasPrinted,
  MAIN,
  PROGRAMS,
  run,
  start,
  testCommand,
} from "./support.ts";

/** A test of `deno task recover`. */
export function test(
  name: string,
  body: (directory: string) => Promise<void>,
  isIgnored: boolean = ignore,
): void {
  testCommand(`recover ${name}`, isIgnored, body);
}

/** Runs `deno task recover` in a directory, with all permissions or with some. */
export function recover(
  cwd: string,
  args: readonly string[],
  permissions: readonly string[] = ["--allow-all"],
): Promise<Finished> {
  return run([...permissions, MAIN, "recover", ...args], cwd);
}

/** Starts `deno task recover` in a directory. */
export function startRecover(cwd: string, ...args: string[]): Deno.ChildProcess {
  return start(["--allow-all", MAIN, "recover", ...args], cwd);
}

/** Runs a program that records to the black box `box`. */
export function runBoxed(directory: string, events: number, what: string): Promise<Finished> {
  return run(boxed(directory, events, what), directory);
}

function boxed(directory: string, events: number, what: string): string[] {
  return ["--allow-all", `${PROGRAMS}boxed.ts`, `${directory}/box`, `${events}`, what];
}

/** What programs have left, by how many events they had recorded. */
const left = new Map<number, Uint8Array>();

/**
 * Leaves the black box `box` of a program that has recorded so many events and was killed: the same one
 * for the same number.
 */
export async function killed(directory: string, events: number): Promise<void> {
  const box = `${directory}/box`;
  const before = left.get(events);
  if (before !== undefined) return Deno.writeFileSync(box, before);
  await runBoxed(directory, events, "die");
  left.set(events, Deno.readFileSync(box));
}

/** A program that records to the black box `box` until it is disposed of, and goes on to do so. */
export class Living implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it has recorded so many events. */
  static async start(directory: string, events: number): Promise<Living> {
    const living = new Living(start(boxed(directory, events, "go on"), directory));
    await hasPrinted(living.#child);
    return living;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Kills it, and waits for its end. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      return;
    }
    await finish(this.#child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** What a black box says of itself. */
export function stateOf(path: string): string {
  using box = new BoxFile(path, false);
  return box.state;
}

/** Numbers of the events of that name in a trace. */
export async function numbersOf(trace: string, name = "t:n"): Promise<number[]> {
  const { events } = await readTrace(trace);
  return events.filter((event) => event.name === name).map(({ fields }) => fields.n as number);
}
