import {
  CPU_DEAD,
  CPU_DOWN_FAILED,
  CPU_DOWN_PREPARE,
  CPU_ONLINE,
  CPU_TASKS_FROZEN,
  CPU_UP_PREPARE,
  type CpuAction,
} from "../../hw/cpu_actions.ts";
import { ascending } from "../../hw/cpus.ts";
import { KernelError } from "../../hw/errno.ts";
import { KERN_ERR, thrownText } from "../../hw/log.ts";
import type { Machine } from "../../hw/machine.ts";
import {
  type NotifierBlock,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_OK,
} from "../../hw/notifier.ts";
import type { RelayCallbacks } from "../callbacks.ts";
import type { RelayChannel } from "../channel.ts";
import type { Relay } from "../relay.ts";
import type { RingsShared } from "./descriptor.ts";
import { ringFileOperations } from "./file_operations.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { assertHeader, assertRingOptions, type RingOptions } from "./ring_options.ts";
import { NO_CLIENT } from "./ring_writers.ts";

/** Place of a ring's callback in the CPU chain: after relay's own, which makes the buffer. */
export const RING_NOTIFIER_PRIORITY: number = 4;

/**
 * A relay channel with a ring on each of its buffers. CPUs that come up later get theirs at
 * CPU_UP_PREPARE; when a CPU is dead what it had written is handed to the reader.
 *
 * All methods are synchronous and for the thread that opened the channel.
 */
export class RingChannel {
  /** The relay channel. It is closed with this one, not by itself. */
  readonly channel: RelayChannel;
  /** Ring of each CPU; `null` for a CPU that has never been about to come up, and once freed. */
  readonly buf: (RingBuffer | null)[];
  readonly #machine: Machine;
  readonly #options: RingOptions;
  readonly #doorbells: Int32Array<SharedArrayBuffer>;
  readonly #timers = new Map<number, ReturnType<typeof setInterval>[]>();
  readonly #block: NotifierBlock;

  /**
   * Opens a channel with rings. `EINVAL`: fewer than 2 sub-buffers, a sub-buffer below 4,096 bytes,
   * a header that does not fit, a timer below 0. Otherwise as {@linkcode Relay.open}, after which
   * nothing is left of it either; `EDEADLK` from within a CPU notifier.
   */
  static open(relay: Relay, options: RingOptions): RingChannel {
    assertRingOptions(options);
    return new RingChannel(relay, options);
  }

