import { existsSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { assertBoxReplaceable, BoxFile } from "../blackbox/mod.ts";
import {
  assertReplaceable,
  LOCK_FILE,
  parseRelaydUrl,
  STATISTICS_FILE,
  urlHost,
} from "../consume/mod.ts";
import { readSettings, VARIABLES } from "../probes/options.ts";
import { resolveOptions } from "../session/options.ts";
import type { Figures } from "../session/statistics_file.ts";
import { timestamp } from "../session/timestamp.ts";
import { missingEvents } from "../view/near_names.ts";
import { commandName } from "./command_name.ts";
import { Ending, forwardSignals } from "./ending.ts";
import { attempt, JobError } from "./job_error.ts";
import { parseRecordArguments, type RecordArguments, recordUsage } from "./record_arguments.ts";
import { plainText } from "./plain_text.ts";
import {
  givenUpPermissions,
  moduleUrl,
  type RecordPlaces,
  tracerPermissions,
} from "./record_permissions.ts";
import { runCommand } from "./run_command.ts";
import { canRead, isMissing, isModuleMissing } from "./script_file.ts";
import { StatusLine } from "./status_line.ts";
import { progressLine, quoted, summaryOf, summaryText } from "./summary.ts";
import { writtenIn, writtenRemotely } from "./written.ts";

/** Milliseconds between two looks at the figures. */
const LOOK_MS = 500;
/** Milliseconds after which the time of a program counts that has begun no session. */
const PATIENCE_MS = 10_000;
/** Port on which a relay daemon listens to viewers unless it is told otherwise. */
const LIVE_PORT = 5344;
/** How long the example runs, in seconds. */
const EXAMPLE_SECONDS = 4;

/**
 * Runs a program with the probes preloaded, and says what was recorded: the command `record`. Answers
 * the program's exit code, 0 if it was ended because the time was over; what cannot be done ends in
 * one line on standard error.
 */
export function record(args: readonly string[]): Promise<number> {
  const command = { usage: recordUsage, parse: parseRecordArguments };
  return runCommand(command, args, async (options) => {
    const status = new StatusLine();
    try {
      return await attempt("record", options.script ?? "the example", () => {
        return new Recording(options, status).run();
      });
    } finally {
      status.clear();
    }
  });
}

class Recording {
  readonly #options: RecordArguments;
  readonly #status: StatusLine;
  readonly #cwd: string;
  /** The trace's directory; of a trace that goes to a relay daemon one for its figures. */
  readonly #trace: string;
  readonly #spill: string | null;
  readonly #blackBox: string | null;
  /** Patterns of the events to record. */
  readonly #patterns: readonly string[];
  readonly #begin = performance.now();
  /** Whether its seconds are counted. */
  #hasBegun = false;
  /** Permissions that the program gets for the tracer. */
  readonly #granted: readonly string[];

  constructor(options: RecordArguments, status: StatusLine) {
    this.#options = options;
    this.#status = status;
    this.#cwd = resolve(options.cwd);
    if (canRead(this.#cwd) && !existsSync(this.#cwd)) {
      throw new JobError(`Cannot record in ${this.#cwd}: it is not there`);
    }
    const { script, denoArgs } = options;
    if (script !== null && isMissing(script, this.#cwd, denoArgs)) {
      throw new JobError(`Cannot record ${script}: no such file or directory`);
    }
    const redact = options.env.LTT_RELAY_REDACT;
    if (redact !== undefined && isModuleMissing(redact, this.#cwd, denoArgs)) {
      throw new JobError(`Cannot redact by ${redact}: no such file or directory`);
    }
    const absolute = (path: string | null): string | null =>
      path === null ? null : resolve(this.#cwd, path);
    this.#spill = absolute(options.spill);
    this.#blackBox = absolute(options.blackBox);
    this.#patterns = assertedPatterns(this.#settings(), options.relayd);
    this.#trace = options.relayd === null
      ? resolve(this.#cwd, options.out ?? unusedName(this.#cwd))
      : Deno.makeTempDirSync({ prefix: "ltt-relay-" });
    for (const path of [this.#trace, this.#spill ?? "", this.#blackBox ?? ""]) {
      // Deno takes a comma for the end of a path.
      if (path.includes(",")) throw new JobError(`Cannot record to ${path}: it has a ","`);
    }
    this.#granted = tracerPermissions(options, this.#places);
  }

  get #places(): RecordPlaces {
    return {
      cwd: this.#cwd,
      trace: this.#trace,
      spill: this.#spill,
      blackBox: this.#blackBox,
    };
  }

  /** Runs the program, and says what was recorded. Answers its exit code. */
  async run(): Promise<number> {
    try {
      return await this.#run();
    } finally {
      if (this.#options.relayd !== null) Deno.removeSync(this.#trace, { recursive: true });
    }
  }

  async #run(): Promise<number> {
    await attempt("record to", this.#trace, () => {
      Deno.mkdirSync(this.#trace, { recursive: true, mode: 0o700 });
      assertReplaceable(this.#trace);
    });
    const box = this.#blackBox;
    if (box !== null) await attempt("record to", box, () => assertBoxReplaceable(box));
    const before = this.#figuresTime();
    const child = new Deno.Command(Deno.execPath(), {
      args: this.#childArgs(),
      cwd: this.#cwd,
      env: this.#childEnv(),
    }).spawn();
    this.#sayLive();
    const removeListeners = forwardSignals(child);
    const ending = new Ending(child);
    const { seconds, script } = this.#options;
    const look = setInterval(() => this.#show(child.pid), LOOK_MS);
    const beginning = seconds === null || script === null
      ? undefined
      : setInterval(() => this.#beginTime(before, () => ending.begin(seconds * 1000)), 20);
    const { code } = await child.status;
    clearInterval(look);
    clearInterval(beginning);
    ending.stop();
    removeListeners();
    this.#status.clear();
    const hasTold = this.#figures(child.pid) !== null;
    // What another program has there meanwhile is not touched.
    if (this.#options.relayd === null && hasTold) this.#removeEmpty();
    const isKilled = this.#sayKilled(child.pid);
    // Deno could not run it, and has said why.
    if (code === 1 && !hasTold && !isKilled && !ending.hasBegun) return code;
    // What a program that was killed had told is not the last of it.
    if (!isKilled || (this.#options.json && hasTold)) {
      this.#summarise(child.pid);
    }
    return ending.hasBegun ? 0 : code;
  }

  /** What to type to look on. */
  #sayLive(): void {
    const { relayd, env: { LTT_RELAY_LIVE: live, LTT_RELAY_NAME: name = "deno" } } = this.#options;
    if (relayd === null || live === undefined) return;
    const url = `net://${
      urlHost(parseRelaydUrl(relayd))
    }:${LIVE_PORT}/host/${Deno.hostname()}/${name}`;
    console.error(`  babeltrace2 --input-format=lttng-live ${quoted(url)}`);
  }

  #childArgs(): string[] {
    const { denoArgs, script, scriptArgs, seconds } = this.#options;
    const preload = import.meta.resolve("../probes/mod.ts");
    const ours = this.#granted.map((permission) => `--allow-${permission}`);
    const example = ["--allow-net=127.0.0.1", EXAMPLE, String(seconds ?? EXAMPLE_SECONDS)];
    const program = script === null ? example : [script, ...scriptArgs];
    return ["run", ...denoArgs, ...ours, `--preload=${preload}`, ...program];
  }

  #childEnv(): Record<string, string> {
    const { LTT_RELAY_REDACT: redact } = this.#options.env;
    const givenUp = givenUpPermissions(this.#granted, this.#options, this.#places);
    return {
      // What the program would inherit was not asked for here.
      ...Object.fromEntries(VARIABLES.map((name) => [name, ""])),
      LTT_RELAY_OUT: this.#trace,
      ...this.#settings(),
      ...(redact === undefined ? {} : { LTT_RELAY_REDACT: moduleUrl(redact, this.#cwd) }),
      LTT_RELAY_HOSTNAME: Deno.hostname(),
      LTT_RELAY_STATISTICS: this.#trace,
      // The example's workers need what the tracer does.
      ...(this.#options.script === null ? {} : { LTT_RELAY_GIVE_UP: givenUp.join(",") }),
    };
  }

  /** The options that the probes read, but for those that depend on the directory. */
  #settings(): Record<string, string> {
    const { env, relayd } = this.#options;
    return {
      ...env,
      ...(relayd === null ? {} : { LTT_RELAY_OUT: relayd }),
      ...(this.#spill === null ? {} : { LTT_RELAY_SPILL: this.#spill }),
      ...(this.#blackBox === null ? {} : { LTT_RELAY_BLACK_BOX: this.#blackBox }),
    };
  }

  /** Calls `begin` once the program records, or has had the time to; `before` is when figures were written until then. */
  #beginTime(before: number | null, begin: () => void): void {
    if (this.#hasBegun) return;
    const isLate = performance.now() - this.#begin > PATIENCE_MS;
    // A session makes the file of its figures when it begins, and writes them later.
    if (this.#figuresTime() === before && !isLate) return;
    this.#hasBegun = true;
    begin();
  }

  #show(pid: number): void {
    const statistics = this.#figures(pid);
    if (statistics === null) return;
    this.#status.show(progressLine((performance.now() - this.#begin) / 1000, statistics));
  }

  #summarise(pid: number): void {
    const { relayd } = this.#options;
    const statistics = this.#figures(pid);
    if (statistics === null) {
      const where = relayd ?? this.#trace;
      throw new JobError(`Cannot say what was recorded to ${where}: the program told nothing`);
    }
    const isRemote = relayd !== null;
    const written = isRemote
      ? writtenRemotely(this.#spill)
      : writtenIn(this.#trace, this.#options.env);
    const trace = relative(Deno.cwd(), this.#trace) || ".";
    const shown = isRemote ? statistics.output : trace.startsWith("..") ? this.#trace : trace;
    // The program may have ended in the middle of a line.
    if (!this.#options.json) console.error(summaryText(shown, statistics, written));
    else console.log(`\n${JSON.stringify(summaryOf(statistics.output, statistics, written))}`);
    this.#sayMissing(statistics);
  }

  /** Says which patterns of events fit none that the program has declared. */
  #sayMissing({ tracepoints }: Figures): void {
    const names = tracepoints.map(({ name }) => name);
    for (const one of missingEvents(this.#patterns, names, "no event")) {
      console.error(`warning: ${plainText(one)}`);
    }
  }

  /** Says where the rest is, if the program was killed or its trace removed; answers whether that is so. */
  #sayKilled(pid: number): boolean {
    using box = this.#blackBox === null ? null : openBox(this.#blackBox);
    if (box === null || box.info.facts.pid !== pid) return false;
    const { relayd, env } = this.#options;
    const isContinuous = relayd === null && env.LTT_RELAY_MODE === undefined;
    // The program's session may not look: it has given up the permission.
    const isGone = isContinuous && !existsSync(`${this.#trace}/metadata`);
    if (isGone) box.state = "holds a trace";
    if (box.state !== "holds a trace") return false;
    const isWhole = isContinuous && env.LTT_RELAY_MAX_FILE_SIZE === undefined && !isGone;
    const completed = isWhole ? ` --out ${quoted(this.#trace)}` : "";
    const why = isGone ? "The trace was removed" : "The program ended before all was written";
    console.error(
      `  ${why}. What it had recorded is in the black box:\n\n` +
        `  ${commandName()} recover ${quoted(box.path)}${completed}\n`,
    );
    return true;
  }

  /**
   * Removes the files of streams that nothing was written to, for all were made at the start, and the
   * lock of a program that has not closed its session.
   */
  #removeEmpty(): void {
    for (const { name, isFile } of [...Deno.readDirSync(this.#trace)]) {
      const path = `${this.#trace}/${name}`;
      if (!isFile) continue;
      if (name === LOCK_FILE || Deno.statSync(path).size === 0) Deno.removeSync(path);
    }
  }

  /** When the file of figures was written last, milliseconds since 1970; `null` without one. */
  #figuresTime(): number | null {
    const path = `${this.#trace}/${STATISTICS_FILE}`;
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
  }

  /** The figures the traced program wrote last; `null` before there are any, or for those of another one. */
  #figures(pid: number): Figures | null {
    try {
      const figures = JSON.parse(Deno.readTextFileSync(`${this.#trace}/${STATISTICS_FILE}`));
      return figures.pid === pid ? figures : null;
    } catch {
      return null;
    }
  }
}

function openBox(path: string): BoxFile | null {
  try {
    return new BoxFile(path, true);
  } catch {
    return null;
  }
}

/** A name for a trace in a directory where there is nothing of that name. */
function unusedName(cwd: string): string {
  const name = `trace-${timestamp(new Date())}`;
  for (let number = 1;; number++) {
    const numbered = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(resolve(cwd, numbered))) return numbered;
  }
}

/** The program that is recorded when none is named. */
const EXAMPLE = import.meta.resolve("./example/server.ts");

/** The patterns of the events to record. Refuses what the probes would, before the program runs. */
function assertedPatterns(
  env: Readonly<Record<string, string>>,
  relayd: string | null,
): readonly string[] {
  try {
    if (relayd !== null) parseRelaydUrl(relayd);
    return resolveOptions(readSettings((name) => env[name]).session).events;
  } catch (error) {
    throw new JobError((error as Error).message);
  }
}
