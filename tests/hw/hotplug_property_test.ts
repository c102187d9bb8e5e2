import {
  CPU_DEAD,
  CPU_DOWN_FAILED,
  CPU_DOWN_PREPARE,
  CPU_ONLINE,
  CPU_POST_DEAD,
  CPU_TASKS_FROZEN,
  CPU_UP_CANCELED,
  CPU_UP_PREPARE,
  type CpuAction,
  cpuActionName,
  KernelError,
  Machine,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_DONE,
  NOTIFY_OK,
  NOTIFY_STOP,
  NOTIFY_STOP_MASK,
} from "@ltt/relay/hw";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";

const CPUS = [0, 1, 2, 3, 4];

/** A notifier of the pool; it answers `answers[action - CPU_ONLINE]`, frozen or not. */
type Notifier = { priority: number; answers: NotifierResult[] };

// deno-fmt-ignore
const OPERATIONS = [
  "cpuUp", "cpuUp", "cpuDown", "cpuDown", "cpuUpFrozen", "cpuDownFrozen", "suspend", "resume",
  "resume", "register", "register", "register", "unregister",
] as const;

/** One operation, which ignores what it has no use for, and the CPUs whose hooks fail in it. */
type Step = {
  op: typeof OPERATIONS[number];
  cpu: number;
  notifier: number;
  stuck: readonly number[];
};

/** `levels` says of each CPU: 0 there is none, 1 possible, 2 present, 3 online. */
type Scenario = { levels: number[]; pool: Notifier[]; steps: Step[] };

/** One round through the chain: who was told, as numbers in the pool. */
type Round = { action: CpuAction; cpu: number; told: number[] };

const answers = fc.oneof(
  { weight: 10, arbitrary: fc.constant(NOTIFY_OK) },
  { weight: 1, arbitrary: fc.constantFrom(NOTIFY_DONE, NOTIFY_STOP, NOTIFY_BAD) },
);

const notifiers: fc.Arbitrary<Notifier> = fc.record({
  priority: fc.integer({ min: -1, max: 1 }),
  answers: fc.array(answers, { minLength: 9, maxLength: 9 }),
});

const steps: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(...OPERATIONS),
  cpu: fc.nat(5),
  notifier: fc.nat(3),
  stuck: fc.oneof(fc.constant([]), fc.constant([]), fc.subarray(CPUS)),
});

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  levels: fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }).filter((all) => all.includes(3)),
  pool: fc.array(notifiers, { minLength: 4, maxLength: 4 }),
  steps: fc.array(steps, { maxLength: 30, size: "max" }),
});

function answerOf(notifier: Notifier, action: CpuAction): NotifierResult {
  return notifier.answers[(action & ~CPU_TASKS_FROZEN) - CPU_ONLINE];
}

/** The machine under test, and the rounds of its last operation. */
class Subject {
  readonly machine: Machine;
  rounds: Round[] = [];
  readonly #blocks;
  #stuck: readonly number[] = [];

