import {
  CPU_DEAD,
  CPU_DOWN_FAILED,
  CPU_DOWN_PREPARE,
  CPU_TASKS_FROZEN,
  type CpuAction,
} from "../../hw/cpu_actions.ts";
import { ascending } from "../../hw/cpus.ts";
import { KERN_ERR, KERN_WARNING, thrownText } from "../../hw/log.ts";
import type { Machine } from "../../hw/machine.ts";
import {
  type NotifierBlock,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_OK,
} from "../../hw/notifier.ts";
import { PAGE_SIZE, type RamHandle } from "../../hw/ram.ts";
import {
  BELL,
  CLAIMED,
  type CpuPoolHandle,
  CPUS,
  EMPTY,
  HELD_CPU,
  REFUSED,
  SPARE,
} from "./claim_cpu.ts";
import { giveCpu, isCpuTaken, takeCpu, takeDownDead } from "./cpu_threads.ts";
import type { RingChannel } from "./ring_channel.ts";
import { cmpxchg, loadAcquire, ringDoorbell, storeRelease, writeOnce } from "./shared_words.ts";
import { threadLockFree } from "./thread_lock.ts";

/** Place of a pool's callback in the CPU chain: the first, so that no claim comes in between. */
const POOL_NOTIFIER_PRIORITY = 20;

/**
 * CPUs kept up and ready for threads that come to write, {@linkcode claimCpu}: their rings are there,
 * so that a thread need not wait for the booting one. Claimed CPUs are replaced from those present
 * and down; the CPU of a thread that is gone is taken down and can be used again. CPUs are online
 * after boot unless the machine is told otherwise: boot with those to be kept not `online`.
 *
 * For the thread that booted the machine; it tops up whenever it runs its event loop.
 */
