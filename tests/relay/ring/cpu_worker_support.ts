import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuWorker, type RingBuffer, RingChannel, type RingOptions } from "@ltt/relay/ring";
import type { Order } from "./cpu_program.ts";
import { drainEvents } from "./events.ts";
import { sizes } from "./fixture.ts";
import { tell } from "./workers.ts";

/** What the workers run. */
export const PROGRAM = new URL("./cpu_program.ts", import.meta.url);

/** A machine of two nodes whose CPU 1 is down, a channel with rings, a worker to be CPU 1. */
export class WorkerFixture implements AsyncDisposable {
  readonly machine = new Machine({ nodes: [256, 1024], cpus: 2, online: [0], cpuToNode: [0, 1] });
  readonly relay = Relay.start(this.machine);
  readonly channel: RingChannel;
  cpu!: CpuWorker;

  /** Without a worker. */
  constructor(options: Partial<RingOptions> = {}) {
    this.channel = RingChannel.open(this.relay, { baseFilename: "trace", ...sizes, ...options });
  }

  /** Starts the worker, too. */
  static async start(options?: Partial<RingOptions>): Promise<WorkerFixture> {
    const fixture = new WorkerFixture(options);
    fixture.cpu = await fixture.startWorker();
    return fixture;
  }

  /** Starts a worker for CPU 1, or another one. */
  startWorker(cpu = 1, module: string | URL = PROGRAM): Promise<CpuWorker> {
    return CpuWorker.start(this.machine, cpu, { module, channels: [this.channel] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.cpu.isDead) await this.cpu.terminate();
    this.channel[Symbol.dispose]();
  }

  /** The ring of CPU 1. */
  get ring(): RingBuffer {
    return this.channel.buf[1]!;
  }

  /** CPUs that are up. */
  get online(): number[] {
    return [...this.machine.cpus.online].sort();
  }

  /** Tells the worker to do something, and resolves to its answer. */
  tell(order: Order): Promise<number> {
    return tell(this.cpu.worker, order);
  }

  /** Numbers of all events that are delivered. */
  read(): number[] {
    using reader = this.ring.reader();
    return drainEvents(reader);
  }
}
