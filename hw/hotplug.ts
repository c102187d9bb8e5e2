import {
  CPU_DEAD,
  CPU_DOWN_FAILED,
  CPU_DOWN_PREPARE,
  CPU_DYING,
  CPU_ONLINE,
  CPU_POST_DEAD,
  CPU_STARTING,
  CPU_TASKS_FROZEN,
  CPU_UP_CANCELED,
  CPU_UP_PREPARE,
  type CpuAction,
  cpuActionName,
} from "./cpu_actions.ts";
import { ascending, type Cpus } from "./cpus.ts";
import { ERRNO, KernelError } from "./errno.ts";
import { KERN_EMERG, KERN_ERR, KERN_WARNING, type KernelLog, thrownText } from "./log.ts";
import { Mutex } from "./mutex.ts";
import {
  type NotifierBlock,
  type NotifierCall,
  NotifierChain,
  type NotifierResult,
  type NotifierRound,
  NOTIFY_BAD,
} from "./notifier.ts";

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
 * Makes CPUs come and go and tells the notifier chain, step by step as Linux 2.6.29 does in
 * kernel/cpu.c. All of it is synchronous and belongs to the thread that booted the machine.
 *
 * What a notifier throws is logged and counts as a veto. Where the event can be vetoed it becomes
 * the `cause` of the error; elsewhere the operation is first carried to its end, then it is thrown.
 */
export class CpuHotplug {
  /** Serialises operations and registrations; taken before {@linkcode CpuHotplug.hotplugLock}. */
  readonly addRemoveLock: Mutex = new Mutex("cpu_add_remove_lock");
  /** Held while a CPU changes, up to and including CPU_DEAD. */
  readonly hotplugLock: Mutex = new Mutex("cpu_hotplug.lock");
  readonly #cpus: Cpus;
  readonly #log: KernelLog;
  readonly #arch: ArchHooks;
  readonly #chain = new NotifierChain();
  readonly #frozen = new Set<number>();
  #disabled = false;
  /** What notifiers threw during the operation under way and nobody has taken on. */
  #thrown: unknown[] = [];

  /** @ignore No notifiers, hotplug enabled. */
  constructor(cpus: Cpus, log: KernelLog, arch: ArchHooks) {
    this.#cpus = cpus;
    this.#log = log;
    this.#arch = arch;
  }

  /** CPUs that `disableNonbootCpus` took down. */
  get frozen(): ReadonlySet<number> {
    return this.#frozen;
  }

  /** Whether CPUs can neither come nor go until they are enabled again. */
  get disabled(): boolean {
    return this.#disabled;
  }

  /** Priorities of the notifiers, in the order of calling. */
  get notifierPriorities(): number[] {
    return this.#chain.priorities;
  }

  /** Adds a notifier; it is told nothing of CPUs that are up already (`register_cpu_notifier`). */
  registerCpuNotifier(block: NotifierBlock): void {
    this.addRemoveLock.hold(() => this.#chain.register(block));
  }

  /** Removes a notifier; `ENOENT` when it is not there (`unregister_cpu_notifier`). */
  unregisterCpuNotifier(block: NotifierBlock): void {
    if (!this.addRemoveLock.hold(() => this.#chain.unregister(block))) {
      throw new KernelError("ENOENT", "Cannot unregister a notifier: it is not registered");
    }
  }

  /** Adds a callback at a priority and returns its block (`hotcpu_notifier`). */
  hotcpuNotifier(
    notifierCall: (action: CpuAction, cpu: number) => NotifierResult,
    priority: number,
  ): NotifierBlock {
    const block = { notifierCall, priority };
    this.registerCpuNotifier(block);
    return block;
  }

  /**
   * Calls `listener` before and after each notifier is called, until the function returned is
   * called. It is no part of the chain: nobody counts it, and it has no answer.
   */
  subscribe(listener: (call: NotifierCall) => void): () => void {
    return this.#chain.subscribe(listener);
  }

  /**
   * Brings a CPU up. `EINVAL`: not possible, not present, online already, or vetoed. `EBUSY`: CPUs
   * are disabled. Whatever the arch hook throws, when that fails. A `RangeError` for no CPU number.
   */
  cpuUp(cpu: number): void {
    assertCpuNumber("bring up", cpu);
    if (!this.#cpus.possible.has(cpu)) {
      const why = "because it is not configured as may-hotadd at boot time";
      this.#log.printk(KERN_ERR, `can't online cpu ${cpu} ${why}\n`);
      this.#log.printk(KERN_ERR, "please check additional_cpus= boot parameter\n");
      throw new KernelError("EINVAL", `Cannot bring up CPU ${cpu}: it is not possible`);
    }
    this.#operate(() => {
      this.#assertEnabled("bring up", cpu);
      this.#up(cpu, 0);
    });
  }

