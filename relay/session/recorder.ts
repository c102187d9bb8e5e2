import { setImmediate } from "node:timers";
import {
  __GFP_ZERO,
  type Address,
  CPU_TASKS_FROZEN,
  CPU_UP_PREPARE,
  GFP_KERNEL,
  Machine,
  NOTIFY_OK,
  PAGE_SIZE,
  pageAddress,
} from "../../hw/mod.ts";
import type { ConsumedStream, Consumer } from "../consume/mod.ts";
import { type TraceInfo, traceMetadata } from "../ctf/mod.ts";
import { Relay } from "../mod.ts";
import { CpuPool, RingChannel } from "../ring/mod.ts";
import {
  cheapestClock,
  type Clock,
  clockOrigin,
  Registry,
  REGISTRY_SIZE,
  STREAM_STATE_SIZE,
  StreamClient,
  StreamState,
} from "../trace/mod.ts";
import type { SessionHandle } from "./handle.ts";
import { LossReport, unwrittenBytes } from "./loss_report.ts";
import type { Mailbox, Request } from "./mailbox.ts";
import type { ResolvedOptions } from "./options.ts";
import { Outputs } from "./outputs.ts";
import { ramSize } from "./ram_size.ts";
import { readStatistics } from "./statistics.ts";
import { traceInfo } from "./trace_info.ts";

/** Place of a session's callback in the CPU chain: after the ring's, which makes the ring. */
const SESSION_NOTIFIER_PRIORITY = 3;
/** CPUs kept up for threads to come: as many can begin to record at the same moment. */
const SPARE_CPUS = 4;
/** Milliseconds between two looks at the figures. */
const STATISTICS_MS = 1000;

/**
 * A session's own thread: the machine whose CPUs the recording threads are, and the consumer of their
 * rings. It never waits for any of them, nor they for it.
 */
export class Recorder {
  /** Names the session to other threads. */
  readonly handle: SessionHandle;
  readonly #options: ResolvedOptions;
  readonly #mailbox: Mailbox;
  readonly #machine: Machine;
  readonly #channel: RingChannel;
  readonly #pool: CpuPool;
  readonly #registry: Registry;
  readonly #info: TraceInfo;
  readonly #clock: Clock;
  readonly #streams: ConsumedStream[] = [];
  readonly #outputs: Outputs;
  readonly #consumer: Consumer | null;
  #hasLostUnattached = false;
  readonly #losses = new LossReport();
  #isClosed = false;

