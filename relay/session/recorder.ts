import { CPU_TASKS_FROZEN, CPU_UP_PREPARE } from "../../hw/cpu_actions.ts";
import { __GFP_ZERO, GFP_KERNEL } from "../../hw/gfp.ts";
import { Machine } from "../../hw/machine.ts";
import { NOTIFY_OK } from "../../hw/notifier.ts";
import { pageAddress } from "../../hw/page.ts";
import { type Address, PAGE_SIZE } from "../../hw/ram.ts";
import type { BlackBox } from "../blackbox/black_box.ts";
import type { ConsumedStream } from "../consume/consumer.ts";
import type { RelaydLink } from "../consume/relayd/relayd_link.ts";
import { type TraceInfo, traceMetadata } from "../ctf/metadata.ts";
import { Relay } from "../relay.ts";
import { CpuPool } from "../ring/cpu_pool.ts";
import { RingChannel } from "../ring/ring_channel.ts";
import { cheapestClock, type Clock, clockOrigin } from "../trace/clock.ts";
import { Registry } from "../trace/registry.ts";
import { REGISTRY_SIZE } from "../trace/registry_layout.ts";
import { StreamClient } from "../trace/stream_client.ts";
import { STREAM_STATE_SIZE, StreamState } from "../trace/stream_state.ts";
import type { SessionHandle } from "./handle.ts";
import { LossReport, unwrittenBytes } from "./loss_report.ts";
import type { Request } from "./mailbox.ts";
import { type ResolvedOptions, traceName } from "./options.ts";
import { Outputs } from "./outputs.ts";
import { ramFrames } from "./ram_size.ts";
import { readStatistics } from "./statistics.ts";
import { traceInfo } from "./trace_info.ts";

/** Place of a session's callback in the CPU chain: after the ring's, which makes the ring. */
const SESSION_NOTIFIER_PRIORITY = 3;
/** CPUs kept up for threads to come: as many can begin to record at the same moment. */
const SPARE_CPUS = 4;
/** Milliseconds between two looks at the figures. */
const STATISTICS_MS = 1000;
/** Longest name of an output that stands in a black box, in characters. */
const MOST_OUTPUT = 500;
/** Nanoseconds within which an event is in its ring after its time was read, unless the process is stopped. */
const WRITTEN_WITHIN_NS = 1e9;

/** What a recorder is given that is opened before it, and closed by whom opens it if it cannot begin. */
export interface RecorderParts {
  /** The session of a relay daemon, `null` for another output. */
  readonly link: RelaydLink | null;
  /** The file in which RAM lies, `null` for memory of the process. */
  readonly box: BlackBox | null;
}

/**
 * A session's own thread: the machine whose CPUs the recording threads are, and the consumer of their
 * rings. It never waits for any of them, nor they for it.
 */
export class Recorder {
  /** Names the session to other threads. */
  readonly handle: SessionHandle;
  readonly #options: ResolvedOptions;
  /** The file in which RAM lies, `null` for memory of the process. */
  readonly #box: BlackBox | null;
  readonly #machine: Machine;
  readonly #channel: RingChannel;
  readonly #pool: CpuPool;
  readonly #registry: Registry;
  readonly #info: TraceInfo;
  readonly #clock: Clock;
  readonly #streams: ConsumedStream[] = [];
  readonly #outputs: Outputs;
  readonly #statisticsTimer: ReturnType<typeof setInterval>;
  #hasLostUnattached = false;
  /** Bytes of events that the output has not got, once the session or the process ends. */
  #unwritten = 0;
  readonly #losses = new LossReport();
  /** When this thread was last asked how quiet it is, and since when it was often enough. */
  #askedQuiet = 0;
  #runningSince = 0;
  /** Whether the snapshot that was asked for last was written. */
  #hasSnapshot = false;

