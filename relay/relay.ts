import {
  CPU_DEAD,
  CPU_DEAD_FROZEN,
  CPU_UP_PREPARE,
  CPU_UP_PREPARE_FROZEN,
  type CpuAction,
} from "../hw/cpu_actions.ts";
import { ascending } from "../hw/cpus.ts";
import { KernelError } from "../hw/errno.ts";
import { ListHead } from "../hw/list.ts";
import { KERN_ERR, thrownText } from "../hw/log.ts";
import type { Machine } from "../hw/machine.ts";
import { Mutex } from "../hw/mutex.ts";
import { type NotifierResult, NOTIFY_BAD, NOTIFY_OK } from "../hw/notifier.ts";
import { RelayChannel } from "./channel.ts";
import { assertOpenOptions, type OpenOptions } from "./open_options.ts";

/** Place of relay's callback in the CPU chain. */
export const RELAY_NOTIFIER_PRIORITY: number = 5;

/** How a relay layer behaves. */
export interface RelayOptions {
  /**
   * Whether an access further than a page from the last one is warned about, and done all the same
   * (`CONFIG_LTT_RELAY_CHECK_RANDOM_ACCESS`). Initially false.
   */
  readonly checkRandomAccess?: boolean;
}

/**
 * The relay layer of a machine: its open channels, and the notifier that gives them a buffer for
 * each CPU that comes up.
 */
export class Relay {
  /** The machine it runs on. */
  readonly machine: Machine;
  /** Whether random access is warned about. */
  readonly checkRandomAccess: boolean;
  /** Held while channels open, close or get buffers (`relay_channels_mutex`). */
  readonly mutex: Mutex = new Mutex("relay_channels_mutex");
  readonly #channels = new ListHead<RelayChannel>();

  /** A layer that hears nothing of CPUs until {@linkcode Relay.init}. */
  constructor(machine: Machine, options: RelayOptions = {}) {
    this.machine = machine;
    this.checkRandomAccess = options.checkRandomAccess ?? false;
  }

  /** Makes the layer and registers its notifier. */
  static start(machine: Machine, options: RelayOptions = {}): Relay {
    const relay = new Relay(machine, options);
    relay.init();
    return relay;
  }

  /** Registers the notifier (`relay_init`), once; a `TypeError` the second time. */
  init(): void {
    this.machine.hotplug.registerCpuNotifier(this.#notifier);
  }

  /** Open channels, the newest first. */
  get channels(): RelayChannel[] {
    return [...this.#channels];
  }

  /**
   * Opens a channel with a buffer for each online CPU, ascending (`ltt_relay_open`). `EINVAL` and
   * `ENAMETOOLONG`: see {@linkcode OpenOptions}; `ENOMEM`; `ENOENT` when `createBufFile` makes no
   * file, or what it throws; `EDEADLK` from within a callback. On failure nothing is left of it.
   */
  open(options: OpenOptions): RelayChannel {
    assertOpenOptions(options, this.machine.cpus.nrCpuIds);
    return this.mutex.hold(() => {
      const channel = new RelayChannel(this, options);
      try {
        for (const cpu of ascending(this.machine.cpus.online)) channel.openBuf(cpu);
      } catch (error) {
        this.#unwind(channel);
        throw error;
      }
      this.#channels.add(channel.list);
      return channel;
    });
  }

  readonly #notifier = {
    priority: RELAY_NOTIFIER_PRIORITY,
    notifierCall: (action: CpuAction, cpu: number): NotifierResult => {
      switch (action) {
        case CPU_UP_PREPARE:
        case CPU_UP_PREPARE_FROZEN:
          return this.mutex.hold(() => this.#cpuUpPrepare(cpu));
        case CPU_DEAD:
        case CPU_DEAD_FROZEN:
          // Buffers of a dead CPU stay to be read, and to be used when it comes back.
          return NOTIFY_OK;
        default:
          return NOTIFY_OK;
      }
    },
  };

  /** Gives every channel its buffer for `cpu`. Those made before one fails stay. */
  #cpuUpPrepare(cpu: number): NotifierResult {
    for (const channel of this.#channels) {
      if (channel.buf[cpu]) continue;
      try {
        channel.openBuf(cpu);
      } catch (error) {
        const text = `relay_hotcpu_callback: cpu ${cpu} buffer creation failed\n`;
        this.machine.log.printk(KERN_ERR, text);
        if (!(error instanceof KernelError)) throw error;
        return NOTIFY_BAD;
      }
    }
    return NOTIFY_OK;
  }

  /** Gives back what a failed open has taken; its error is thrown, not one met on the way. */
  #unwind(channel: RelayChannel): void {
    try {
      channel.closeBufs();
    } catch (error) {
      this.machine.log.printk(KERN_ERR, `relay_open: ${thrownText(error)}\n`);
    } finally {
      channel.references.put("self");
    }
  }
}
