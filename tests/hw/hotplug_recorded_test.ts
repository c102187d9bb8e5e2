import {
  CPU_DOWN_PREPARE,
  CPU_TASKS_FROZEN,
  CPU_UP_PREPARE,
  type CpuAction,
  cpuActionName,
  type ErrnoCode,
  formatLogEntry,
  KernelError,
  type LogEntry,
  Machine,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_OK,
  NOTIFY_STOP,
} from "@ltt/relay/hw";
import { assertEquals, fail } from "@std/assert";
import recording from "../vectors/recorded/cpu_hotplug.txt" with { type: "text" };

/** `notifier_from_errno(-ENOMEM)`. */
const STOP_ENOMEM = 0x800d;

/** x86-64's second line for a CPU that is not possible; the recorded build did not have it. */
const X86_HINT = "<3>please check additional_cpus= boot parameter";

/** Names and priorities of the recorded notifiers, in the order they were registered. */
const NOTIFIERS = [["A", 10], ["R", 5], ["S", 0], ["T", 0], ["H", -20]] as const;

/** What makes a step go wrong. Without any of it all answer NOTIFY_OK and all hooks succeed. */
interface Provocation {
  /** The notifier that answers `answer` to `action`. */
  readonly notifier?: { name: string; action: CpuAction; answer: NotifierResult };
  /** Error of `__cpu_up`. */
  readonly cpuUp?: ErrnoCode;
  /** Error of `__cpu_disable`. */
  readonly cpuDisable?: ErrnoCode;
}

const hex = (value: number): string => value.toString(16);

const mask = (cpus: ReadonlySet<number>): string =>
  hex([...cpus].reduce((bits, cpu) => bits | 1 << cpu, 0));

/** The machine of the recording, which writes down what it does in the recording's words. */
class Recorder {
  readonly lines: string[] = [];
  readonly machine: Machine = new Machine({
    cpus: 4,
    online: [0],
    arch: {
      cpuUp: (cpu) => this.#fail(this.#provocation.cpuUp, `__cpu_up(${cpu})`),
      cpuDisable: () => this.#fail(this.#provocation.cpuDisable, null),
      cpuDie: (cpu) => this.#write(`[__cpu_die ${cpu}]`),
    },
  });
  #provocation: Provocation = {};

  constructor() {
    const { hotplug, log } = this.machine;
    for (const [name, priority] of NOTIFIERS) {
      hotplug.hotcpuNotifier(
        (action, cpu) => this.#notified(name, priority, action, cpu),
        priority,
      );
    }
    log.subscribe((entry) => this.#logged(entry));
    const lock = hotplug.hotplugLock;
    const { lock: take, unlock: give } = lock;
    lock.lock = () => {
      take.call(lock);
      this.#write("[hotplug_begin]");
    };
    lock.unlock = () => {
      give.call(lock);
      this.#write("[hotplug_done]");
    };
  }

  cpuUp(cpu: number, provocation: Provocation = {}): void {
    this.#step(`cpu_up(${cpu})`, provocation, () => this.machine.hotplug.cpuUp(cpu));
  }

  cpuDown(cpu: number, provocation: Provocation = {}): void {
    this.#step(`cpu_down(${cpu})`, provocation, () => this.machine.hotplug.cpuDown(cpu));
  }

  disableNonbootCpus(provocation: Provocation = {}): void {
    const { hotplug } = this.machine;
    this.#step("disable_nonboot_cpus()", provocation, () => hotplug.disableNonbootCpus());
  }

  /** `enable_nonboot_cpus` returns nothing, so that its last line tells the state alone. */
  enableNonbootCpus(provocation: Provocation = {}): void {
    this.lines.push("enable_nonboot_cpus()");
    this.#provocation = provocation;
    this.machine.hotplug.enableNonbootCpus();
    this.lines.push(`  ${this.#state()}`);
  }

  #step(call: string, provocation: Provocation, operation: () => void): void {
    this.lines.push(call);
    this.#provocation = provocation;
    let ret = 0;
    try {
      operation();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      ret = -error.errno;
    }
    this.lines.push(`  = ${ret}  ${this.#state()}`);
  }

