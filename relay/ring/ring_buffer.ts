import { KERN_ALERT, KERN_WARNING } from "../../hw/log.ts";
import type { Machine } from "../../hw/machine.ts";
import type { RelayBuffer } from "../buffer.ts";
import type { RingClient } from "./client.ts";
import { CONSUMED, FINALIZED, LOST, OFFSET, READER, SWITCHING, WRAPS, WRITER } from "./control.ts";
import type { RingDescriptor, RingsShared } from "./descriptor.ts";
import { type LostCounts, readLost, sumLost } from "./lost.ts";
import { RingReader } from "./reader.ts";
import { RingMemory } from "./ring_memory.ts";
import { RingPages } from "./ring_pages.ts";
import { loadAcquire, readOnce, ringDoorbell, storeRelease } from "./shared_words.ts";
import { type FlushMode, RingWriter } from "./writer.ts";

/** How a ring is made. */
export interface RingBufferOptions {
  /** What is written at the start of sub-buffers. */
  readonly client: RingClient;
  /** Whether the newest events are kept, not the oldest. */
  readonly overwrite: boolean;
  /** Words to wait for, one a CPU. */
  readonly doorbells: Int32Array<SharedArrayBuffer>;
  /** What other threads are told of them and of timers. */
  readonly shared: RingsShared;
}

/**
 * A ring on a relay buffer: its pages, its writer on this thread or descriptors for another one,
 * its reader. Made by {@linkcode RingChannel}; for the thread that opened that.
 */
export class RingBuffer {
  static readonly #ofBuffer = new WeakMap<RelayBuffer, RingBuffer>();
  /** The buffer it is put on. */
  readonly buffer: RelayBuffer;
  /** Its words and sub-buffers, as this thread sees them. */
  readonly memory: RingMemory;
  readonly #machine: Machine;
  readonly #pages: RingPages;
  readonly #doorbells: Int32Array<SharedArrayBuffer>;
  readonly #shared: RingsShared;
  readonly #writer: RingWriter;
  /** Whether a reader of this thread is attached. */
  #readsHere = false;
  /** Whether this thread is the writing one while the CPU is up. */
  #writesHere = false;
  /** Whether it is finalized: nobody is to write any more. */
  #isFinal = false;

