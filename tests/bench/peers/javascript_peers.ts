import { CASES, type Figure, type Peer, type Surroundings } from "./peer.ts";
import { output } from "./program.ts";
import { writers } from "./javascript_writers.ts";

const program = new URL("./javascript_program.ts", import.meta.url).href;

/**
 * One of the writers in JavaScript. Each case of each round is a process of its own: compiled for
 * nothing else, gone when it is over, and the packages it fetches enter no lock file.
 */
class JavaScriptPeer implements Peer {
  readonly name: string;
  readonly #surroundings: Surroundings;
  readonly #events: number;

  constructor(name: string, surroundings: Surroundings) {
    this.name = name;
    this.#surroundings = surroundings;
    this.#events = Math.ceil(surroundings.events / writers[name].fewer);
  }

  async *round(): AsyncGenerator<Figure> {
    const { dir, signal } = this.#surroundings;
    for (const { event, threads } of CASES) {
      const options = ["run", "--allow-all", "--no-lock", "--quiet"];
      const order = JSON.stringify({
        writer: this.name,
        event,
        threads,
        events: this.#events,
        dir,
      });
      const args = [...options, program, order];
      const { ns } = JSON.parse(await output(Deno.execPath(), { args, signal }));
      yield { peer: this.name, event, threads, ns, events: this.#events };
    }
  }
}

/** All of them. */
export const javaScriptPeers = (surroundings: Surroundings): Peer[] =>
  Object.keys(writers).map((name) => new JavaScriptPeer(name, surroundings));
