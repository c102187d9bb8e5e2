import { complaint, output } from "./program.ts";

/** liblttng-ust makes these, by which daemons wake programs up, and never removes them. */
const WAIT_FILE = "/dev/shm/lttng-ust-wait-8";

/**
 * A user no system gives out. A daemon of root has its sockets in /run/lttng and nowhere else, and
 * the `lttng` of root speaks to no other; any other user's are in LTTNG_HOME. So root hands all of
 * it to this one, and a daemon of root that already runs is left in peace.
 */
const NOBODY_ELSE = 60578;

/** What a session does with events, as options of `lttng`. */
export interface LttngSetup {
  /** Of `lttng create`. */
  readonly create: readonly string[];
  /** Of `lttng enable-channel`. */
  readonly channel: readonly string[];
  /** Of `lttng add-context`. */
  readonly contexts: readonly string[];
}

/** The newest events are kept in memory, in 4 x 1 MiB a CPU. */
const SNAPSHOT: LttngSetup = {
  create: ["--snapshot"],
  channel: ["--overwrite", "--subbuf-size", "1M", "--num-subbuf", "4"],
  contexts: [],
};

/** A session daemon of our own, with one session. */
export class LttngSession implements AsyncDisposable {
  /** For whatever is to be traced by this daemon: who and where it is. */
  readonly options: { uid?: number; gid?: number; env: Record<string, string>; cwd: string };
  readonly #name = `relay-peers-${Deno.pid}`;
  readonly #waitFilesBefore: string[];
  #daemon: Deno.ChildProcess | undefined;
  #ended: Promise<Deno.CommandOutput> | undefined;

  /** Nothing runs yet; `dir` is made readable for the user the daemon will run as. */
  constructor(dir: string) {
    const home = `${dir}/home`;
    Deno.mkdirSync(home);
    const user = Deno.uid() === 0 ? { uid: NOBODY_ELSE, gid: NOBODY_ELSE } : {};
    if (user.uid) {
      Deno.chmodSync(dir, 0o755);
      Deno.chownSync(home, user.uid, user.gid);
    }
    this.options = { ...user, env: { LTTNG_HOME: home, NO_COLOR: "1" }, cwd: dir };
    this.#waitFilesBefore = user.uid ? [] : this.#waitFiles();
  }

  /** Returns when events of `provider` are traced. */
  async start(provider: string, setup: LttngSetup = SNAPSHOT): Promise<void> {
    this.#daemon = new Deno.Command("lttng-sessiond", {
      ...this.options,
      args: ["--no-kernel"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#ended = this.#daemon.output();
    let diedOf: string | undefined;
    this.#ended.then(({ stderr }) => diedOf = complaint(stderr) || "no word");
    const deadline = performance.now() + 15_000;
    while (!await this.#lttng("list").then(() => true, () => false)) {
      if (diedOf !== undefined) throw new Error(`lttng-sessiond ended: ${diedOf}`);
      if (performance.now() > deadline) throw new Error("lttng-sessiond does not answer");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await this.#lttng("create", this.#name, ...setup.create);
    await this.#lttng("enable-channel", "-u", ...setup.channel, "-s", this.#name, "events");
    await this.#lttng("enable-event", "-u", `${provider}:*`, "-s", this.#name, "-c", "events");
    for (const context of setup.contexts) {
      await this.#lttng("add-context", "-u", "-t", context, "-s", this.#name, "-c", "events");
    }
    await this.#lttng("start", this.#name);
  }

  /** Returns when all that was traced is in the session's output. */
  async stop(): Promise<void> {
    await this.#lttng("stop", this.#name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== undefined && this.#ended !== undefined) {
      await this.#lttng("destroy", this.#name).catch(() => {});
      this.#kill("SIGTERM");
      const timer = setTimeout(() => this.#kill("SIGKILL"), 10_000);
      await this.#ended;
      clearTimeout(timer);
    }
    for (const path of this.#waitFiles()) {
      if (!this.#waitFilesBefore.includes(path)) Deno.removeSync(path);
    }
  }

  /** `-n`: it must not start a daemon by itself. */
  async #lttng(...args: string[]): Promise<void> {
    await output("lttng", { ...this.options, args: ["-n", ...args] });
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#daemon?.kill(signal);
    } catch {
      // It has ended by itself.
    }
  }

  /** Those of our user that are there. */
  #waitFiles(): string[] {
    const uid = this.options?.uid ?? Deno.uid();
    return [WAIT_FILE, `${WAIT_FILE}-${uid}`].filter((path) => {
      try {
        return Deno.statSync(path).uid === uid;
      } catch {
        return false;
      }
    });
  }
}
