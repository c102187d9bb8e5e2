import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { openRam } from "../../hw/ram.ts";
import { claimCpu, type ClaimedCpu, cpuCounts } from "../ring/claim_cpu.ts";
import { ringWriter } from "../ring/descriptor.ts";
import { peekOpenSubbuf } from "../ring/peek.ts";
import { RingMemory } from "../ring/ring_memory.ts";
import type { RingWriter } from "../ring/writer.ts";
import { cheapestClock, type Clock } from "../trace/clock.ts";
import { Registry } from "../trace/registry.ts";
import { sleep } from "../trace/sleep.ts";
import { StreamClient } from "../trace/stream_client.ts";
import { StreamState } from "../trace/stream_state.ts";
import { Tracer } from "../trace/tracer.ts";
import { contextFields, contextValues } from "./contexts.ts";
import type { SessionHandle } from "./handle.ts";
import { Mailbox } from "./mailbox.ts";

/** How long a thread waits for a CPU that is about to come up, in milliseconds. */
const CLAIM_MS = 1000;
/** How long it waits for one that a thread may be about to give back. */
const CLAIM_USED_MS = 100;

/** How a thread takes part in a session. */
export interface AttachOptions {
  /** Name of the thread, for the context `worker`. Initially that of the worker, or `"main"`. */
  readonly name?: string;
  /** Clock of this thread. Initially the cheapest one it may read. */
  readonly clock?: Clock;
}

// Those of the program may be wrapped by the time they are called.
const { setInterval, clearInterval } = globalThis;

/** What a thread has of a session: its tracepoints and, if there was one left, a CPU with its stream. */
export class Attachment {
  /** The session's tracepoints. */
  readonly registry: Registry;
  /** This thread's. */
  readonly tracer: Tracer;
  /** This thread's clock. */
  readonly clock: Clock;
  readonly #handle: SessionHandle;
  readonly #ram: ArrayBufferLike;
  readonly #claimed: ClaimedCpu | null;
  readonly #onExit = (): void => this.leave();
  #quietTimer: ReturnType<typeof setInterval> | undefined;

  /** Claims a CPU of the session. */
  constructor(handle: SessionHandle, options: AttachOptions) {
    this.#handle = handle;
    const ram = this.#ram = openRam(handle.pool.ram);
    this.registry = new Registry(ram, handle.registry);
    this.clock = options.clock ?? cheapestClock(handle.origin);
    const idleClient = new StreamClient(ram, new StreamState(ram, 0), handle.uuid, 0);
    this.tracer = new Tracer({
      ram,
      registry: this.registry,
      clock: this.clock,
      subbufSize: handle.subbufSize,
      contextFields: contextFields(handle.contexts),
      idle: ringWriter(handle.idleRing, idleClient),
    });
    this.#claimed = this.#claim();
    if (this.#claimed === null) return;
    const { cpu, writers: [writer] } = this.#claimed;
    const name = options.name ?? (self.name || "main");
    this.tracer.context.push(...contextValues(handle.contexts, cpu, name));
    const state = this.#stateOf(cpu);
    state.thread = name;
    state.clock = this.clock.name;
    this.tracer.stream.attach(writer, state);
    this.#beginStream(writer);
    this.#sayQuiet(state);
    if (!isMainThread) process.once("exit", this.#onExit);
  }

  /** The CPU; `null` when there was none left, or the session was closed. */
  get cpu(): number | null {
    return this.#claimed?.cpu ?? null;
  }

  /** Gives the CPU back; what the thread records from then on is lost, and counted. */
  leave(): void {
    process.off("exit", this.#onExit);
    clearInterval(this.#quietTimer);
    if (this.tracer.stream.detach()) this.#claimed?.release();
  }

  #claim(): ClaimedCpu | null {
    const { pool, uuid } = this.#handle;
    const client = (_channel: number, cpu: number): StreamClient => {
      const state = this.#stateOf(cpu);
      state.goOn(this.clock.now());
      return new StreamClient(this.#ram, state, uuid, cpu);
    };
    const mailbox = new Mailbox(this.#handle.mailbox);
    const begin = performance.now();
    // In a session that is closed no CPU comes up, and nobody reads.
    while (!mailbox.closed) {
      const { spare, claimed } = cpuCounts(pool);
      // More CPUs come up on the session's thread, whose own is the last.
      const patience = claimed < this.#handle.cpus - 1 ? CLAIM_MS : CLAIM_USED_MS;
      const isOver = performance.now() - begin > patience;
      // A claim that is refused is counted and logged: one a thread is enough.
      if (spare > 0 || isOver) {
        const cpu = claimCpu(pool, { client, untilReleased: !isWebWorker });
        if (cpu !== null || isOver) return cpu;
      }
      sleep(1);
    }
    return null;
  }

  /** A stream begins with an empty packet: readers count losses from one packet to the next. */
  #beginStream(writer: RingWriter): void {
    const memory = new RingMemory(this.#ram, this.registry.stream(writer.cpu)!.control);
    if (peekOpenSubbuf(memory)?.seq === 0) writer.flush("even-if-empty");
  }

  /** To viewers of a live session a stream must say that it has nothing new. */
  #sayQuiet(state: StreamState): void {
    const { livePeriodMs } = this.#handle;
    if (livePeriodMs === 0) return;
    this.#quietTimer = setInterval(() => state.goOn(this.clock.now()), livePeriodMs);
    Deno.unrefTimer(this.#quietTimer as unknown as number);
  }

  #stateOf(cpu: number): StreamState {
    return new StreamState(this.#ram, this.registry.stream(cpu)!.state);
  }
}

/** Whether this thread is a `Worker`, the end of which nothing but a lock tells. */
const isWebWorker = isMainThread && "DedicatedWorkerGlobalScope" in globalThis;
