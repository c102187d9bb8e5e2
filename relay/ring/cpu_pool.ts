import { ascending, KERN_WARNING, KernelError, type Machine, PAGE_SIZE } from "../../hw/mod.ts";
import { BELL, type CpuPoolHandle, CPUS, EMPTY, HELD_CPU, REFUSED, SPARE } from "./claim_cpu.ts";
import { takeDownDead } from "./cpu_worker.ts";
import type { RingBuffer } from "./ring_buffer.ts";
import type { RingChannel } from "./ring_channel.ts";
import { cmpxchg, loadAcquire, storeRelease, writeOnce } from "./shared_words.ts";
import { threadLockFree } from "./thread_lock.ts";

/**
 * CPUs kept up and ready for threads that come to write, {@linkcode claimCpu}: their rings are there,
 * so that a thread need not wait for the booting one. Claimed CPUs are replaced from those present
 * and down; the CPU of a thread that is gone is taken down and can be used again.
 *
 * For the thread that booted the machine; it tops up whenever it runs its event loop.
 */
export class CpuPool {
  readonly #machine: Machine;
  readonly #channels: readonly RingChannel[];
  readonly #spares: number;
  readonly #table: Int32Array<SharedArrayBuffer>;
  readonly #stride: number;
  readonly #locks = `@ltt/relay/cpu ${crypto.randomUUID()}`;
  /** CPUs whose threads' end is waited for. */
  readonly #held = new Set<number>();
  #refusedLogged = 0;
  #isClosed = false;

  /**
   * Brings up `spares` CPUs of those present and down. A CPU that cannot be brought up is passed
   * over and logged. A `RangeError` unless `spares` is an integer from 1 on, a `TypeError` when RAM
   * is not shared.
   */
  constructor(machine: Machine, channels: readonly RingChannel[], spares: number) {
    if (!Number.isInteger(spares) || spares < 1) {
      throw new RangeError(`Cannot keep ${spares} CPUs spare: not an integer from 1 on`);
    }
    this.#machine = machine;
    this.#channels = [...channels];
    this.#spares = spares;
    this.#stride = 1 + channels.length;
    const words = CPUS + this.#stride * machine.cpus.nrCpuIds;
    this.#table = new Int32Array(new SharedArrayBuffer(4 * words));
    if (!(machine.ram.buffer instanceof SharedArrayBuffer)) {
      throw new TypeError("Cannot keep CPUs for other threads: RAM is not shared");
    }
    this.topUp();
    this.#watch();
  }

  /** Names the pool to another thread. */
  get handle(): CpuPoolHandle {
    return {
      ram: { sab: this.#machine.ram.buffer as SharedArrayBuffer },
      table: this.#table.buffer,
      locks: this.#locks,
      channels: this.#channels.map(({ shared }) => shared),
    };
  }

  /** CPUs that can be claimed now. */
  get spare(): number[] {
    const cpus = Array.from({ length: this.#machine.cpus.nrCpuIds }, (_, cpu) => cpu);
    return cpus.filter((cpu) => loadAcquire(this.#table, this.#state(cpu)) === SPARE);
  }

  /** Claims for which no CPU was free. */
  get refused(): number {
    return loadAcquire(this.#table, REFUSED);
  }

  /** Brings CPUs up until there are enough to be claimed, or none is left. */
  topUp(): void {
    const { cpus, hotplug, log } = this.#machine;
    const wanted = this.#spares - this.spare.length;
    const down = ascending(cpus.present).filter((cpu) =>
      !cpus.online.has(cpu) && loadAcquire(this.#table, this.#state(cpu)) === EMPTY
    );
    for (const cpu of down.slice(0, Math.max(wanted, 0))) {
      try {
        hotplug.cpuUp(cpu);
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        log.printk(KERN_WARNING, `CPU${cpu}: not kept spare: ${error.message}\n`);
        continue;
      }
      const rings = this.#channels.map(({ buf }) => buf[cpu]);
      rings.forEach((ring, i) => {
        const pfn = (ring as RingBuffer).descriptor.control / PAGE_SIZE;
        writeOnce(this.#table, this.#state(cpu) + 1 + i, pfn);
      });
      storeRelease(this.#table, this.#state(cpu), SPARE);
    }
  }

  /** Takes down the CPUs nobody has claimed. The others go when their threads do. */
  close(): void {
    this.#isClosed = true;
    for (const cpu of this.spare) {
      const state = this.#state(cpu);
      if (cmpxchg(this.#table, state, SPARE, EMPTY) === SPARE) this.#machine.hotplug.cpuDown(cpu);
    }
  }

  /** Closes the pool. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.close();
  }

  async #watch(): Promise<void> {
    for (;;) {
      const bell = loadAcquire(this.#table, BELL);
      this.#logRefused();
      for (const cpu of this.#machine.cpus.present) {
        if (this.#held.has(cpu)) continue;
        if (loadAcquire(this.#table, this.#state(cpu)) === HELD_CPU) this.#waitForEnd(cpu);
      }
      if (!this.#isClosed) this.topUp();
      await Atomics.waitAsync(this.#table, BELL, bell).value;
    }
  }

  async #waitForEnd(cpu: number): Promise<void> {
    this.#held.add(cpu);
    await threadLockFree(`${this.#locks} ${cpu}`);
    this.#held.delete(cpu);
    takeDownDead(this.#machine, this.#channels, cpu);
    storeRelease(this.#table, this.#state(cpu), EMPTY);
    if (!this.#isClosed) this.topUp();
  }

  #logRefused(): void {
    const refused = this.refused;
    const more = refused - this.#refusedLogged;
    this.#refusedLogged = refused;
    if (more > 0) this.#machine.log.printk(KERN_WARNING, `no CPU free for ${more} threads\n`);
  }

  /** Word of the state of a CPU. */
  #state(cpu: number): number {
    return CPUS + this.#stride * cpu;
  }
}
