import {
  type ArchHooks,
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
  type CpuHotplug,
  type ErrnoCode,
  formatLogEntry,
  KernelError,
  Machine,
  type MachineOptions,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_OK,
  NOTIFY_STOP,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

const FROZEN_DOWN_PREPARE = CPU_DOWN_PREPARE | CPU_TASKS_FROZEN;

/** By notifier: the action it does not answer with NOTIFY_OK, and what it answers or throws. */
type Answers = Record<string, readonly [CpuAction, NotifierResult | { thrown: unknown }]>;

/** A machine with the notifiers A, R, S, T, at priorities 10, 5, 0, 0. */
class Bench {
  readonly machine: Machine;
  readonly hotplug: CpuHotplug;
  #events: { names: string; event: string }[] = [];

  constructor(options: MachineOptions, answers: Answers = {}) {
    this.machine = new Machine(options);
    this.hotplug = this.machine.hotplug;
    for (const [name, priority] of [["A", 10], ["R", 5], ["S", 0], ["T", 0]] as const) {
      this.hotplug.hotcpuNotifier((action, cpu) => {
        const event = `${cpuActionName(action).replace("CPU_", "")} ${cpu}`;
        const last = this.#events.at(-1);
        if (last?.event === event) last.names += name;
        else this.#events.push({ names: name, event });
        const [special, answer] = answers[name] ?? [-1, NOTIFY_OK];
        if (action !== special) return NOTIFY_OK;
        if (typeof answer === "object") throw answer.thrown;
        return answer;
      }, priority);
    }
  }

  /** Who was told what since the last call, as "ARST UP_PREPARE 1". */
  told(): string[] {
    const told = this.#events.map(({ names, event }) => `${names} ${event}`);
    this.#events = [];
    return told;
  }

  log(): string[] {
    return this.machine.log.entries.map(formatLogEntry);
  }

  /** Fails unless these CPUs are online and active, and both locks free. */
  assertSettled(online: readonly number[], active: readonly number[] = online): void {
    const { cpus } = this.machine.snapshot();
    assertEquals(cpus.online, [...online], "online CPUs");
    assertEquals(cpus.active, [...active], "active CPUs");
    const { addRemoveLock, hotplugLock } = this.hotplug;
    for (const { name, locked } of [addRemoveLock, hotplugLock]) assert(!locked, `${name} is free`);
  }
}

/** A hook that fails, for any CPU or for that one. */
function failing(code: ErrnoCode, unlucky?: number): (cpu: number) => void {
  return (cpu) => {
    if (cpu === (unlucky ?? cpu)) throw new KernelError(code, "Cannot go on: provoked");
  };
}

/** Code of the KernelError that `fn` throws, name of any other error, "ok" for none. */
function outcomeOf(fn: () => void): string {
  try {
    fn();
    return "ok";
  } catch (error) {
    return error instanceof KernelError ? error.code : (error as Error).name;
  }
}

/** Every notifier told each of `actions`, for one CPU after the other. */
function all(actions: string, ...cpus: number[]): string[] {
  return cpus.flatMap((cpu) => actions.split(" ").map((action) => `ARST ${action} ${cpu}`));
}

const UP = "UP_PREPARE STARTING ONLINE";
const DOWN = "DOWN_PREPARE DYING DEAD POST_DEAD";
const SUSPEND = "DOWN_PREPARE|FROZEN DYING|FROZEN DEAD|FROZEN POST_DEAD|FROZEN";
const RESUME = "UP_PREPARE|FROZEN STARTING|FROZEN ONLINE|FROZEN";
const BUG = "<0>kernel BUG at kernel/cpu.c!";

interface Case {
  readonly online: readonly number[];
  readonly answers?: Answers;
  readonly arch?: ArchHooks;
  /** Done before, and not looked at; it may fail. */
  readonly before?: (hotplug: CpuHotplug) => void;
  readonly call: (hotplug: CpuHotplug) => void;
  readonly told?: readonly string[];
  readonly outcome?: string;
  readonly after: readonly number[];
  /** Initially the same as `after`. */
  readonly active?: readonly number[];
  readonly log?: string[];
}

const up = (cpu: number) => (hotplug: CpuHotplug) => hotplug.cpuUp(cpu);
const down = (cpu: number) => (hotplug: CpuHotplug) => hotplug.cpuDown(cpu);
const upFrozen = (cpu: number) => (hotplug: CpuHotplug) => hotplug.cpuUpFrozen(cpu);
const downFrozen = (cpu: number) => (hotplug: CpuHotplug) => hotplug.cpuDownFrozen(cpu);
const suspend = (hotplug: CpuHotplug) => hotplug.disableNonbootCpus();
const resume = (hotplug: CpuHotplug) => hotplug.enableNonbootCpus();

// CPUs 0 to 4 are possible, 4 is not present. Where nothing else is said nobody is told anything
// and all goes well.
// deno-fmt-ignore
const cases: Record<string, Case> = {
  "cpuUp() tells prepare, starting, online": {
    online: [0], call: up(1), told: all(UP, 1), after: [0, 1] },
  "cpuUp() cancels those before the one that vetoes, and not him": {
    online: [0], answers: { R: [CPU_UP_PREPARE, NOTIFY_BAD] }, call: up(1), outcome: "EINVAL",
    told: ["AR UP_PREPARE 1", "A UP_CANCELED 1"], after: [0] },
  "cpuUp() goes on and tells the rest to all, when a prepare is stopped without a veto": {
    online: [0], answers: { R: [CPU_UP_PREPARE, NOTIFY_STOP] }, call: up(1),
    told: ["AR UP_PREPARE 1", ...all("STARTING ONLINE", 1)], after: [0, 1] },
  "cpuUp() cancels only those told, when a prepare was stopped and the CPU does not start": {
    online: [0], answers: { R: [CPU_UP_PREPARE, NOTIFY_STOP] }, arch: { cpuUp: failing("EIO") },
    call: up(1), outcome: "EIO", told: ["AR UP_PREPARE 1", "AR UP_CANCELED 1"], after: [0] },
  "cpuUp() cancels, when a notifier throws what is no text": {
    online: [0], answers: { R: [CPU_UP_PREPARE, { thrown: Object.create(null) }] }, call: up(1),
    outcome: "EINVAL", told: ["AR UP_PREPARE 1", "A UP_CANCELED 1"], after: [0] },
  "cpuUp() tells of a frozen starting, when a suspend that failed had taken the CPU down": {
    online: [0, 1, 2], arch: { cpuDisable: failing("EIO", 2) }, before: suspend, call: up(1),
    told: all("UP_PREPARE STARTING|FROZEN ONLINE", 1), after: [0, 1, 2] },
  "cpuDown() tells prepare, dying, dead, post dead, of CPU 0 too, when no hook objects": {
    online: [0, 1], call: down(0), told: all(DOWN, 0), after: [1] },
  "cpuDown() tells all of the failure, even those not told before, when the CPU does not stop": {
    online: [0, 1], answers: { R: [CPU_DOWN_PREPARE, NOTIFY_STOP] }, outcome: "ENOSYS",
    arch: { cpuDisable: failing("ENOSYS") }, call: down(1),
    told: ["AR DOWN_PREPARE 1", ...all("DOWN_FAILED", 1)], after: [0, 1] },
  "cpuDown() throws the hook's error and logs a BUG, when CPU_DOWN_FAILED is answered with BAD": {
    online: [0, 1], answers: { T: [CPU_DOWN_FAILED, NOTIFY_BAD] }, log: [BUG], outcome: "ENOSYS",
    arch: { cpuDisable: failing("ENOSYS") }, call: down(1),
    told: all("DOWN_PREPARE DOWN_FAILED", 1), after: [0, 1] },
  "cpuDown() logs a BUG and throws, the CPU being down, when CPU_DEAD is answered with BAD": {
    online: [0, 1], answers: { T: [CPU_DEAD, NOTIFY_BAD] }, log: [BUG], call: down(1),
    outcome: "TypeError", told: all(DOWN, 1), after: [0] },
  "cpuDown() logs a BUG and throws, the CPU being down, when CPU_POST_DEAD is answered with BAD": {
    online: [0, 1], answers: { T: [CPU_POST_DEAD, NOTIFY_BAD] }, log: [BUG], call: down(1),
    outcome: "TypeError", told: all(DOWN, 1), after: [0] },
  "cpuUpFrozen() brings a CPU up, when CPUs are disabled": {
    online: [0, 1, 2], before: suspend, call: upFrozen(2), told: all(RESUME, 2), after: [0, 2],
    active: [0, 1, 2] },
  "cpuDownFrozen() leaves the CPU active": {
    online: [0, 1], call: downFrozen(1), told: all(SUSPEND, 1), after: [0], active: [0, 1] },
  "disableNonbootCpus() spares the lowest online CPU, when CPU 0 is off": {
    online: [1, 2, 3], call: suspend, told: all(SUSPEND, 2, 3), after: [1], active: [1, 2, 3] },
  "disableNonbootCpus() goes no further, when a CPU does not stop": {
    online: [0, 1, 2, 3], arch: { cpuDisable: failing("EBUSY", 2) }, call: suspend,
    told: [...all(SUSPEND, 1), ...all("DOWN_PREPARE|FROZEN DOWN_FAILED|FROZEN", 2)],
    outcome: "EBUSY", after: [0, 2, 3], active: [0, 1, 2, 3] },
  "disableNonbootCpus() logs EIO and throws it as it is, when a hook throws what is no KernelError": {
    online: [0, 1], arch: { cpuDisable: () => { throw new RangeError("hook"); } }, call: suspend,
    told: all("DOWN_PREPARE|FROZEN DOWN_FAILED|FROZEN", 1), outcome: "RangeError", after: [0, 1],
    log: ["Disabling non-boot CPUs ...", "<3>Error taking CPU1 down: -5",
      "<3>Non-boot CPUs are not disabled"] },
  "disableNonbootCpus() leaves CPUs enabled, when the first is vetoed": {
    online: [0, 1], answers: { T: [FROZEN_DOWN_PREPARE, NOTIFY_BAD] }, before: suspend,
    call: down(1), told: all(DOWN, 1), after: [0] },
  "enableNonbootCpus() brings up what was taken down, and that alone": {
    online: [0, 2, 3], before: suspend, call: resume, told: all(RESUME, 2, 3), after: [0, 2, 3] },
  "cpuUp() of an online CPU is EINVAL": {
    online: [0, 1], call: up(1), outcome: "EINVAL", after: [0, 1] },
  "cpuUp() of a CPU not present is EINVAL": {
    online: [0], call: up(4), outcome: "EINVAL", after: [0], log: [] },
  "cpuUp() of a CPU not possible is EINVAL, even when CPUs are disabled": {
    online: [0], before: suspend, call: up(9), outcome: "EINVAL", after: [0] },
  "cpuUpFrozen() of a CPU not possible is EINVAL, without a message": {
    online: [0], call: upFrozen(9), outcome: "EINVAL", after: [0], log: [] },
  "cpuUp() is EBUSY, when CPUs are disabled": {
    online: [0, 1], before: suspend, call: up(1), outcome: "EBUSY", after: [0], active: [0, 1] },
  "cpuDown() is EBUSY and leaves the CPU active, when CPUs are disabled": {
    online: [0, 1], before: suspend, call: down(1), outcome: "EBUSY", after: [0], active: [0, 1] },
  "cpuDown() of an offline CPU is EINVAL": {
    online: [0, 1], call: down(2), outcome: "EINVAL", after: [0, 1] },
  "cpuDown() of an offline CPU is EBUSY, when only one is online": {
    online: [0], call: down(1), outcome: "EBUSY", after: [0] },
  "cpuDownFrozen() of the last CPU is EBUSY": {
    online: [0], call: downFrozen(0), outcome: "EBUSY", after: [0] },
};

for (
  const [name, { online, answers, arch = {}, before, call, ...expected }] of Object.entries(cases)
) {
  Deno.test(`CpuHotplug.${name}`, () => {
    const bench = new Bench({ cpus: 5, present: [0, 1, 2, 3], online, arch }, answers);
    outcomeOf(() => before?.(bench.hotplug));
    bench.told();
    assertStrictEquals(outcomeOf(() => call(bench.hotplug)), expected.outcome ?? "ok", "outcome");
    assertEquals(bench.told(), [...expected.told ?? []], "who is told what");
    if (expected.log) assertEquals(bench.log(), expected.log, "log");
    bench.assertSettled(expected.after, expected.active);
  });
}

for (const cpu of [-1, 0.5, NaN, Infinity]) {
  Deno.test(`CpuHotplug refuses CPU ${cpu} as no CPU number, before it locks or logs`, () => {
    const bench = new Bench({ cpus: 2 });
    const { hotplug } = bench;
    for (const name of ["cpuUp", "cpuDown", "cpuUpFrozen", "cpuDownFrozen"] as const) {
      const fn = () => hotplug.addRemoveLock.hold(() => hotplug[name](cpu));
      assertThrows(fn, RangeError, `CPU ${cpu}: not a CPU number`, `${name}(${cpu})`);
    }
    assertEquals(bench.log(), []);
  });
}

for (
  const [action, call, online] of [[CPU_UP_PREPARE, up, [0]], [CPU_DOWN_PREPARE, down, [
    0,
    1,
  ]]] as const
) {
  const name = cpuActionName(action);
  Deno.test(`CpuHotplug names as the cause of its error what a notifier throws in ${name}`, () => {
    const thrown = new Error("no room");
    const bench = new Bench({ cpus: 2, online }, { R: [action, { thrown }] });
    const error = assertThrows(() => call(1)(bench.hotplug), KernelError, "a notifier vetoed it");
    assertStrictEquals(error.cause, thrown, `cause, when ${name} throws`);
    assertStrictEquals(bench.log()[0], `<3>${name} of CPU 1: Error: no room`);
    bench.assertSettled(online);
  });
}

for (const action of [CPU_ONLINE, CPU_DEAD, CPU_POST_DEAD]) {
  const [call, before, after, rest] = action === CPU_ONLINE
    ? [up, [0], [0, 1], all(UP, 1)]
    : [down, [0, 1], [0], all(DOWN, 1)];
  const name = cpuActionName(action);
  Deno.test(`CpuHotplug finishes, then throws what a notifier throws in ${name}`, () => {
    const thrown = new Error("too late");
    const bench = new Bench({ cpus: 2, online: before }, { T: [action, { thrown }] });
    assertStrictEquals(assertThrows(() => call(1)(bench.hotplug)), thrown, "the same object");
    assertEquals(bench.told(), rest, "who is told what");
    bench.assertSettled(after);
  });
}

Deno.test("CpuHotplug throws nothing of an earlier operation, when the next one goes well", () => {
  const thrown = new Error("of the operation before");
  const bench = new Bench({ cpus: 2, online: [0] }, { A: [CPU_UP_CANCELED, { thrown }] });
  bench.hotplug.hotcpuNotifier((action) => action === CPU_UP_PREPARE ? NOTIFY_BAD : NOTIFY_OK, -1);
  assertStrictEquals(outcomeOf(() => bench.hotplug.cpuUp(1)), "EINVAL");
  bench.hotplug.enableNonbootCpus();
});

Deno.test("CpuHotplug works on, when one operation after the other has failed", () => {
  let broken = true;
  const hook = (cpu: number) => broken && failing("EIO")(cpu);
  const answers: Answers = { T: [CPU_DEAD, NOTIFY_BAD] };
  const bench = new Bench({ cpus: 2, arch: { cpuUp: hook, cpuDisable: hook } }, answers);
  const outcomes = [true, false, true].map((hooksFail, step) => {
    broken = hooksFail;
    return outcomeOf(() => (step < 2 ? down : up)(1)(bench.hotplug));
  });
  assertEquals(outcomes, ["EIO", "TypeError", "EIO"], "down, down, up");
  broken = false;
  bench.told();
  bench.hotplug.cpuUp(1);
  assertEquals(bench.told(), all(UP, 1));
  bench.assertSettled([0, 1]);
});
