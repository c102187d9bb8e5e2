import type { RelaydAddress } from "../../../../relay/consume/relayd/address.ts";

const COMMAND = "lttng-relayd";
/** How long a daemon has to come up, in milliseconds. */
const START_MS = 10_000;

/** Whether there is no lttng-relayd, or it may not be run and talked to: for `{ ignore }`. */
export const RELAYD_MISSING: boolean = isMissing();

function isMissing(): boolean {
  const needed = [{ name: "run" }, { name: "read" }, { name: "write" }, { name: "net" }] as const;
  if (needed.some((one) => Deno.permissions.querySync(one).state !== "granted")) return true;
  try {
    return !new Deno.Command(COMMAND, { args: ["--version"] }).outputSync().success;
  } catch {
    return true;
  }
}

/** LTTng's relay daemon on loopback ports of its own, writing to a directory of its own. */
export class Daemon implements AsyncDisposable {
  /** Where the streams are written. */
  readonly output: string;
  readonly address: RelaydAddress;
  readonly livePort: number;
  readonly #home: string;
  #process: Deno.ChildProcess;

  /** Starts one that writes to a new directory, in `dir` if that is given. */
  static async start(dir?: string): Promise<Daemon> {
    const options = dir === undefined ? {} : { dir };
    const home = await Deno.makeTempDir({ prefix: "ltt-relayd-", ...options });
    const [controlPort, dataPort, livePort] = freePorts(3);
    const daemon = new Daemon(home, controlPort, dataPort, livePort);
    await daemon.#up();
    return daemon;
  }

  private constructor(home: string, controlPort: number, dataPort: number, livePort: number) {
    this.#home = home;
    this.output = `${home}/output`;
    this.address = { hostname: "127.0.0.1", controlPort, dataPort };
    this.livePort = livePort;
    this.#process = this.#spawn();
  }

  /** Its process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Ends it, at once. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  /** Starts it again, on the same ports. */
  async restart(): Promise<void> {
    this.#process = this.#spawn();
    await this.#up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await this.#process.status;
    await Deno.remove(this.#home, { recursive: true });
  }

  #spawn(): Deno.ChildProcess {
    const { controlPort, dataPort } = this.address;
    const url = (port: number): string => `tcp://127.0.0.1:${port}`;
    return new Deno.Command(COMMAND, {
      args: [
        `--control-port=${url(controlPort)}`,
        `--data-port=${url(dataPort)}`,
        `--live-port=${url(this.livePort)}`,
        `--output=${this.output}`,
      ],
      env: { HOME: this.#home, LTTNG_HOME: this.#home },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async #up(): Promise<void> {
    const { hostname, controlPort, dataPort } = this.address;
    const end = performance.now() + START_MS;
    for (const port of [controlPort, dataPort, this.livePort]) {
      for (;;) {
        try {
          (await Deno.connect({ hostname, port })).close();
          break;
        } catch (error) {
          if (performance.now() > end) throw error;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    }
  }
}

/** Loopback ports on which nobody listens. */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}
