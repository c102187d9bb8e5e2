import { NR_CPUS } from "../hw/cpus.ts";
import { type Dentry, S_IRUSR } from "../hw/dentry.ts";
import { KernelError } from "../hw/errno.ts";
import { GFP_KERNEL } from "../hw/gfp.ts";
import { ListHead } from "../hw/list.ts";
import type { SlabObject } from "../hw/slab.ts";
import { RelayBuffer } from "./buffer.ts";
import { createBufFile, type RelayCallbacks } from "./callbacks.ts";
import type { OpenOptions } from "./open_options.ts";
import { References } from "./references.ts";
import type { Relay } from "./relay.ts";

/** Version of the patch's structures. */
export const LTT_RELAY_CHANNEL_VERSION: number = 8;

/** Bytes of `struct rchan` and of the buffer a file name is made in, on a 64-bit machine. */
const SIZEOF_RCHAN = 344 + 8 * NR_CPUS;
const SIZEOF_NAME = 256;

/**
 * A set of buffers, one for each CPU that was online, or about to come up, while the channel was open
 * (`struct rchan`). Made by {@linkcode Relay.open}; `using` closes it.
 *
 * All methods are synchronous and for the thread that opened the channel.
 */
export class RelayChannel {
  /** Version of the patch's structures. */
  readonly version: number = LTT_RELAY_CHANNEL_VERSION;
  /** The layer it was opened on. */
  readonly relay: Relay;
  /** Name of its files, without the CPU number. */
  readonly baseFilename: string;
  /** Directory of its files, `null` for the root. */
  readonly parent: Dentry | null;
  /** Bytes of a sub-buffer, a power of two. */
  readonly subbufSize: number;
  /** Sub-buffers of a buffer, a power of two. */
  readonly nSubbufs: number;
  /** Binary logarithm of `subbufSize`. */
  readonly subbufSizeOrder: number;
  /** Bytes of a buffer: `subbufSize * nSubbufs`. */
  readonly allocSize: number;
  /** The client's callbacks, never written to. */
  readonly callbacks: RelayCallbacks;
  /** The client's to use. */
  readonly privateData: unknown;
  /** Buffer of each CPU; `null` for a CPU that has never been about to come up, and once freed. */
  readonly buf: (RelayBuffer | null)[];
  /** References: the open channel's own, its buffers', clients'. */
  readonly references: References;
  /** @ignore Link on the layer's list of open channels. */
  readonly list: ListHead<RelayChannel> = new ListHead<RelayChannel>(this);
  readonly #slab: SlabObject;
  #closed = false;

  /** @ignore A channel without buffers, on no list: {@linkcode Relay.open}'s own. */
  constructor(relay: Relay, options: OpenOptions) {
    const { machine } = relay;
    this.#slab = machine.slab.kzalloc(SIZEOF_RCHAN, GFP_KERNEL);
    this.relay = relay;
    this.baseFilename = options.baseFilename;
    this.parent = options.parent ?? null;
    this.subbufSize = options.subbufSize;
    this.nSubbufs = options.nSubbufs;
    this.subbufSizeOrder = Math.log2(options.subbufSize);
    this.allocSize = options.subbufSize * options.nSubbufs;
    this.callbacks = options.callbacks ?? {};
    this.privateData = options.privateData;
    this.buf = new Array(machine.cpus.nrCpuIds).fill(null);
    const what = `channel "${options.baseFilename}"`;
    this.references = new References(what, machine.log, () => machine.slab.kfree(this.#slab));
  }

  /** References of all holders; 0 once the channel is freed. */
  get kref(): number {
    return this.references.count;
  }

  /** Whether `close` was called. Buffers somebody refers to are usable even then. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes a reference (`ltt_relay_get_chan`); a `TypeError` once the channel is freed. */
  get(): void {
    this.references.get("user");
  }

  /** Gives back what `get` took (`ltt_relay_put_chan`); a `TypeError` when it took nothing. */
  put(): void {
    this.references.put("user");
  }

  /**
   * Closes the channel (`ltt_relay_close`): buffers go with their files, ascending by CPU, except
   * those that a client or an open file refers to; they and the channel go with the last reference.
   * A `TypeError` when it was closed before, `EDEADLK` from within a callback. What a
   * `removeBufFile` throws is thrown when all is closed.
   */
  close(): void {
    this.relay.mutex.hold(() => {
      if (this.#closed) {
        throw new TypeError(`Cannot close channel "${this.baseFilename}": it is closed`);
      }
      this.#closed = true;
      try {
        this.closeBufs();
      } finally {
        this.list.del();
        this.references.put("self");
      }
    });
  }

  /** Closes the channel unless that was done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /**
   * Makes the buffer of a CPU, as `relay_open_buf`: the layer's own, which holds the lock. On
   * failure nothing is left of it.
   * @ignore
   */
  openBuf(cpu: number): void {
    const { machine } = this.relay;
    const name = machine.slab.kzalloc(SIZEOF_NAME, GFP_KERNEL);
    try {
      const buffer = new RelayBuffer(this, cpu);
      try {
        const filename = `${this.baseFilename}${cpu}`;
        const { callbacks, parent } = this;
        buffer.dentry = createBufFile(machine, callbacks, filename, parent, S_IRUSR, buffer);
        if (!buffer.dentry) {
          throw new KernelError("ENOENT", `Cannot open ${filename}: createBufFile made no file`);
        }
      } catch (error) {
        buffer.destroy();
        throw error;
      }
      this.buf[cpu] = buffer;
    } finally {
      machine.slab.kfree(name);
    }
  }

  /** @ignore Gives up the channel's own references to its buffers: the layer's own. */
  closeBufs(): void {
    const errors: unknown[] = [];
    for (const buffer of this.buf) {
      try {
        buffer?.references.put("self");
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