  #state(): string {
    const { frozen, disabled } = this.machine.hotplug;
    return `${this.#masks()} frozen=${mask(frozen)} disabled=${Number(disabled)}`;
  }

  #masks(): string {
    const { online, active } = this.machine.cpus;
    return `online=${mask(online)} active=${mask(active)}`;
  }

  #notified(name: string, priority: number, action: CpuAction, cpu: number): NotifierResult {
    const { notifier } = this.#provocation;
    const provoked = notifier?.name === name && notifier.action === action;
    const answer = provoked ? notifier.answer : NOTIFY_OK;
    const event = `${cpuActionName(action)}(0x${hex(action).padStart(2, "0")}) cpu${cpu}`;
    this.#write(`${name}(prio ${priority}) ${event} -> 0x${hex(answer)}  ${this.#masks()}`);
    return answer;
  }

  #logged(entry: LogEntry): void {
    const line = formatLogEntry(entry);
    if (line !== X86_HINT) this.#write(`printk: ${line}`);
  }

  /** Fails a hook, if it is to fail; the recording shows it for a `hook` with a name. */
  #fail(code: ErrnoCode | undefined, hook: string | null): void {
    if (code === undefined) return;
    const error = new KernelError(code, "Cannot go on: provoked");
    if (hook !== null) this.#write(`[${hook} fails ${-error.errno}]`);
    throw error;
  }

  #write(line: string): void {
    this.lines.push(`    ${line}`);
  }
}

function notifier(name: string, action: CpuAction, answer: NotifierResult): Provocation {
  return { notifier: { name, action, answer } };
}

/** Fails at the first line that is not as recorded. */
function assertLines(actual: readonly string[], expected: readonly string[]): void {
  const longer = Math.max(actual.length, expected.length);
  for (let i = 0; i < longer; i++) {
    if (actual[i] === expected[i]) continue;
    const show = (line: string | undefined) => line === undefined ? "(no line)" : `"${line}"`;
    fail(`line ${i + 1}\n  actual:   ${show(actual[i])}\n  recorded: ${show(expected[i])}`);
  }
}

Deno.test("CpuHotplug does what Linux 2.6.29 was recorded to do, step by step", () => {
  const recorder = new Recorder();

  recorder.cpuUp(1);
  recorder.cpuUp(1);
  recorder.cpuUp(9);
  recorder.cpuDown(1);
  recorder.cpuDown(0);
  recorder.cpuUp(1, notifier("R", CPU_UP_PREPARE, NOTIFY_BAD));
  recorder.cpuUp(1, notifier("A", CPU_UP_PREPARE, NOTIFY_BAD));

  recorder.lines.push("R returns NOTIFY_STOP:");
  recorder.cpuUp(1, notifier("R", CPU_UP_PREPARE, NOTIFY_STOP));
  recorder.cpuDown(1);

  recorder.lines.push("R returns notifier_from_errno(-ENOMEM):");
  recorder.cpuUp(1, notifier("R", CPU_UP_PREPARE, STOP_ENOMEM));
  recorder.cpuDown(1);

  recorder.cpuUp(1, { cpuUp: "EIO" });
  recorder.cpuUp(1);
  recorder.cpuDown(1, notifier("S", CPU_DOWN_PREPARE, NOTIFY_BAD));
  recorder.cpuDown(1, { cpuDisable: "ENOSYS" });
  recorder.cpuDown(0, { cpuDisable: "EBUSY" });
  recorder.cpuUp(2);
  recorder.cpuUp(3);

  recorder.disableNonbootCpus();
  recorder.cpuUp(1);
  recorder.cpuDown(1);
  recorder.enableNonbootCpus();
  recorder.disableNonbootCpus(notifier("T", CPU_DOWN_PREPARE | CPU_TASKS_FROZEN, NOTIFY_BAD));
  recorder.enableNonbootCpus();
  recorder.disableNonbootCpus();
  recorder.enableNonbootCpus(notifier("R", CPU_UP_PREPARE | CPU_TASKS_FROZEN, NOTIFY_BAD));

  assertLines(recorder.lines, recording.trimEnd().split("\n"));
  const logged = recorder.machine.log.entries.map(formatLogEntry);
  const hints = logged.filter((line) => line === X86_HINT);
  assertEquals(hints, [X86_HINT], "the line left out above was logged once, by cpu_up(9)");
});
