import { type Address, PAGE_SIZE, type RamHandle } from "../../hw/ram.ts";
import type { RingsShared } from "./descriptor.ts";
import { type ClientOfChannel, RingWriters } from "./ring_writers.ts";
import { cmpxchg, readOnce, ringDoorbell, storeRelease } from "./shared_words.ts";
import { holdThreadLock } from "./thread_lock.ts";
import type { RingWriter } from "./writer.ts";

/*
 * The table of a pool: words that all threads share.
 *
 *   0  BELL      counts claims and refusals; the booting thread waits for it
 *   1  REFUSED   claims for which no CPU was free
 *   then for each CPU, from number 0 on:
 *      STATE, and for each channel the frame number of the control page of the CPU's ring
 *
 *   STATE   EMPTY -> SPARE          the booting thread, when the CPU is up
 *           SPARE -> CLAIMED        the claiming thread, compare-and-exchange
 *           CLAIMED -> HELD         the claiming thread, when it has asked for the CPU's lock, or
 *                                   gives the CPU back that it had no lock for
 *           HELD -> EMPTY           the booting thread, when the lock is free and the CPU down
 */
export const BELL = 0;
export const REFUSED = 1;
export const CPUS = 2;
export const EMPTY = 0;
export const SPARE = 1;
export const CLAIMED = 2;
export const HELD_CPU = 3;

/** Names a pool to another thread: what `postMessage` takes as it is. */
export interface CpuPoolHandle {
  /** The machine's RAM. */
  readonly ram: RamHandle;
  /** Which CPUs are spare, and where their rings are. */
  readonly table: SharedArrayBuffer;
  /** Start of the names of the Web Locks that the threads of CPUs hold. */
  readonly locks: string;
  /** What the rings of each channel have in common. */
  readonly channels: readonly RingsShared[];
}

/** A CPU that this thread has claimed. */
export interface ClaimedCpu {
  /** Its number. */
  readonly cpu: number;
  /** Writer of its ring in each channel of the pool. */
  readonly writers: readonly RingWriter[];
  /** Gives the CPU back: what was written is handed to the reader. A `TypeError` while a slot is open. */
  release(): void;
}

/** How a thread claims a CPU. */
export interface ClaimOptions {
  /** Makes the client of each channel's ring, as on the booting thread. Initially no header. */
  readonly client?: ClientOfChannel;
  /**
   * Whether the CPU is given back by `release` alone. Otherwise the thread holds a Web Lock, which
   * tells of its end, but keeps its event loop alive; so the main thread, with which the process
   * ends, better does without. Initially `false`.
   */
  readonly untilReleased?: boolean;
}

/**
 * Claims a spare CPU of a pool for the thread that calls it, at once, by a compare-and-exchange;
 * `null` when none is free, which the pool counts and logs. The CPU is the thread's until it
 * releases it or is gone. `EINVAL`, and no CPU is claimed, for clients with other headers.
 */
export function claimCpu(handle: CpuPoolHandle, options: ClaimOptions = {}): ClaimedCpu | null {
  const table = new Int32Array(handle.table);
  const stride = 1 + handle.channels.length;
  for (let state = CPUS; state < table.length; state += stride) {
    if (cmpxchg(table, state, SPARE, CLAIMED) !== SPARE) continue;
    const cpu = (state - CPUS) / stride;
    const hold = (): void => {
      storeRelease(table, state, HELD_CPU);
      ringDoorbell(table, BELL);
    };
    const lock = options.untilReleased ? null : holdThreadLock(`${handle.locks} ${cpu}`);
    if (lock !== null) hold();
    // The pool tops up.
    else ringDoorbell(table, BELL);
    const control = (channel: number): Address => readOnce(table, state + 1 + channel) * PAGE_SIZE;
    const rings = new RingWriters(cpu, options.client);
    const { ram } = handle;
    const release = (): void => {
      rings.detach();
      if (lock === null) hold();
      else lock.then((free) => free());
    };
    try {
      rings.attach(handle.channels.map((common, i) => ({ ram, control: control(i), ...common })));
    } catch (error) {
      release();
      throw error;
    }
    return { cpu, writers: rings.writers, release };
  }
  Atomics.add(table, REFUSED, 1);
  ringDoorbell(table, BELL);
  return null;
}

/** How many CPUs of a pool can be claimed now, and how many threads have. */
export function cpuCounts(
  handle: CpuPoolHandle,
): { readonly spare: number; readonly claimed: number } {
  const table = new Int32Array(handle.table);
  const counts = { spare: 0, claimed: 0 };
  for (let state = CPUS; state < table.length; state += 1 + handle.channels.length) {
    const is = readOnce(table, state);
    if (is === SPARE) counts.spare++;
    else if (is !== EMPTY) counts.claimed++;
  }
  return counts;
}
