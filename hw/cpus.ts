/** Most CPUs a machine can have: their numbers are 0 to 255. */
export const NR_CPUS: number = 256;

/** Which CPUs there are, at boot. */
export interface CpuSets {
  /** CPUs there can ever be. */
  readonly possible: readonly number[];
  /** CPUs plugged in, out of the possible ones. */
  readonly present: readonly number[];
  /** CPUs running, out of the present ones; at least one. */
  readonly online: readonly number[];
}

/** Which CPUs there are, and on which of them the caller is. Linux 2.6.29, kernel/cpu.c. */
export class Cpus {
  /** Highest possible CPU number plus one. */
  readonly nrCpuIds: number;
  /** CPUs there can ever be (`cpu_possible_map`). */
  readonly possible: ReadonlySet<number>;
  /** CPUs plugged in (`cpu_present_map`). */
  readonly present: ReadonlySet<number>;
  readonly #online: Set<number>;
  readonly #active: Set<number>;
  /** CPUs the caller said to be on, the last one now; -1 for one he had to leave. */
  readonly #current: number[] = [];
  /** CPU that runs its notifiers while it comes or goes and is not online, else -1. */
  #inTransit = -1;

  /** @ignore CPUs after boot: the online ones are active, too. */
  constructor(sets: CpuSets) {
    this.nrCpuIds = Math.max(...sets.possible) + 1;
    this.possible = new Set(sets.possible);
    this.present = new Set(sets.present);
    this.#online = new Set(sets.online);
    this.#active = new Set(sets.online);
  }

  /** CPUs running (`cpu_online_map`), in no order. */
  get online(): ReadonlySet<number> {
    return this.#online;
  }

  /** CPUs the scheduler would use (`cpu_active_map`), in no order. */
  get active(): ReadonlySet<number> {
    return this.#active;
  }

  /** Lowest online CPU. */
  get boot(): number {
    return Math.min(...this.#online);
  }

  /** CPU the caller is on: as `runOn` says, else the lowest online one (`smp_processor_id`). */
  smpProcessorId(): number {
    const cpu = this.#current.at(-1) ?? -1;
    return this.#online.has(cpu) || (cpu >= 0 && cpu === this.#inTransit) ? cpu : this.boot;
  }

  /** Runs `fn` as code on `cpu`, which must be online (`RangeError`). Calls nest. */
  runOn<T>(cpu: number, fn: () => T): T {
    if (!this.#online.has(cpu)) {
      throw new RangeError(`Cannot run on CPU ${cpu}: it is not online`);
    }
    return this.#runAs(cpu, fn);
  }

  /** @ignore Runs `fn` on a CPU that is coming or going: hotplug's own. */
  runInTransit(cpu: number, fn: () => void): void {
    this.#inTransit = cpu;
    try {
      this.#runAs(cpu, fn);
    } finally {
      this.#inTransit = -1;
    }
  }

  /** @ignore Sets or clears the online bit: hotplug's own (`set_cpu_online`). */
  setCpuOnline(cpu: number, online: boolean): void {
    if (online) this.#online.add(cpu);
    else this.#online.delete(cpu);
    if (online) return;
    // Whoever is on a CPU that goes down has to leave it, and does not come back by himself.
    this.#current.forEach((other, depth) => {
      if (other === cpu) this.#current[depth] = -1;
    });
  }

  /** @ignore Sets or clears the active bit: hotplug's own (`set_cpu_active`). */
  setCpuActive(cpu: number, active: boolean): void {
    if (active) this.#active.add(cpu);
    else this.#active.delete(cpu);
  }

  #runAs<T>(cpu: number, fn: () => T): T {
    this.#current.push(cpu);
    try {
      return fn();
    } finally {
      this.#current.pop();
    }
  }
}

/** CPU numbers in the order Linux goes through a mask. */
export function ascending(cpus: Iterable<number>): number[] {
  return [...cpus].sort((a, b) => a - b);
}
