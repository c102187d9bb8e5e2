import { CASES, type Figure, type Peer, type Surroundings } from "./peer.ts";
import { LttngSession } from "./lttng_session.ts";
import { output } from "./program.ts";

const here = import.meta.dirname;

/** LTTng-UST, its C program compiled and traced here: tracing on, and off. */
export class LttngUst implements Peer {
  readonly name = "LTTng-UST";
  readonly #surroundings: Surroundings;
  readonly #program: string;
  #session: LttngSession | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#program = `${surroundings.dir}/lttng_ust`;
  }

  async start(): Promise<void> {
    const { dir, signal } = this.#surroundings;
    const flags = ["-O2", `-I${here}`, "-o", this.#program];
    const libraries = ["-llttng-ust", "-ldl", "-pthread"];
    await output("gcc", { args: [...flags, `${here}/lttng_ust.c`, ...libraries], signal });
    Deno.chmodSync(this.#program, 0o755);
    this.#session = new LttngSession(dir);
    await this.#session.start("relay_peer");
  }

  async *round(): AsyncGenerator<Figure> {
    for (const traced of [true, false]) {
      const peer = traced ? this.name : `${this.name}, tracing off`;
      for (const { event, threads } of CASES) {
        const ns = await this.#run(traced, event === "u64" ? "one" : "four", threads);
        yield { peer, event, threads, ns, events: this.#surroundings.events };
      }
    }
  }

  async end(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
  }

  /** Off is a home without a daemon; whether it is so is asked of the tracepoint itself. */
  async #run(traced: boolean, fields: "one" | "four", threads: number): Promise<number> {
    const { events, dir, signal } = this.#surroundings;
    const { options } = this.#session!;
    const env = { LTTNG_HOME: traced ? options.env.LTTNG_HOME : dir };
    const args = [fields, `${threads}`, `${events}`];
    const printed = JSON.parse(await output(this.#program, { ...options, env, args, signal }));
    if (printed.traced !== traced) throw new Error(`its tracing is ${traced ? "not on" : "on"}`);
    return printed.ns;
  }
}
