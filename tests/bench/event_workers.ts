import type { TraceSession } from "@ltt/relay/session";
import type { EventAnswer, EventOrder } from "./event_program.ts";

/** A thread that records events when it is told to. */
export class EventWorker {
  readonly #worker: Worker;

  constructor() {
    const module = new URL("./event_program.ts", import.meta.url);
    this.#worker = new Worker(module, { type: "module" });
  }

  /** Starts threads that take part in a session. */
  static async start(count: number, { handle }: TraceSession): Promise<EventWorker[]> {
    const workers = Array.from({ length: count }, () => new EventWorker());
    await Promise.all(workers.map((worker) => worker.#ask({ handle })));
    return workers;
  }

  /** Records events of a kind, one every `ns` nanoseconds or as fast as it can. */
  record(kind: string, events: number, ns: number = 0): Promise<EventAnswer> {
    return this.#ask({ kind, events, ns });
  }

  /** Ends the thread. */
  end(): void {
    this.#worker.terminate();
  }

  #ask(order: EventOrder): Promise<EventAnswer> {
    return new Promise((resolve) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.postMessage(order);
    });
  }
}