  /** @ignore Puts a ring on a buffer. `ENOMEM` when the node's memory is short: then nothing is taken. */
  constructor(buffer: RelayBuffer, options: RingBufferOptions) {
    const { client, overwrite, doorbells, shared } = options;
    this.buffer = buffer;
    this.#machine = buffer.chan.relay.machine;
    this.#doorbells = doorbells;
    this.#shared = shared;
    this.#pages = new RingPages(buffer, client.headerSize, overwrite);
    this.memory = new RingMemory(this.#machine.ram.buffer, this.#pages.control);
    this.#writer = new RingWriter(this.memory, shared.wakeup ? doorbells : null, client);
    RingBuffer.#ofBuffer.set(buffer, this);
  }

  /** The ring on a buffer, `undefined` when there is none. */
  static of(buffer: RelayBuffer): RingBuffer | undefined {
    return RingBuffer.#ofBuffer.get(buffer);
  }

  /** The CPU it belongs to. */
  get cpu(): number {
    return this.buffer.cpu;
  }

  /** Events lost so far. */
  get lost(): LostCounts {
    return readLost(this.memory.control, LOST);
  }

  /** Names the ring to another thread. A `TypeError` when RAM is not shared. */
  get descriptor(): RingDescriptor {
    const { handle: ram } = this.#machine.ram;
    if (ram === null) {
      throw new TypeError("Cannot give the ring to another thread: RAM is not shared");
    }
    return { ram, control: this.#pages.control, ...this.#shared };
  }

  /**
   * The writer on this thread, attached when asked for, on a dead CPU as soon as that is up. `EBUSY`
   * if another thread writes, a `TypeError` once the channel is closed.
   */
  get writer(): RingWriter {
    if (this.#isFinal) {
      throw new TypeError(`Cannot write to the ring of CPU ${this.cpu}: it is finalized`);
    }
    if (!this.#writer.attached && this.#machine.cpus.online.has(this.cpu)) this.#writer.attach();
    this.#writesHere = true;
    return this.#writer;
  }

  /** Attaches a reader on this thread. The buffer stays until it is closed. `EBUSY`: there is one. */
  reader(): RingReader {
    this.buffer.get();
    const reader = new RingReader(this.memory, this.#doorbells, () => {
      this.#readsHere = false;
      this.buffer.put();
    });
    try {
      reader.attach();
    } catch (error) {
      this.buffer.put();
      throw error;
    }
    this.#readsHere = true;
    return reader;
  }

  /**
   * Hands what was written to the reader, as {@linkcode RingWriter.flush}. `EBUSY` when another
   * thread writes: it has to do that itself. Does nothing once the channel is closed.
   */
  flush(mode: FlushMode): boolean {
    if (this.#isFinal) return false;
    if (this.#writer.attached) return this.#writer.flush(mode);
    if (!this.#isOpened && !this.#writesHere && mode !== "even-if-empty") {
      if (mode === "final") {
        storeRelease(this.memory.control, FINALIZED, 1);
        ringDoorbell(this.#doorbells, this.cpu);
      }
      return false;
    }
    try {
      this.#writer.attach();
      return this.#writer.flush(mode);
    } finally {
      if (this.#writer.attached) this.#writer.detach();
    }
  }

  /**
   * Nothing more will come: delivers what is there, without slots that are still open, and leaves a
   * writer that refuses. The channel's own.
   * @ignore
   */
  finalize(): void {
    if (this.#isFinal) return;
    try {
      if (this.#writer.attached) this.#writer.takeOver();
    } finally {
      this.#endWriting("final");
    }
  }

  /** @ignore The thread that wrote is dead, and gave nothing back: its CPU can be taken down now. */
  writerDied(): void {
    storeRelease(this.memory.control, WRITER, 0);
  }

  /** @ignore The CPU is dead, and its thread if it had one: repairs what it left, delivers what is there. */
  cpuDead(): void {
    if (!this.#isOpened || this.#isFinal) return;
    try {
      this.#writer.takeOver();
    } finally {
      this.#endWriting("dead");
    }
  }

  /** @ignore The CPU is up again: the writer of this thread goes on. */
  cpuOnline(): void {
    if (this.#writesHere && !this.#writer.attached) this.#writer.attach();
  }

  /** @ignore Hands over what was written, if this thread writes: what a switch timer does. */
  switchTimer(): void {
    if (this.#writer.attached) this.#writer.flush("active");
  }

  /**
   * Rings for a reader who has something to get, or the end to see, for writers who do not: what a
   * read timer does.
   * @ignore
   */
  readTimer(): void {
    const { geometry, control } = this.memory;
    const isFinalized = loadAcquire(control, FINALIZED) === 1;
    const consumed = loadAcquire(control, CONSUMED);
    const produced = geometry.subbufTrunc(readOnce(control, OFFSET));
    if (isFinalized || produced !== consumed) ringDoorbell(this.#doorbells, this.cpu);
  }

  /** @ignore Whether a writer on another thread is attached. */
  get isWrittenElsewhere(): boolean {
    return !this.#writer.attached && loadAcquire(this.memory.control, WRITER) === 1;
  }

  /** @ignore Whether a reader on another thread is attached. */
  get isReadElsewhere(): boolean {
    return !this.#readsHere && loadAcquire(this.memory.control, READER) === 1;
  }

  /** @ignore Whether the writer of this thread switches sub-buffers: a callback of the client runs. */
  get isSwitching(): boolean {
    return this.#writer.attached && readOnce(this.memory.control, SWITCHING) !== 0;
  }

  /** Whether anybody has written yet. */
  get #isOpened(): boolean {
    return readOnce(this.memory.control, WRAPS) >= 0;
  }

  /** @ignore Frees the ring's pages, and logs what was lost: the channel's own. */
  free(): void {
    try {
      this.finalize();
    } finally {
      this.#logLost();
      RingBuffer.#ofBuffer.delete(this.buffer);
      this.#pages.free();
    }
  }

  /** Hands over what was written and detaches the writer; wakes the reader, timer or not. */
  #endWriting(mode: "final" | "dead"): void {
    try {
      this.flush(mode);
    } finally {
      this.#isFinal ||= mode === "final";
      if (this.#writer.attached) this.#writer.detach();
      ringDoorbell(this.#doorbells, this.cpu);
    }
  }

  #logLost(): void {
    const { buffer, cpu } = this;
    const name = buffer.chan.baseFilename;
    const { log } = this.#machine;
    const lost = sumLost(this.lost);
    if (lost > 0) {
      log.printk(
        KERN_ALERT,
        `LTT : ${name} : ${lost} events lost in ${name} channel (cpu ${cpu}).\n`,
      );
    }
    const offset = readOnce(this.memory.control, OFFSET) >>> 0;
    const consumed = readOnce(this.memory.control, CONSUMED) >>> 0;
    if (this.memory.geometry.subbufTrunc(offset) >>> 0 !== consumed) {
      const where = `offset is ${offset} and cons_off : ${consumed} (cpu ${cpu})`;
      log.printk(KERN_WARNING, `LTT : unread channel ${name} ${where}\n`);
    }
  }
}
