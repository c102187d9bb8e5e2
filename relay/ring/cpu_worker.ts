import { KernelError } from "../../hw/errno.ts";
import { KERN_WARNING } from "../../hw/log.ts";
import type { Machine } from "../../hw/machine.ts";
import type { CpuAnswer, CpuInit, CpuRequest } from "./cpu_messages.ts";
import { giveCpu, takeCpu, takeDownDead } from "./cpu_threads.ts";
import type { RingChannel } from "./ring_channel.ts";
import { threadLockFree } from "./thread_lock.ts";
import type { FlushMode } from "./writer.ts";

/** What worker to start. */
export interface CpuWorkerOptions {
  /** Module that calls {@linkcode runCpu}. */
  readonly module: URL | string;
  /** Channels whose rings the CPU is given when it comes up; may grow before that. */
  readonly channels: readonly RingChannel[];
  /** Options of the worker, permissions for instance. */
  readonly worker?: Omit<WorkerOptions, "type">;
}

/** Names the locks of this thread's machines apart from everybody else's. */
const LOCK_PREFIX = `@ltt/relay/cpu ${crypto.randomUUID()}`;

/**
 * A CPU of the machine that is a thread of its own, a worker. While it is down its worker is parked:
 * there, but without anything to write to. It comes up as the kernel's do, with buffers allocated on
 * its node, and is then given its rings; it is parked before it is taken down.
 *
 * A worker that ends by itself, throws, is closed or terminated, is taken down likewise, as soon as
 * its thread is gone. A terminated worker runs on until it returns to its event loop; one that
 * never does is never dead, and nobody touches its sub-buffer.
 *
 * For the thread that booted the machine.
 */