  /** Boots the machine and makes the output. What cannot be had is thrown, and nothing is left. */
  constructor(options: ResolvedOptions, mailbox: Mailbox) {
    this.#options = options;
    this.#mailbox = mailbox;
    const origin = clockOrigin();
    this.#clock = cheapestClock(origin);
    this.#info = traceInfo(options, origin);
    const { maxCpus, subbufSize, nSubbufs, mode } = options;
    // The session's own thread is on the last CPU; recording threads get the others.
    this.#machine = new Machine({
      nodes: [Math.ceil(ramSize(options) / PAGE_SIZE)],
      cpus: maxCpus + 1,
      online: [maxCpus],
    });
    const { ram } = this.#machine;
    const registryAddress = this.#allocate(REGISTRY_SIZE);
    const metadata = traceMetadata(this.#info);
    this.#registry = Registry.create(ram.buffer, registryAddress, metadata);
    this.#setRules(options.events);
    this.#channel = RingChannel.open(Relay.start(this.#machine), {
      baseFilename: "channel0_",
      subbufSize,
      nSubbufs,
      mode: mode === "continuous" ? "discard" : "overwrite",
      client: (cpu) => {
        const { state, address } = this.#state(cpu);
        this.#registry.setStream(cpu, address, 0);
        return new StreamClient(ram.buffer, state, this.#info.uuid, cpu);
      },
      switchTimerMs: options.switchTimerMs,
    });
    this.#machine.hotplug.hotcpuNotifier((action, cpu) => {
      if ((action & ~CPU_TASKS_FROZEN) === CPU_UP_PREPARE) this.#addStream(cpu);
      return NOTIFY_OK;
    }, SESSION_NOTIFIER_PRIORITY);
    this.#addStream(maxCpus);
    this.#outputs = new Outputs(options, this.#info, this.#registry);
    this.#consumer = this.#outputs.consumer;
    this.#pool = new CpuPool(this.#machine, [this.#channel], Math.min(SPARE_CPUS, maxCpus));
    this.handle = {
      pool: this.#pool.handle,
      registry: registryAddress,
      idleRing: this.#channel.buf[maxCpus]!.descriptor,
      mailbox: mailbox.memory,
      origin,
      uuid: this.#info.uuid,
      subbufSize,
      contexts: options.contexts,
      cpus: maxCpus + 1,
    };
  }

  /** Serves until the session is closed. */
  async run(): Promise<void> {
    const timer = setInterval(() => this.#writeStatistics(), STATISTICS_MS);
    await this.#mailbox.serve((request) => this.#serve(request));
    clearInterval(timer);
  }

  #serve({ kind, text }: Request): string {
    switch (kind) {
      case "snapshot":
        return this.#snapshot(text);
      case "flush":
        return this.#flush();
      case "exit":
        try {
          return this.#flush();
        } finally {
          this.#report(true);
        }
      case "close":
        return this.#close();
    }
  }

  /** Writes all there is, as far as it is known: nothing waits for threads that are busy. */
  #flush(): string {
    this.#tick();
    for (const stream of this.#streams) this.#consumer?.flush(stream);
    this.#writeStatistics();
    const { failure } = this.#outputs;
    if (failure !== null) throw new Error(failure);
    return "";
  }

  #close(): string {
    this.#isClosed = true;
    try {
      return this.#flush();
    } finally {
      this.#outputs.close();
      this.#report(true);
    }
  }

  #snapshot(why: string): string {
    if (this.#options.mode !== "flight-recorder") {
      throw new TypeError("Cannot take a snapshot: the session writes everything already");
    }
    this.#tick();
    return this.#outputs.snapshot(why, this.#streams);
  }

  async #consume(stream: ConsumedStream): Promise<void> {
    const doorbells = new Int32Array(this.#channel.shared.doorbells);
    while (!this.#isClosed) {
      const bell = Atomics.load(doorbells, stream.cpu);
      const packets = this.#consumer!.drain(stream);
      if (this.#consumer!.failure !== null) return this.#report();
      // A writer that is always ahead must not keep requests, timers and other CPUs from their turn.
      if (packets > 0) await immediate();
      else await Atomics.waitAsync(doorbells, stream.cpu, bell).value;
    }
  }

  #addStream(cpu: number): void {
    if (this.#streams.some((stream) => stream.cpu === cpu)) return;
    const ring = this.#channel.buf[cpu]!;
    const address = this.#registry.stream(cpu)!.state;
    this.#registry.setStream(cpu, address, ring.descriptor.control);
    const { buffer } = this.#machine.ram;
    const stream: ConsumedStream = {
      cpu,
      reader: ring.reader(),
      memory: ring.memory,
      state: new StreamState(buffer, address),
      // Threads without a CPU have no stream either: this thread's tells of what they lost.
      alsoLost: () => cpu === this.#options.maxCpus ? this.#registry.unattached : 0,
    };
    this.#streams.push(stream);
    if (this.#consumer) this.#consume(stream);
  }

  #state(cpu: number): { readonly state: StreamState; readonly address: Address } {
    const address = this.#registry.stream(cpu)?.state ?? this.#allocate(STREAM_STATE_SIZE);
    return { state: new StreamState(this.#machine.ram.buffer, address), address };
  }

  #allocate(size: number): Address {
    const order = Math.log2(size / PAGE_SIZE);
    return pageAddress(this.#machine.pages.allocPages(GFP_KERNEL | __GFP_ZERO, order));
  }

  #setRules(patterns: readonly string[]): void {
    if (!patterns.includes("*")) this.#registry.disable("*");
    for (const pattern of patterns) this.#registry.enable(pattern);
  }

  /**
   * This thread's stream has no events, but a time; and before it tells of losses an empty packet, for
   * readers count from one to the next.
   */
  #tick(): void {
    const [{ cpu, state }] = this.#streams;
    if (this.#registry.unattached > 0 && !this.#hasLostUnattached) {
      this.#hasLostUnattached = true;
      this.#channel.buf[cpu]!.flush("even-if-empty");
    }
    state.times[0] = this.#clock.now();
  }

  #writeStatistics(): void {
    this.#outputs.writeStatistics(() => readStatistics(this.handle));
  }

  #report(isEnd: boolean = false): void {
    const { failure } = this.#outputs;
    const unwritten = failure !== null && isEnd ? unwrittenBytes(this.#streams) : 0;
    this.#losses.say(failure, unwritten, readStatistics(this.handle).lost);
  }
}

/** Resolves when everything else that is due has had its turn. */
function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