  constructor({ levels, pool }: Scenario) {
    const from = (level: number) => CPUS.filter((cpu) => levels[cpu] >= level);
    const hook = (cpu: number) => {
      if (this.#stuck.includes(cpu)) throw new KernelError("ENOSYS", `Cannot move CPU ${cpu}`);
    };
    const sets = { possible: from(1), present: from(2), online: from(3) };
    this.machine = new Machine({ ...sets, arch: { cpuUp: hook, cpuDisable: hook }, nodes: [1] });
    this.#blocks = pool.map((notifier, id) => ({
      notifierCall: (action: CpuAction, cpu: number) => {
        const last = this.rounds.at(-1);
        if (last?.action === action && last.cpu === cpu) last.told.push(id);
        else this.rounds.push({ action, cpu, told: [id] });
        return answerOf(notifier, action);
      },
      priority: notifier.priority,
    }));
  }

  /** "ok", the code of a KernelError, or the name of another error. */
  run({ op, cpu, notifier, stuck }: Step): string {
    const { hotplug } = this.machine;
    this.rounds = [];
    this.#stuck = stuck;
    try {
      if (op === "suspend") hotplug.disableNonbootCpus();
      else if (op === "resume") hotplug.enableNonbootCpus();
      else if (op === "register") hotplug.registerCpuNotifier(this.#blocks[notifier]);
      else if (op === "unregister") hotplug.unregisterCpuNotifier(this.#blocks[notifier]);
      else hotplug[op](cpu);
      return "ok";
    } catch (error) {
      return error instanceof KernelError ? error.code : (error as Error).name;
    }
  }
}

/** Which operations go well, and what that makes of the CPUs. */
class Model {
  readonly state: { online: number[]; frozen: number[]; disabled: boolean };
  readonly #scenario: Scenario;
  #registered: number[] = [];
  #bug = false;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const online = CPUS.filter((cpu) => scenario.levels[cpu] === 3);
    this.state = { online, frozen: [], disabled: false };
  }

  /** The pool's numbers in the order of calling; a stable sort keeps that of registration. */
  chain(): number[] {
    const { pool } = this.#scenario;
    return this.#registered.toSorted((a, b) => pool[b].priority - pool[a].priority);
  }

  run({ op, cpu, notifier, stuck }: Step): string {
    const registered = this.#registered.includes(notifier);
    this.#bug = false;
    const outcome = {
      cpuUp: () => this.state.disabled && this.#has(1, cpu) ? "EBUSY" : this.#up(cpu, stuck),
      cpuDown: () => this.state.disabled ? "EBUSY" : this.#down(cpu, stuck),
      cpuUpFrozen: () => this.#up(cpu, stuck),
      cpuDownFrozen: () => this.#down(cpu, stuck),
      suspend: () => this.#suspend(stuck),
      resume: () => this.#resume(stuck),
      register: () => registered ? "TypeError" : (this.#registered.push(notifier), "ok"),
      unregister: () => {
        this.#registered = this.#registered.filter((id) => id !== notifier);
        return registered ? "ok" : "ENOENT";
      },
    }[op]();
    return outcome === "ok" && this.#bug ? "TypeError" : outcome;
  }

  #has(level: number, cpu: number): boolean {
    return this.#scenario.levels[cpu] >= level;
  }

  #vetoed(action: CpuAction): boolean {
    const answers = this.chain().map((id) => answerOf(this.#scenario.pool[id], action));
    return answers.find((answer) => answer & NOTIFY_STOP_MASK) === NOTIFY_BAD;
  }

  #up(cpu: number, stuck: readonly number[]): string {
    if (this.state.online.includes(cpu) || !this.#has(2, cpu)) return "EINVAL";
    if (this.#vetoed(CPU_UP_PREPARE)) return "EINVAL";
    if (stuck.includes(cpu)) return "ENOSYS";
    this.state.online = [...this.state.online, cpu].sort();
    return "ok";
  }

  #down(cpu: number, stuck: readonly number[]): string {
    if (this.state.online.length === 1) return "EBUSY";
    if (!this.state.online.includes(cpu) || this.#vetoed(CPU_DOWN_PREPARE)) return "EINVAL";
    if (stuck.includes(cpu)) return "ENOSYS";
    this.state.online = this.state.online.filter((other) => other !== cpu);
    this.#bug ||= this.#vetoed(CPU_DEAD) || this.#vetoed(CPU_POST_DEAD);
    return "ok";
  }

  #suspend(stuck: readonly number[]): string {
    this.state.frozen = [];
    for (const cpu of this.state.online.slice(1)) {
      const outcome = this.#down(cpu, stuck);
      if (outcome !== "ok") return outcome;
      this.state.frozen.push(cpu);
    }
    this.state.disabled = true;
    return "ok";
  }

  #resume(stuck: readonly number[]): string {
    this.state.disabled = false;
    for (const cpu of this.state.frozen) this.#up(cpu, stuck);
    this.state.frozen = [];
    return "ok";
  }
}