export class CpuWorker {
  /** Number of the CPU. */
  readonly cpu: number;
  /** The worker, for messages of one's own. */
  readonly worker: Worker;
  /** Resolved when the thread is gone and its CPU is down. */
  readonly dead: Promise<void>;
  readonly #machine: Machine;
  readonly #channels: readonly RingChannel[];
  readonly #port: MessagePort;
  readonly #parking = new Int32Array(new SharedArrayBuffer(4));
  readonly #waiting: {
    type: CpuAnswer["type"];
    resolve: (answer: CpuAnswer) => void;
    reject: (error: Error) => void;
  }[] = [];
  /** Whether it was brought up here, and not taken down since. */
  #isUp = false;
  #isDead = false;
  #operating = false;
  /** What the worker threw, if that was its end. */
  #thrown: string | null = null;

  /**
   * Starts a worker for a CPU, and resolves when it is parked: its module must call {@linkcode
   * runCpu}, or that is never. Rejects when the worker throws before that. `EINVAL` for a CPU that is
   * not present or is up, `EBUSY` for one that is another worker's or a pool's, a `TypeError` when RAM
   * is not shared.
   */
  static async start(machine: Machine, cpu: number, options: CpuWorkerOptions): Promise<CpuWorker> {
    if (!machine.cpus.present.has(cpu) || machine.cpus.online.has(cpu)) {
      const why = machine.cpus.online.has(cpu) ? "it is up" : "it is not present";
      throw new KernelError("EINVAL", `Cannot start a worker for CPU ${cpu}: ${why}`);
    }
    if (machine.ram.handle === null) {
      throw new TypeError(`Cannot start a worker for CPU ${cpu}: RAM is not shared`);
    }
    takeCpu(machine, cpu);
    try {
      const started = new CpuWorker(machine, cpu, options);
      await started.#present.catch((error) => {
        started.worker.terminate();
        started.#port.close();
        throw error;
      });
      return started;
    } catch (error) {
      giveCpu(machine, cpu);
      throw error;
    }
  }

  readonly #present: Promise<unknown>;

  /** Made by {@linkcode CpuWorker.start}. */
  private constructor(machine: Machine, cpu: number, options: CpuWorkerOptions) {
    this.cpu = cpu;
    this.#machine = machine;
    this.#channels = options.channels;
    this.worker = new Worker(options.module, { ...options.worker, type: "module" });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<CpuAnswer>) => this.#answered(data);
    const lock = `${LOCK_PREFIX} ${crypto.randomUUID()}`;
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => {});
    this.worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#thrown = event.message;
      this.#machine.log.printk(KERN_WARNING, `CPU${cpu}: the worker threw: ${event.message}\n`);
      reject(new Error(`The worker of CPU ${cpu} threw: ${event.message}`));
    });
    const present = this.#answer("present");
    this.#present = Promise.race([present, failed]);
    this.dead = present.then(() => threadLockFree(lock)).then(() => this.#died());
    const init: CpuInit = {
      type: "@ltt/relay/cpu",
      cpu,
      lock,
      parking: this.#parking.buffer,
      port: port2,
    };
    const hello = (event: MessageEvent): void => {
      if (event.data?.type !== init.type) return;
      event.stopImmediatePropagation();
      this.worker.removeEventListener("message", hello);
      this.worker.postMessage(init, [port2]);
    };
    this.worker.addEventListener("message", hello);
  }

  /** Whether its thread is gone: it can be neither brought up nor taken down. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /**
   * Brings the CPU up: the notifiers run before the first await, as in `cpuUp`, whose errors it has;
   * then the worker is given its rings. Resolves when its program runs.
   */
  async up(): Promise<void> {
    await this.#operate("bring up", async () => {
      const { cpus, hotplug } = this.#machine;
      const wasUp = cpus.online.has(this.cpu);
      try {
        hotplug.cpuUp(this.cpu);
      } finally {
        // What a notifier threw comes out even if the CPU is up after all.
        if (!wasUp && cpus.online.has(this.cpu)) {
          this.#isUp = true;
          await this.#giveRings();
        }
      }
    });
  }

  /**
   * Takes the CPU down: its program is asked to return; when it has, the notifiers run as in
   * `cpuDown`, whose errors it has, and at CPU_DEAD what it had written is handed to the reader. If
   * the CPU may not go down its program runs again.
   */
  async down(): Promise<void> {
    await this.#operate("take down", async () => {
      if (!this.#isUp) {
        throw new KernelError("EINVAL", `Cannot take down CPU ${this.cpu}: it is not up`);
      }
      Atomics.store(this.#parking, 0, 1);
      await this.#request({ type: "park" });
      Atomics.store(this.#parking, 0, 0);
      try {
        this.#machine.hotplug.cpuDown(this.cpu);
      } finally {
        this.#isUp = this.#machine.cpus.online.has(this.cpu);
        if (this.#isUp) await this.#giveRings();
      }
    });
  }

  /**
   * Has its rings flushed on its thread, when that next runs its event loop; says whether a
   * sub-buffer was closed. Does nothing while the CPU is down. Rejects with what a callback throws.
   */
  async flush(mode: FlushMode): Promise<boolean> {
    this.#assertAlive("flush");
    const answer = await this.#request({ type: "flush", mode });
    if (answer.type !== "flush" || answer.error !== undefined) {
      throw new Error(`Cannot flush CPU ${this.cpu}: ${answer.type === "flush" && answer.error}`);
    }
    return answer.closed;
  }

  /** Ends the worker, and resolves when its thread is gone and its CPU down. */
  async terminate(): Promise<void> {
    this.worker.terminate();
    await this.dead;
  }

  async #operate(what: string, operation: () => Promise<void>): Promise<void> {
    this.#assertAlive(what);
    if (this.#operating) {
      throw new KernelError("EBUSY", `Cannot ${what} CPU ${this.cpu}: it is coming or going`);
    }
    this.#operating = true;
    try {
      await operation();
    } finally {
      this.#operating = false;
    }
  }

  async #giveRings(): Promise<void> {
    const rings = this.#channels.map(({ buf }) => buf[this.cpu]?.descriptor);
    await this.#request({ type: "up", rings: rings.filter((ring) => ring !== undefined) });
  }

  /** Sends a request and waits for the answer; rejects when the thread dies meanwhile. */
  #request(request: CpuRequest): Promise<CpuAnswer> {
    const answer = this.#answer(request.type);
    this.#port.postMessage(request);
    return answer;
  }

  #answer(type: CpuAnswer["type"]): Promise<CpuAnswer> {
    return new Promise((resolve, reject) => this.#waiting.push({ type, resolve, reject }));
  }

  #answered(answer: CpuAnswer): void {
    const i = this.#waiting.findIndex(({ type }) => type === answer.type);
    if (i >= 0) this.#waiting.splice(i, 1)[0].resolve(answer);
  }

  #assertAlive(what: string): void {
    if (this.#isDead) throw new KernelError("ENODEV", `Cannot ${what} CPU ${this.cpu}: it is dead`);
  }

  /** Its thread is gone. */
  #died(): void {
    this.#isDead = true;
    this.#port.close();
    if (this.#isUp) takeDownDead(this.#machine, this.#channels, this.cpu);
    giveCpu(this.#machine, this.cpu);
    const why = this.#thrown === null ? "" : `: it threw ${this.#thrown}`;
    const ended = new Error(`The worker of CPU ${this.cpu} ended${why}`);
    for (const { reject } of this.#waiting.splice(0)) reject(ended);
  }
}
