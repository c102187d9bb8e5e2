import type { ConsumedStream, Consumer } from "./consumer.ts";
import type { StreamSink } from "./stream_sink.ts";
import { turn } from "./turn.ts";

/** Writes streams as they deliver, and in between whatever is asked for. */
export class DirectorySink implements StreamSink {
  readonly #consumer: Consumer;
  readonly #doorbells: Int32Array<SharedArrayBuffer>;
  readonly #failed: () => void;
  readonly #streams: ConsumedStream[] = [];
  #isClosed = false;

  /** Writes by a consumer whenever a CPU's doorbell rings; `failed` is told when that fails. */
  constructor(
    consumer: Consumer,
    doorbells: Int32Array<SharedArrayBuffer>,
    failed: () => void,
  ) {
    this.#consumer = consumer;
    this.#doorbells = doorbells;
    this.#failed = failed;
  }

  /** Why it has stopped; `null` while it goes on. */
  get failure(): string | null {
    return this.#consumer.failure;
  }

  /** Writes what a stream delivers, from now on. */
  add(stream: ConsumedStream): void {
    this.#streams.push(stream);
    this.#consume(stream);
  }

  /** Writes all that was recorded by now; throws why that cannot be done. */
  flush(): void {
    for (const stream of this.#streams) this.#consumer.flush(stream);
    this.#consumer.look();
    if (this.failure !== null) throw new Error(this.failure);
  }

  /** Writes the rest, and closes the files; errors as of `flush`. */
  close(): void {
    this.#isClosed = true;
    try {
      this.flush();
    } finally {
      this.#consumer.close();
    }
  }

  async #consume(stream: ConsumedStream): Promise<void> {
    while (!this.#isClosed) {
      const bell = Atomics.load(this.#doorbells, stream.cpu);
      const packets = this.#consumer.drain(stream);
      if (this.failure !== null) return this.#failed();
      // A writer that is always ahead must not keep requests, timers and other CPUs from their turn.
      if (packets > 0) await turn();
      else await Atomics.waitAsync(this.#doorbells, stream.cpu, bell).value;
    }
  }
}