/** A round goes from the front of the chain to the first stop; only one of a failure ends early. */
function assertRound({ action, told }: Round, chain: number[], pool: Notifier[]): void {
  const what = cpuActionName(action);
  assertEquals(told, chain.slice(0, told.length), `${what} in chain order`);
  const stops = told.map((id) => (answerOf(pool[id], action) & NOTIFY_STOP_MASK) !== 0);
  assert(!stops.slice(0, -1).includes(true), `${what} ends where it is stopped`);
  if ([CPU_UP_CANCELED, CPU_DOWN_FAILED].includes(action & ~CPU_TASKS_FROZEN)) return;
  assert(stops.at(-1) || told.length === chain.length, `${what} goes on until it is stopped`);
}

/**
 * Whoever was told of a preparation and did not veto it is told how it ended, unless the round that
 * tells it is stopped before it comes to him. After a veto nobody else is told of the end; of the end
 * of a bring-up that was cancelled, nobody is who was not told of its beginning.
 */
function assertTold(rounds: Round[], pool: Notifier[]): void {
  for (const { action, cpu, told } of rounds) {
    const base = action & ~CPU_TASKS_FROZEN;
    if (base !== CPU_UP_PREPARE && base !== CPU_DOWN_PREPARE) continue;
    const [done, undone] = base === CPU_UP_PREPARE
      ? [CPU_ONLINE, CPU_UP_CANCELED]
      : [CPU_DEAD, CPU_DOWN_FAILED];
    const endings = rounds.filter((round) =>
      round.cpu === cpu && [done, undone].includes(round.action & ~CPU_TASKS_FROZEN)
    );
    const vetoed = answerOf(pool[told.at(-1)!], action) === NOTIFY_BAD;
    const owed = vetoed ? told.slice(0, -1) : told;
    const what = `${cpuActionName(action)} of CPU ${cpu}`;
    assertEquals(endings.length, owed.length > 0 ? 1 : 0, `endings told after ${what}`);
    if (owed.length === 0) continue;
    const [ending] = endings;
    const stopped = answerOf(pool[ending.told.at(-1)!], ending.action) & NOTIFY_STOP_MASK;
    const missing = owed.filter((id) => !ending.told.includes(id));
    assert(stopped || missing.length === 0, `how ${what} ended is kept from ${missing}`);
    if (!vetoed && (ending.action & ~CPU_TASKS_FROZEN) !== CPU_UP_CANCELED) continue;
    const intruders = ending.told.filter((id) => !owed.includes(id));
    assertEquals(intruders, [], `told how ${what} ended, and should not be`);
  }
}

Deno.test("CpuHotplug keeps its promises and agrees with a model, whatever notifiers and hooks do", () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      const subject = new Subject(scenario);
      const model = new Model(scenario);
      for (const step of scenario.steps) {
        const before = subject.machine.snapshot();
        const chain = model.chain();
        const outcome = subject.run(step);
        const what = JSON.stringify(step);
        assertEquals(outcome, model.run(step), `outcome of ${what}`);

        const { cpus, hotplug: { disabled, notifiers } } = subject.machine.snapshot();
        const { online, frozen } = cpus;
        assertEquals({ online, frozen, disabled }, model.state, `state after ${what}`);
        const priorities = model.chain().map((id) => scenario.pool[id].priority);
        assertEquals(notifiers, priorities, `chain after ${what}`);

        assert(online.length > 0, `a CPU is online after ${what}`);
        assert(online.every((cpu) => cpus.present.includes(cpu)), `online is present, ${what}`);
        assert(cpus.present.every((cpu) => cpus.possible.includes(cpu)), `is possible, ${what}`);
        assert(online.every((cpu) => cpus.active.includes(cpu)), `online is active, ${what}`);
        const { addRemoveLock, hotplugLock } = subject.machine.hotplug;
        assert(!addRemoveLock.locked && !hotplugLock.locked, `both locks are free after ${what}`);
        if (outcome.startsWith("E") && step.op !== "suspend") {
          assertEquals(online, before.cpus.online, `online CPUs after the failed ${what}`);
        }
        for (const round of subject.rounds) assertRound(round, chain, scenario.pool);
        assertTold(subject.rounds, scenario.pool);
      }
    }),
    { numRuns: 2000 },
  );
});
