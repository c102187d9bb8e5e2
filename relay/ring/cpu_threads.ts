import { KernelError } from "../../hw/errno.ts";
import { KERN_ERR, thrownText } from "../../hw/log.ts";
import type { Machine } from "../../hw/machine.ts";
import type { RingBuffer } from "./ring_buffer.ts";
import type { RingChannel } from "./ring_channel.ts";

/** CPUs of each machine that are a worker's or a pool's. */
const taken = new WeakMap<Machine, Set<number>>();

/** Takes a CPU for a thread; `EBUSY` when it is somebody's. */
export function takeCpu(machine: Machine, cpu: number): void {
  const cpus = taken.get(machine) ?? new Set();
  taken.set(machine, cpus);
  if (cpus.has(cpu)) {
    throw new KernelError("EBUSY", `Cannot make CPU ${cpu} a thread: it is one, or kept for one`);
  }
  cpus.add(cpu);
}

/** Whether a CPU is a worker's or a pool's. */
export function isCpuTaken(machine: Machine, cpu: number): boolean {
  return taken.get(machine)?.has(cpu) ?? false;
}

/** Gives a CPU back. */
export function giveCpu(machine: Machine, cpu: number): void {
  taken.get(machine)?.delete(cpu);
}

/**
 * Takes down a CPU whose thread is gone: nobody stores to its rings any more. What it had committed
 * is handed to the reader. What notifiers and callbacks throw is logged.
 */
export function takeDownDead(
  machine: Machine,
  channels: readonly RingChannel[],
  cpu: number,
): void {
  const rings = channels.map(({ buf }) => buf[cpu] ?? null).filter((ring) => ring !== null);
  for (const ring of rings) ring.writerDied();
  if (!machine.cpus.online.has(cpu)) return;
  const log = (error: unknown): void =>
    machine.log.printk(KERN_ERR, `CPU${cpu}: its thread is dead: ${thrownText(error)}\n`);
  try {
    machine.hotplug.cpuDown(cpu);
  } catch (error) {
    log(error);
  }
  if (!machine.cpus.online.has(cpu)) return;
  // Notifiers can refuse, but not make the thread live.
  const repair = (ring: RingBuffer): void => {
    try {
      ring.cpuDead();
    } catch (error) {
      log(error);
    }
  };
  rings.forEach(repair);
}