  /**
   * Boots the machine and makes the output. What cannot be had is thrown, and nothing is left but `parts`.
   */
  constructor(options: ResolvedOptions, mailbox: SharedArrayBuffer, { link, box }: RecorderParts) {
    this.#options = options;
    const origin = clockOrigin();
    this.#clock = cheapestClock(origin);
    this.#info = traceInfo(options, origin);
    const { maxCpus, subbufSize, nSubbufs, mode } = options;
    const nodes = [ramFrames(options)];
    this.#box = box;
    // The session's own thread is on the last CPU; recording threads get the others.
    this.#machine = new Machine({
      nodes,
      cpus: maxCpus + 1,
      online: [maxCpus],
      backing: box?.ram ?? "shared",
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
    this.#outputs = new Outputs(options, this.#info, {
      registry: this.#registry,
      doorbells: new Int32Array(this.#channel.shared.doorbells),
      quietUntil: (cpu) => this.#quietUntil(cpu),
      failed: () => this.#report(),
    }, link);
    this.#addStream(maxCpus);
    this.#pool = new CpuPool(this.#machine, [this.#channel], Math.min(SPARE_CPUS, maxCpus));
    this.handle = {
      pool: this.#pool.handle,
      registry: registryAddress,
      idleRing: this.#channel.buf[maxCpus]!.descriptor,
      mailbox,
      origin,
      output: link?.name ?? traceName(options),
      livePeriodMs: options.livePeriodMs,
      uuid: this.#info.uuid,
      subbufSize,
      contexts: options.contexts,
      cpus: maxCpus + 1,
    };
    this.#describe(nodes);
    this.#statisticsTimer = setInterval(() => this.#look(), STATISTICS_MS);
  }

  /** Does what a thread asks for, and gives the answer. */
  async serve({ kind, text }: Request): Promise<string> {
    if (kind === "snapshot") return this.#snapshot(text);
    this.#tick();
    try {
      // Nothing waits for threads that are busy.
      if (kind === "close") await this.#outputs.close();
      else await this.#outputs.flush(kind === "exit");
    } finally {
      const isEnd = kind !== "flush";
      const { failure } = this.#outputs;
      this.#unwritten = failure !== null && isEnd ? unwrittenBytes(this.#streams) : 0;
      this.#writeStatistics();
      if (isEnd) this.#report();
      const isOver = kind === "close" || (kind === "exit" && text !== "");
      if (isOver && this.#isElsewhere(kind)) this.#box!.state = "empty";
      if (kind === "close") this.#end();
    }
    return "";
  }

  #end(): void {
    clearInterval(this.#statisticsTimer);
    this.#outputs.end();
    this.#box?.close();
  }

  #describe(nodes: readonly number[]): void {
    const { mode, maxCpus } = this.#options;
    const output = shortened(this.#options.output);
    this.#box?.describe({
      registryPfn: this.handle.registry / PAGE_SIZE,
      cpus: maxCpus + 1,
      uuid: this.#info.uuid,
      facts: { pid: Deno.pid, startedAt: new Date().toISOString(), mode, output, nodes },
    });
  }

  /** Whether all that a black box holds, at the end, is elsewhere too, or was not wanted. */
  #isElsewhere(kind: "close" | "exit"): boolean {
    const { mode, output, snapshotsAtExit } = this.#options;
    if (this.#box === null || output === null || this.#outputs.failure !== null) return false;
    return mode === "continuous" || (snapshotsAtExit ? this.#hasSnapshot : kind === "close");
  }

  #snapshot(why: string): string {
    const { mode, output } = this.#options;
    if (mode !== "flight-recorder" || output === null) {
      const refusal = output === null ? "has no output" : "writes everything already";
      throw new TypeError(`Cannot take a snapshot: the session ${refusal}`);
    }
    this.#hasSnapshot = false;
    this.#tick();
    const path = this.#outputs.snapshot(why, this.#streams);
    this.#hasSnapshot = true;
    return path;
  }

  #addStream(cpu: number): void {
    if (this.#streams.some((stream) => stream.cpu === cpu)) return;
    const ring = this.#channel.buf[cpu]!;
    const address = this.#registry.stream(cpu)!.state;
    this.#registry.setStream(cpu, address, ring.descriptor.control);
    const { buffer } = this.#machine.ram;
    // Its reader is another process.
    if (this.#options.output === null) return;
    const stream: ConsumedStream = {
      cpu,
      reader: ring.reader(),
      memory: ring.memory,
      state: new StreamState(buffer, address),
      // Threads without a CPU have no stream either: this thread's tells of what they lost.
      alsoLost: () => cpu === this.#options.maxCpus ? this.#registry.unattached : 0,
    };
    this.#streams.push(stream);
    this.#outputs.sink?.add(stream);
  }

  #state(cpu: number): { readonly state: StreamState; readonly address: Address } {
    const known = this.#registry.stream(cpu)?.state;
    const address = known ?? this.#allocate(STREAM_STATE_SIZE);
    const state = new StreamState(this.#machine.ram.buffer, address);
    // Viewers see the stream from the time its CPU comes up: no event may be older.
    const isNew = known === undefined;
    if (isNew && this.#options.livePeriodMs > 0) state.times[0] = this.#clock.now();
    return { state, address };
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
    const cpu = this.#options.maxCpus;
    const { state } = this.#state(cpu);
    if (this.#registry.unattached > 0 && !this.#hasLostUnattached) {
      this.#hasLostUnattached = true;
      this.#channel.buf[cpu]!.flush("even-if-empty");
    }
    state.times[0] = this.#clock.now();
  }

  /**
   * A time before which no event of a CPU is to come that is not in its ring: its thread's last one,
   * which a live session's threads bring up to date whenever they come to their event loop.
   */
  #quietUntil(cpu: number): number {
    const now = this.#clock.now();
    // The whole process may have been stopped, a thread between reading its time and writing the event.
    if (now - this.#askedQuiet > 1e6 * this.#options.livePeriodMs + WRITTEN_WITHIN_NS / 2) {
      this.#runningSince = now;
    }
    this.#askedQuiet = now;
    if (cpu === this.#options.maxCpus) this.#tick();
    // Whoever claims it from now on reads a later time.
    else if (!this.#pool.isClaimed(cpu)) return now;
    const { state } = this.#streams.find((stream) => stream.cpu === cpu)!;
    const written = now - 1e6 * this.#options.livePeriodMs - WRITTEN_WITHIN_NS;
    return Math.max(state.times[0], this.#runningSince < written ? written : 0);
  }

  #look(): void {
    // The process was about to end, and goes on.
    if (this.#box?.state === "empty") this.#box.state = "holds a trace";
    this.#writeStatistics();
  }

  #writeStatistics(): void {
    this.#outputs.writeStatistics(() => readStatistics(this.handle), this.#unwritten);
  }

  #report(): void {
    const { lost } = readStatistics(this.handle);
    this.#losses.say(this.#outputs.failure, this.#unwritten, lost);
  }
}

/** A name of an output that is not too long for a superblock; people alone read it. */
function shortened(output: string | null): string | null {
  return output === null || output.length <= MOST_OUTPUT
    ? output
    : `${output.slice(0, MOST_OUTPUT)}…`;
}
