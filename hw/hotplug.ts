import { CPU_TASKS_FROZEN, type CpuAction } from "./cpu_actions.ts";
import { type ArchHooks, CpuTransition } from "./cpu_transition.ts";
import { ascending, type Cpus } from "./cpus.ts";
import { ERRNO, KernelError } from "./errno.ts";
import { KERN_ERR, KERN_WARNING, type KernelLog } from "./log.ts";
import { Mutex } from "./mutex.ts";
import type { NotifierBlock, NotifierCall, NotifierResult } from "./notifier.ts";

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
  readonly hotplugLock: Mutex;
  readonly #cpus: Cpus;
  readonly #log: KernelLog;
  readonly #transition: CpuTransition;
  readonly #frozen = new Set<number>();
  #disabled = false;

  /** @ignore No notifiers, hotplug enabled. */
  constructor(cpus: Cpus, log: KernelLog, arch: ArchHooks) {
    this.#cpus = cpus;
    this.#log = log;
    this.#transition = new CpuTransition(cpus, log, arch);
    this.hotplugLock = this.#transition.lock;
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
    return this.#transition.chain.priorities;
  }

  /** Adds a notifier; it is told nothing of CPUs that are up already (`register_cpu_notifier`). */
  registerCpuNotifier(block: NotifierBlock): void {
    this.addRemoveLock.hold(() => this.#transition.chain.register(block));
  }

  /** Removes a notifier; `ENOENT` when it is not there (`unregister_cpu_notifier`). */
  unregisterCpuNotifier(block: NotifierBlock): void {
    if (!this.addRemoveLock.hold(() => this.#transition.chain.unregister(block))) {
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
    return this.#transition.chain.subscribe(listener);
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
        this.#transition.down(cpu, 0);
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
    this.#operate(() => this.#transition.down(cpu, CPU_TASKS_FROZEN));
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
          this.#transition.down(cpu, CPU_TASKS_FROZEN);
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
    this.#transition.up(cpu, frozen, this.#frozen.has(cpu) ? CPU_TASKS_FROZEN : frozen);
  }

  /** One operation, under the outer lock. */
  #operate(operation: () => void): void {
    this.addRemoveLock.hold(() => this.#transition.operate(operation));
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
