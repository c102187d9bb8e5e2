/** Event of the CPU chain. Linux 2.6.29, include/linux/notifier.h, as all of this file. */
export type CpuAction = number;

/** The CPU is up. */
export const CPU_ONLINE: CpuAction = 0x2;
/** The CPU is about to be brought up; can be vetoed. */
export const CPU_UP_PREPARE: CpuAction = 0x3;
/** The CPU is not brought up after all. */
export const CPU_UP_CANCELED: CpuAction = 0x4;
/** The CPU is about to be taken down; can be vetoed. */
export const CPU_DOWN_PREPARE: CpuAction = 0x5;
/** The CPU is not taken down after all. */
export const CPU_DOWN_FAILED: CpuAction = 0x6;
/** The CPU is dead. */
export const CPU_DEAD: CpuAction = 0x7;
/** Told on the CPU as it goes, its online bit clear already. */
export const CPU_DYING: CpuAction = 0x8;
/** The CPU is dead and the hotplug lock given back. */
export const CPU_POST_DEAD: CpuAction = 0x9;
/** Told on the CPU as it comes, its online bit still clear. */
export const CPU_STARTING: CpuAction = 0xa;
/** Added to every action while the machine is suspended or resumed. */
export const CPU_TASKS_FROZEN: CpuAction = 0x10;
/** {@linkcode CPU_UP_PREPARE} while resuming. */
export const CPU_UP_PREPARE_FROZEN: CpuAction = 0x13;
/** {@linkcode CPU_DEAD} while suspending. */
export const CPU_DEAD_FROZEN: CpuAction = 0x17;

// deno-fmt-ignore
const names: readonly string[] = [
  "ONLINE", "UP_PREPARE", "UP_CANCELED", "DOWN_PREPARE", "DOWN_FAILED", "DEAD", "DYING",
  "POST_DEAD", "STARTING",
];

/** Name of an action, with `|FROZEN` behind it where that bit is set. */
export function cpuActionName(action: CpuAction): string {
  const name = names[(action & ~CPU_TASKS_FROZEN) - CPU_ONLINE];
  if (name === undefined) return `0x${action.toString(16)}`;
  return `CPU_${name}${action & CPU_TASKS_FROZEN ? "|FROZEN" : ""}`;
}