export class CpuPool {
  readonly #machine: Machine;
  readonly #ram: RamHandle;
  readonly #channels: readonly RingChannel[];
  readonly #spares: number;
  readonly #table: Int32Array<SharedArrayBuffer>;
  readonly #stride: number;
  readonly #locks = `@ltt/relay/cpu ${crypto.randomUUID()}`;
  /** CPUs whose threads' end is waited for. */
  readonly #held = new Set<number>();
  /** Of those, the ones whose thread is gone and which are being taken down. */
  readonly #ending = new Set<number>();
  /** Spare CPUs that are about to go down. */
  readonly #leaving = new Set<number>();
  readonly #block: NotifierBlock;
  #refusedLogged = 0;
  #isClosed = false;
  #isEnded = false;

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
    if (machine.ram.handle === null) {
      throw new TypeError("Cannot keep CPUs for other threads: RAM is not shared");
    }
    this.#ram = machine.ram.handle;
    this.#block = machine.hotplug.hotcpuNotifier(
      (action, cpu) => this.#notifierCall(action, cpu),
      POOL_NOTIFIER_PRIORITY,
    );
    this.topUp();
    this.#watch();
  }

  /** Names the pool to another thread. */
  get handle(): CpuPoolHandle {
    return {
      ram: this.#ram,
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

  /** Whether a thread has a CPU, or had it and is not known to be gone. */
  isClaimed(cpu: number): boolean {
    const state = loadAcquire(this.#table, this.#state(cpu));
    return state === CLAIMED || state === HELD_CPU;
  }

  /** Claims for which no CPU was free. */
  get refused(): number {
    return loadAcquire(this.#table, REFUSED);
  }

  /** Brings CPUs up until there are enough to be claimed, or none is left. */
  topUp(): void {
    const { cpus } = this.#machine;
    const wanted = this.#spares - this.spare.length;
    const down = ascending(cpus.present).filter((cpu) =>
      !cpus.online.has(cpu) && !isCpuTaken(this.#machine, cpu)
    );
    for (const cpu of down.slice(0, Math.max(wanted, 0))) {
      try {
        this.#bringUp(cpu);
      } catch (error) {
        this.#log(KERN_WARNING, `CPU${cpu}: not kept spare: ${thrownText(error)}`);
      }
    }
  }

  /**
   * Takes down the CPUs nobody has claimed; the others go when their threads do. To be called before
   * the channels are closed.
   */
  close(): void {
    this.#isClosed = true;
    for (const cpu of this.spare) this.#takeDown(cpu);
    this.#end();
  }

  /** Closes the pool. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.close();
  }

  #bringUp(cpu: number): void {
    const { hotplug, cpus } = this.#machine;
    takeCpu(this.#machine, cpu);
    try {
      hotplug.cpuUp(cpu);
      for (const [i, { buf }] of this.#channels.entries()) {
        const ring = buf[cpu];
        if (!ring) throw new TypeError("a channel of the pool is closed");
        writeOnce(this.#table, this.#state(cpu) + 1 + i, ring.descriptor.control / PAGE_SIZE);
      }
    } catch (error) {
      if (cpus.online.has(cpu)) this.#takeDown(cpu);
      giveCpu(this.#machine, cpu);
      throw error;
    }
    storeRelease(this.#table, this.#state(cpu), SPARE);
  }

  /** Takes down a CPU nobody has claimed; should a notifier refuse, it is left up. */
  #takeDown(cpu: number): void {
    try {
      this.#machine.hotplug.cpuDown(cpu);
    } catch (error) {
      this.#log(KERN_ERR, `CPU${cpu}: spare, and not taken down: ${thrownText(error)}`);
    }
  }

  /** A spare CPU that goes down can be claimed no more; one that is claimed does not go. */
  #notifierCall(action: CpuAction, cpu: number): NotifierResult {
    const state = this.#state(cpu);
    switch (action & ~CPU_TASKS_FROZEN) {
      case CPU_DOWN_PREPARE: {
        const found = cmpxchg(this.#table, state, SPARE, EMPTY);
        if (found === SPARE) this.#leaving.add(cpu);
        return found === CLAIMED || (found === HELD_CPU && !this.#ending.has(cpu))
          ? NOTIFY_BAD
          : NOTIFY_OK;
      }
      case CPU_DOWN_FAILED:
        if (this.#leaving.delete(cpu) && !this.#isClosed) storeRelease(this.#table, state, SPARE);
        return NOTIFY_OK;
      case CPU_DEAD:
        if (this.#leaving.delete(cpu)) giveCpu(this.#machine, cpu);
        return NOTIFY_OK;
      default:
        return NOTIFY_OK;
    }
  }

  async #watch(): Promise<void> {
    while (!this.#isEnded) {
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
    this.#ending.add(cpu);
    takeDownDead(this.#machine, this.#channels, cpu);
    this.#ending.delete(cpu);
    this.#held.delete(cpu);
    storeRelease(this.#table, this.#state(cpu), EMPTY);
    giveCpu(this.#machine, cpu);
    if (this.#isClosed) this.#end();
    else this.topUp();
  }

  /** Once it is closed and the last thread is gone there is nothing left to watch. */
  #end(): void {
    if (this.#isEnded || this.#claimed.length > 0) return;
    this.#isEnded = true;
    this.#machine.hotplug.unregisterCpuNotifier(this.#block);
    ringDoorbell(this.#table, BELL);
  }

  /** CPUs that a thread has, or is about to have. */
  get #claimed(): number[] {
    return [...this.#machine.cpus.present].filter((cpu) => this.isClaimed(cpu));
  }

  #log(level: Parameters<Machine["log"]["printk"]>[0], what: string): void {
    this.#machine.log.printk(level, `${what}\n`);
  }

  #logRefused(): void {
    const refused = this.refused;
    const more = refused - this.#refusedLogged;
    this.#refusedLogged = refused;
    if (more > 0) this.#log(KERN_WARNING, `no CPU free: ${more} claims refused`);
  }

  /** Word of the state of a CPU. */
  #state(cpu: number): number {
    return CPUS + this.#stride * cpu;
  }
}