  /** Made by {@linkcode RingChannel.open}. */
  private constructor(relay: Relay, options: RingOptions) {
    this.#machine = relay.machine;
    this.#options = options;
    const { nrCpuIds } = this.#machine.cpus;
    this.#doorbells = new Int32Array(new SharedArrayBuffer(4 * nrCpuIds));
    this.buf = new Array(nrCpuIds).fill(null);
    this.#block = this.#machine.hotplug.hotcpuNotifier(
      (action, cpu) => this.#notifierCall(action, cpu),
      RING_NOTIFIER_PRIORITY,
    );
    let channel: RelayChannel | null = null;
    try {
      channel = relay.open({ ...options, callbacks: this.#callbacks(options) });
      this.channel = channel;
      for (const cpu of ascending(this.#machine.cpus.online)) this.#putRing(cpu);
    } catch (error) {
      this.#machine.hotplug.unregisterCpuNotifier(this.#block);
      this.#unwind(channel);
      throw error;
    }
    for (const cpu of this.#machine.cpus.online) this.#startTimers(cpu);
  }

  /** @ignore What a thread needs to write to a ring of the channel, beside where that is. */
  get shared(): RingsShared {
    const { switchTimerMs = 0, readTimerMs = 0 } = this.#options;
    return { doorbells: this.#doorbells.buffer, wakeup: readTimerMs === 0, switchTimerMs };
  }

  /**
   * Hands over what was written last, says that nothing more will come, and closes the channel.
   * Slots still open are lost; writers refuse from then on. Buffers that a reader or an open file
   * refers to stay until they are read. With nothing changed: `EBUSY` while another thread writes or
   * reads (a reader ends when its ring was flushed `"final"`), `EDEADLK` from within a callback of a
   * client or notifier, a `TypeError` when it was closed before. What a callback throws is thrown
   * when all is closed.
   */
  close(): void {
    const errors: unknown[] = [];
    if (!this.channel.closed) {
      const rings = this.buf.filter((ring) => ring !== null);
      for (const ring of rings) this.#assertIdle(ring);
      this.#machine.hotplug.unregisterCpuNotifier(this.#block);
      for (const cpu of this.#timers.keys()) this.#stopTimers(cpu);
      for (const ring of rings) {
        try {
          ring.finalize();
        } catch (error) {
          errors.push(error);
        }
      }
    }
    try {
      this.channel.close();
    } catch (error) {
      errors.push(error);
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Closes the channel unless that was done. */
  [Symbol.dispose](): void {
    if (!this.channel.closed) this.close();
  }

  #notifierCall(action: CpuAction, cpu: number): NotifierResult {
    switch (action & ~CPU_TASKS_FROZEN) {
      case CPU_UP_PREPARE:
        return this.#cpuUpPrepare(cpu);
      case CPU_ONLINE:
        this.buf[cpu]?.cpuOnline();
        this.#startTimers(cpu);
        return NOTIFY_OK;
      case CPU_DOWN_PREPARE:
        // A thread that writes has to be parked first: nobody else may touch its sub-buffer.
        if (this.buf[cpu]?.isWrittenElsewhere || this.buf[cpu]?.isSwitching) return NOTIFY_BAD;
        this.#stopTimers(cpu);
        return NOTIFY_OK;
      case CPU_DOWN_FAILED:
        this.#startTimers(cpu);
        return NOTIFY_OK;
      case CPU_DEAD:
        this.buf[cpu]?.cpuDead();
        return NOTIFY_OK;
      default:
        return NOTIFY_OK;
    }
  }

  #cpuUpPrepare(cpu: number): NotifierResult {
    try {
      if (this.buf[cpu] === null) this.#putRing(cpu);
      return NOTIFY_OK;
    } catch (error) {
      this.#machine.log.printk(KERN_ERR, `ring_cpu_callback: cpu ${cpu} ring creation failed\n`);
      if (!(error instanceof KernelError)) throw error;
      return NOTIFY_BAD;
    }
  }

  /** Puts a ring on the buffer of a CPU. */
  #putRing(cpu: number): void {
    const buffer = this.channel.buf[cpu];
    if (buffer === null) return;
    const client = this.#options.client?.(cpu) ?? NO_CLIENT;
    assertHeader(client.headerSize, this.#options);
    this.buf[cpu] = new RingBuffer(buffer, {
      client,
      overwrite: this.#options.mode === "overwrite",
      doorbells: this.#doorbells,
      shared: this.shared,
    });
  }

  /** The user's callbacks, or files with the ring's operations; a ring goes with its buffer. */
  #callbacks({ callbacks }: RingOptions): RelayCallbacks {
    return {
      createBufFile: (filename, parent, mode, buffer) =>
        callbacks?.createBufFile
          ? callbacks.createBufFile(filename, parent, mode, buffer)
          : this.#machine.debugfs.createFile(filename, mode, parent, buffer, ringFileOperations),
      removeBufFile: (dentry) => {
        // The user may have made one file for several buffers.
        const ring = this.buf.find((ring) =>
          ring?.buffer.kref === 0 && ring.buffer.dentry === dentry
        );
        try {
          if (callbacks?.removeBufFile) callbacks.removeBufFile(dentry);
          else if (dentry.exists) dentry.remove();
        } finally {
          if (ring) this.#freeRing(ring);
        }
      },
    };
  }

  #freeRing(ring: RingBuffer): void {
    this.#stopTimers(ring.cpu);
    this.buf[ring.cpu] = null;
    ring.free();
  }

  /** Refuses to close while another thread uses a ring, or a callback runs. */
  #assertIdle(ring: RingBuffer): void {
    const what = `Cannot close channel "${this.#options.baseFilename}"`;
    if (ring.isWrittenElsewhere) {
      throw new KernelError("EBUSY", `${what}: the thread of CPU ${ring.cpu} writes`);
    }
    if (ring.isReadElsewhere) {
      throw new KernelError("EBUSY", `${what}: another thread reads the ring of CPU ${ring.cpu}`);
    }
    if (ring.isSwitching) {
      throw new KernelError("EDEADLK", `${what}: within a callback of CPU ${ring.cpu}'s client`);
    }
  }

  /** Closes the channel of a failed open, whose error is thrown, not one met on the way. */
  #unwind(channel: RelayChannel | null): void {
    try {
      channel?.close();
    } catch (error) {
      this.#machine.log.printk(KERN_ERR, `ring_channel_open: ${thrownText(error)}\n`);
    }
  }

  #startTimers(cpu: number): void {
    const ring = this.buf[cpu];
    if (!ring || this.#timers.has(cpu)) return;
    const { switchTimerMs = 0, readTimerMs = 0 } = this.#options;
    const timers: ReturnType<typeof setInterval>[] = [];
    if (switchTimerMs > 0) timers.push(setInterval(() => ring.switchTimer(), switchTimerMs));
    if (readTimerMs > 0) timers.push(setInterval(() => ring.readTimer(), readTimerMs));
    // A program ends when it has nothing else to do.
    for (const timer of timers) timer.unref();
    this.#timers.set(cpu, timers);
  }

  #stopTimers(cpu: number): void {
    for (const timer of this.#timers.get(cpu) ?? []) clearInterval(timer);
    this.#timers.delete(cpu);
  }
}
