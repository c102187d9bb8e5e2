import type { EventKind, Figure, Peer, Surroundings } from "./peer.ts";
import { output } from "./program.ts";

const module = new URL("../event.ts", import.meta.url);

/** A line of `event.ts --json`. */
interface Line {
  event: EventKind;
  threads: number;
  clock: string;
  ns: { median: number };
  events?: number;
}

/** This library: its own benchmark, a run of it a round. */
export class Ours implements Peer {
  readonly name = "@ltt/relay";
  readonly #signal: AbortSignal;

  constructor({ signal }: Surroundings) {
    this.#signal = signal;
  }

  async start(): Promise<void> {
    await Deno.stat(module).catch(() => {
      throw new Error("there is no tests/bench/event.ts");
    });
  }

  async *round(): AsyncGenerator<Figure> {
    const args = ["run", "--allow-all", "--quiet", module.href, "--json", "--runs", "1"];
    for (
      const line of (await output(Deno.execPath(), { args, signal: this.#signal })).split("\n")
    ) {
      if (!line.startsWith("{")) continue;
      const { event, threads, clock, ns, events }: Line = JSON.parse(line);
      const peer = `${this.name}, ${clock}`;
      yield { peer, event, threads, ns: ns.median, events: events ?? null };
    }
  }
}
