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
import { type ConsumedStream, Consumer, TraceDirectory } from "../consume/mod.ts";
import { PACKET_HEADER_SIZE, type TraceInfo, traceMetadata } from "../ctf/mod.ts";
import { Relay } from "../mod.ts";
import { CpuPool, peekOpenSubbuf, RingChannel } from "../ring/mod.ts";
import {
  cheapestClock,
  type Clock,
  type ClockOrigin,
  clockOrigin,
  Registry,
  REGISTRY_SIZE,
  STREAM_STATE_SIZE,
  StreamClient,
  StreamState,
} from "../trace/mod.ts";
import { contextFields } from "./contexts.ts";
import { environment } from "./environment.ts";
import type { SessionHandle } from "./handle.ts";
import { LossReport } from "./loss_report.ts";
import type { Mailbox, Request } from "./mailbox.ts";
import type { ResolvedOptions } from "./options.ts";
import { ramSize } from "./ram_size.ts";
import { StatisticsFile } from "./statistics_file.ts";
import { readStatistics } from "./statistics.ts";

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
  readonly #preambleLength: number;
  readonly #consumer: Consumer | null;
  readonly #statisticsFile: StatisticsFile | null;
  #snapshots = 0;
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
    const preamble = traceMetadata(this.#info);
    this.#registry = Registry.create(ram.buffer, registryAddress, preamble);
    this.#preambleLength = this.#registry.metadataLength;
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
    this.#consumer = mode === "continuous" ? this.#makeConsumer(options.output) : null;
    this.#statisticsFile = options.writesStatistics ? this.#makeStatisticsFile() : null;
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
    const failure = this.#consumer?.failure ?? null;
    if (failure !== null) throw new Error(this.#failed(failure));
    return "";
  }

  #close(): string {
    this.#isClosed = true;
    try {
      return this.#flush();
    } finally {
      this.#consumer?.close();
      this.#statisticsFile?.close();
      this.#report(true);
    }
  }

  #snapshot(why: string): string {
    if (this.#options.mode !== "flight-recorder") {
      throw new TypeError("Cannot take a snapshot: the session writes everything already");
    }
    this.#tick();
    const number = this.#snapshots++;
    const slug = why.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 50);
    const path = `${this.#options.output}/snapshot-${number}${slug === "" ? "" : `-${slug}`}`;
    const directory = this.#makeDirectory(path);
    const env = { ...this.#info.env, snapshot: number, snapshot_reason: why };
    const preamble = new TextEncoder().encode(traceMetadata({ ...this.#info, env }));
    const consumer = new Consumer(directory, this.#source, this.#preambleLength, preamble);
    for (const stream of this.#streams) consumer.copy(stream);
    consumer.close();
    if (consumer.failure !== null) {
      throw new Error(`Cannot write snapshot ${path}: ${consumer.failure}`);
    }
    return path;
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

  get #source(): { uuid: Uint8Array; registry: Registry } {
    return { uuid: this.#info.uuid, registry: this.#registry };
  }

  #makeConsumer(path: string): Consumer {
    const consumer = new Consumer(this.#makeDirectory(path), this.#source);
    if (consumer.failure !== null) throw new Error(this.#failed(consumer.failure));
    return consumer;
  }

  #makeDirectory(path: string): TraceDirectory {
    const { maxFileSize, maxFiles, maxCpus, opensAllFiles } = this.#options;
    const openFor = opensAllFiles ? Array.from({ length: maxCpus + 1 }, (_, cpu) => cpu) : [];
    return new TraceDirectory(path, { maxFileSize, maxFiles, openFor });
  }

  #makeStatisticsFile(): StatisticsFile {
    const { output } = this.#options;
    Deno.mkdirSync(output, { recursive: true, mode: 0o700 });
    return new StatisticsFile(output);
  }

  #writeStatistics(): void {
    try {
      this.#statisticsFile?.write(readStatistics(this.handle));
    } catch {
      // Where nothing can be written the trace cannot either, which is said; the next time may do.
    }
  }

  #failed(why: string): string {
    return `Cannot write trace ${this.#options.output}: ${why}`;
  }

  /** Bytes of events that are in the rings. */
  get #unwrittenBytes(): number {
    let bytes = 0;
    const add = (packet: number): void => {
      bytes += packet - PACKET_HEADER_SIZE;
    };
    for (const { reader, memory } of this.#streams) {
      for (const { dataSize } of reader.snapshot()) add(dataSize);
      add(peekOpenSubbuf(memory)?.bytes.length ?? PACKET_HEADER_SIZE);
    }
    return bytes;
  }

  #report(isEnd: boolean = false): void {
    const failure = this.#consumer?.failure ?? null;
    const unwritten = failure !== null && isEnd ? this.#unwrittenBytes : 0;
    const what = failure === null ? null : this.#failed(failure);
    this.#losses.say(what, unwritten, readStatistics(this.handle).lost);
  }
}

/** Resolves when everything else that is due has had its turn. */
function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function traceInfo(options: ResolvedOptions, origin: ClockOrigin): TraceInfo {
  return {
    uuid: crypto.getRandomValues(new Uint8Array(16)),
    env: environment(options),
    clock: {
      name: "monotonic",
      description: "Monotonic Clock",
      offsetNs: BigInt(Math.round(origin.performanceMs * 1000)) * 1000n,
    },
    eventContext: contextFields(options.contexts),
  };
}