  /**
   * Takes a CPU down. `EBUSY`: the last one online (tested first), or CPUs are disabled. `EINVAL`:
   * not online, or vetoed. Whatever the arch hook throws, when that fails. A `RangeError` for no CPU
   * number.
   */
  cpuDown(cpu: number): void {
    assertCpuNumber("take down", cpu);
    this.#operate(() => {
      this.#assertEnabled("take down", cpu);
      this.#cpus.setCpuActive(cpu, false);
      try {
        this.#down(cpu, 0);
      } finally {
        if (this.#cpus.online.has(cpu)) this.#cpus.setCpuActive(cpu, true);
      }
    });
  }

  /** Brings one CPU up as resuming does: all actions carry CPU_TASKS_FROZEN. Errors as `cpuUp`. */
  cpuUpFrozen(cpu: number): void {
    assertCpuNumber("bring up", cpu);
    this.#operate(() => this.#up(cpu, CPU_TASKS_FROZEN));
  }

  /** Takes one CPU down as suspending does; it stays active. Errors as `cpuDown`. */
  cpuDownFrozen(cpu: number): void {
    assertCpuNumber("take down", cpu);
    this.#operate(() => this.#down(cpu, CPU_TASKS_FROZEN));
  }

  /**
   * Takes down all CPUs but the lowest online one, as suspending does, and disables hotplug. The
   * first failure ends it and is thrown; CPUs down by then come back with `enableNonbootCpus`.
   */
  disableNonbootCpus(): void {
    this.#operate(() => {
      this.#frozen.clear();
      this.#log.printk(null, "Disabling non-boot CPUs ...\n");
      const { boot, online } = this.#cpus;
      for (const cpu of ascending(online).filter((cpu) => cpu !== boot)) {
        try {
          this.#down(cpu, CPU_TASKS_FROZEN);
        } catch (error) {
          this.#log.printk(KERN_ERR, `Error taking CPU${cpu} down: ${errnoOf(error)}\n`);
          this.#log.printk(KERN_ERR, "Non-boot CPUs are not disabled\n");
          throw error;
        }
        this.#frozen.add(cpu);
        this.#log.printk(null, `CPU${cpu} is down\n`);
      }
      this.#disabled = true;
    });
  }

  /**
   * Brings up again what `disableNonbootCpus` took down. A CPU that fails is logged and left; what
   * a notifier threw is thrown when all have had their turn.
   */
  enableNonbootCpus(): void {
    this.#operate(() => {
      this.#disabled = false;
      if (this.#frozen.size === 0) return;
      this.#log.printk(null, "Enabling non-boot CPUs ...\n");
      for (const cpu of ascending(this.#frozen)) {
        try {
          this.#up(cpu, CPU_TASKS_FROZEN);
          this.#log.printk(null, `CPU${cpu} is up\n`);
        } catch (error) {
          this.#log.printk(KERN_WARNING, `Error taking CPU${cpu} up: ${errnoOf(error)}\n`);
        }
      }
      this.#frozen.clear();
    });
  }

  #up(cpu: number, frozen: CpuAction): void {
    const online = this.#cpus.online.has(cpu);
    if (online || !this.#cpus.present.has(cpu)) {
      const why = online ? "it is online" : "it is not present";
      throw new KernelError("EINVAL", `Cannot bring up CPU ${cpu}: ${why}`);
    }
    this.hotplugLock.hold(() => {
      const prepared = this.#notify(CPU_UP_PREPARE | frozen, cpu);
      if (prepared.result === NOTIFY_BAD) {
        this.#log.printk(null, `_cpu_up: attempt to bring up CPU ${cpu} failed\n`);
        this.#notify(CPU_UP_CANCELED | frozen, cpu, prepared.nrCalls - 1);
        throw this.#vetoed("bring up", cpu, prepared);
      }
      try {
        this.#arch.cpuUp?.(cpu);
      } catch (error) {
        this.#notify(CPU_UP_CANCELED | frozen, cpu, prepared.nrCalls);
        throw error;
      }
      // The starting CPU itself only knows whether a suspend took it down.
      const starting = this.#frozen.has(cpu) ? CPU_TASKS_FROZEN : frozen;
      this.#cpus.runInTransit(cpu, () => this.#notify(CPU_STARTING | starting, cpu));
      this.#cpus.setCpuOnline(cpu, true);
      this.#cpus.setCpuActive(cpu, true);
      this.#notify(CPU_ONLINE | frozen, cpu);
    });
  }

  #down(cpu: number, frozen: CpuAction): void {
    if (this.#cpus.online.size === 1) {
      throw new KernelError("EBUSY", `Cannot take down CPU ${cpu}: only one CPU is online`);
    }
    if (!this.#cpus.online.has(cpu)) {
      throw new KernelError("EINVAL", `Cannot take down CPU ${cpu}: it is not online`);
    }
    this.hotplugLock.hold(() => {
      const prepared = this.#notify(CPU_DOWN_PREPARE | frozen, cpu);
      if (prepared.result === NOTIFY_BAD) {
        this.#notify(CPU_DOWN_FAILED | frozen, cpu, prepared.nrCalls - 1);
        this.#log.printk(null, `_cpu_down: attempt to take down CPU ${cpu} failed\n`);
        throw this.#vetoed("take down", cpu, prepared);
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

  /** One operation under the outer lock; what a notifier threw and no error carries leaves last. */
  #operate(operation: () => void): void {
    this.addRemoveLock.hold(() => {
      this.#thrown = [];
      operation();
      if (this.#thrown.length > 0) throw this.#thrown[0];
    });
  }

  #notify(action: CpuAction, cpu: number, nrToCall: number = -1): NotifierRound {
    const round = this.#chain.call(action, cpu, nrToCall);
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

  #vetoed(what: string, cpu: number, { thrown }: NotifierRound): KernelError {
    const options = thrown === null ? undefined : { cause: thrown.error };
    return new KernelError("EINVAL", `Cannot ${what} CPU ${cpu}: a notifier vetoed it`, options);
  }

  #assertEnabled(what: string, cpu: number): void {
    if (this.#disabled) {
      throw new KernelError("EBUSY", `Cannot ${what} CPU ${cpu}: CPU hotplug is disabled`);
    }
  }
}

function assertCpuNumber(what: string, cpu: number): void {
  if (!Number.isInteger(cpu) || cpu < 0) {
    throw new RangeError(`Cannot ${what} CPU ${cpu}: not a CPU number`);
  }
}

/** Negative error number for a kernel message; EIO's for an error the kernel does not know. */
function errnoOf(error: unknown): number {
  return -(error instanceof KernelError ? error.errno : ERRNO.EIO);
}
