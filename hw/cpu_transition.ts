import {
  CPU_DEAD,
  CPU_DOWN_FAILED,
  CPU_DOWN_PREPARE,
  CPU_DYING,
  CPU_ONLINE,
  CPU_POST_DEAD,
  CPU_STARTING,
  CPU_UP_CANCELED,
  CPU_UP_PREPARE,
  type CpuAction,
  cpuActionName,
} from "./cpu_actions.ts";
import type { Cpus } from "./cpus.ts";
import { KernelError } from "./errno.ts";
import { KERN_EMERG, KERN_ERR, type KernelLog, thrownText } from "./log.ts";
import { Mutex } from "./mutex.ts";
import { NotifierChain, type NotifierRound, NOTIFY_BAD } from "./notifier.ts";

/** The processor's part of hotplug. A hook that throws makes its step fail with what it throws. */
export interface ArchHooks {
  /** Starts a CPU (`__cpu_up`), before CPU_STARTING. */
  cpuUp?(cpu: number): void;
  /** Stops a CPU (`__cpu_disable`), on that CPU, before its online bit is cleared. */
  cpuDisable?(cpu: number): void;
  /** Waits until a stopped CPU is gone (`__cpu_die`), before CPU_DEAD. It is gone in any case. */
  cpuDie?(cpu: number): void;
}

/**
 * The way of one CPU up or down, step by step as `_cpu_up` and `_cpu_down` of Linux 2.6.29, kernel/cpu.c:
 * who is told what, in which order, and how it is unwound.
 */
export class CpuTransition {
  /** Held while a CPU changes, up to and including CPU_DEAD. */
  readonly lock: Mutex = new Mutex("cpu_hotplug.lock");
  /** Who is told. */
  readonly chain: NotifierChain = new NotifierChain();
  readonly #cpus: Cpus;
  readonly #log: KernelLog;
  readonly #arch: ArchHooks;
  /** What notifiers threw during the operation under way and nobody has taken on. */
  #thrown: unknown[] = [];

  /** Nobody is told yet. */
  constructor(cpus: Cpus, log: KernelLog, arch: ArchHooks) {
    this.#cpus = cpus;
    this.#log = log;
    this.#arch = arch;
  }

  /** Does one operation; what a notifier threw and no error carries leaves last. */
  operate(operation: () => void): void {
    this.#thrown = [];
    operation();
    if (this.#thrown.length > 0) throw this.#thrown[0];
  }

  /**
   * Brings a CPU up (`_cpu_up`); `frozen` is added to the actions, `starting` to CPU_STARTING: the starting
   * CPU itself only knows whether a suspend took it down.
   */
  up(cpu: number, frozen: CpuAction, starting: CpuAction): void {
    const online = this.#cpus.online.has(cpu);
    if (online || !this.#cpus.present.has(cpu)) {
      const why = online ? "it is online" : "it is not present";
      throw new KernelError("EINVAL", `Cannot bring up CPU ${cpu}: ${why}`);
    }
    this.lock.hold(() => {
      const prepared = this.#notify(CPU_UP_PREPARE | frozen, cpu);
      if (prepared.result === NOTIFY_BAD) {
        this.#log.printk(null, `_cpu_up: attempt to bring up CPU ${cpu} failed\n`);
        this.#notify(CPU_UP_CANCELED | frozen, cpu, prepared.nrCalls - 1);
        throw vetoed("bring up", cpu, prepared);
      }
      try {
        this.#arch.cpuUp?.(cpu);
      } catch (error) {
        this.#notify(CPU_UP_CANCELED | frozen, cpu, prepared.nrCalls);
        throw error;
      }
      this.#cpus.runInTransit(cpu, () => this.#notify(CPU_STARTING | starting, cpu));
      this.#cpus.setCpuOnline(cpu, true);
      this.#cpus.setCpuActive(cpu, true);
      this.#notify(CPU_ONLINE | frozen, cpu);
    });
  }

  /** Takes a CPU down (`_cpu_down`); `frozen` is added to the actions. */
  down(cpu: number, frozen: CpuAction): void {
    if (this.#cpus.online.size === 1) {
      throw new KernelError("EBUSY", `Cannot take down CPU ${cpu}: only one CPU is online`);
    }
    if (!this.#cpus.online.has(cpu)) {
      throw new KernelError("EINVAL", `Cannot take down CPU ${cpu}: it is not online`);
    }
    this.lock.hold(() => {
      const prepared = this.#notify(CPU_DOWN_PREPARE | frozen, cpu);
      if (prepared.result === NOTIFY_BAD) {
        this.#notify(CPU_DOWN_FAILED | frozen, cpu, prepared.nrCalls - 1);
        this.#log.printk(null, `_cpu_down: attempt to take down CPU ${cpu} failed\n`);
        throw vetoed("take down", cpu, prepared);
      }
      try {
        this.#cpus.runOn(cpu, () => this.#arch.cpuDisable?.(cpu));
      } catch (error) {
        this.#notifyOrBug(CPU_DOWN_FAILED | frozen, cpu);
        throw error;
      }
      this.#cpus.setCpuOnline(cpu, false);
      this.#cpus.runInTransit(cpu, () => this.#notify(CPU_DYING | frozen, cpu));
      try {
        this.#arch.cpuDie?.(cpu);
      } catch (error) {
        this.#thrown.push(error);
      }
      this.#notifyOrBug(CPU_DEAD | frozen, cpu);
    });
    this.#notifyOrBug(CPU_POST_DEAD | frozen, cpu);
  }

  #notify(action: CpuAction, cpu: number, nrToCall: number = -1): NotifierRound {
    const round = this.chain.call(action, cpu, nrToCall);
    if (round.thrown !== null) {
      const { error } = round.thrown;
      this.#log.printk(KERN_ERR, `${cpuActionName(action)} of CPU ${cpu}: ${thrownText(error)}\n`);
      this.#thrown.push(error);
    }
    return round;
  }

  /** For events nobody may refuse: the kernel stops here for good, the machine complains. */
  #notifyOrBug(action: CpuAction, cpu: number): void {
    if (this.#notify(action, cpu).result !== NOTIFY_BAD) return;
    this.#log.printk(KERN_EMERG, "kernel BUG at kernel/cpu.c!\n");
    this.#thrown.push(new TypeError(`A notifier answered NOTIFY_BAD to ${cpuActionName(action)}`));
  }
}

function vetoed(what: string, cpu: number, { thrown }: NotifierRound): KernelError {
  const options = thrown === null ? undefined : { cause: thrown.error };
  return new KernelError("EINVAL", `Cannot ${what} CPU ${cpu}: a notifier vetoed it`, options);
}
