import { PAGE_SIZE } from "../../hw/ram.ts";
import type { BlackBox } from "../blackbox/black_box.ts";
import type { ConsumedStream } from "../consume/consumer.ts";
import type { RelaydLink } from "../consume/relayd/relayd_link.ts";
import type { TraceInfo } from "../ctf/metadata.ts";
import type { CpuPool } from "../ring/cpu_pool.ts";
import type { RingBuffer } from "../ring/ring_buffer.ts";
import { cheapestClock, type Clock, clockOrigin } from "../trace/clock.ts";
import type { Registry } from "../trace/registry.ts";
import type { StreamState } from "../trace/stream_state.ts";
import type { SessionHandle } from "./handle.ts";
import { LossReport, unwrittenBytes } from "./loss_report.ts";
import type { Request } from "./mailbox.ts";
import { type ResolvedOptions, traceName } from "./options.ts";
import { Outputs } from "./outputs.ts";
import { SessionMachine } from "./session_machine.ts";
import { readStatistics } from "./statistics.ts";
import { traceInfo } from "./trace_info.ts";

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
  readonly #machine: SessionMachine;
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
    this.#box = box;
    this.#machine = new SessionMachine(options, {
      backing: box?.ram ?? "shared",
      info: this.#info,
      clock: this.#clock,
    });
    const { registry, registryAddress, channel, ownCpu } = this.#machine;
    this.#registry = registry;
    this.#outputs = new Outputs(options, this.#info, {
      registry,
      doorbells: new Int32Array(channel.shared.doorbells),
      quietUntil: (cpu) => this.#quietUntil(cpu),
      failed: () => this.#report(),
    }, link);
    this.#pool = this.#machine.start((cpu, ring, state) => this.#addStream(cpu, ring, state));
    this.handle = {
      pool: this.#pool.handle,
      registry: registryAddress,
      idleRing: channel.buf[ownCpu]!.descriptor,
      mailbox,
      origin,
      output: link?.name ?? traceName(options),
      livePeriodMs: options.livePeriodMs,
      uuid: this.#info.uuid,
      subbufSize: options.subbufSize,
      contexts: options.contexts,
      cpus: ownCpu + 1,
    };
    this.#describe();
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

  #describe(): void {
    const { mode } = this.#options;
    const { nodes, ownCpu } = this.#machine;
    const output = shortened(this.#options.output);
    this.#box?.describe({
      registryPfn: this.handle.registry / PAGE_SIZE,
      cpus: ownCpu + 1,
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

  #addStream(cpu: number, ring: RingBuffer, state: StreamState): void {
    // Its reader is another process.
    if (this.#options.output === null) return;
    const stream: ConsumedStream = {
      cpu,
      reader: ring.reader(),
      memory: ring.memory,
      state,
      // Threads without a CPU have no stream either: this thread's tells of what they lost.
      alsoLost: () => cpu === this.#machine.ownCpu ? this.#registry.unattached : 0,
    };
    this.#streams.push(stream);
    this.#outputs.sink?.add(stream);
  }

  /**
   * This thread's stream has no events, but a time; and before it tells of losses an empty packet, for
   * readers count from one to the next.
   */
  #tick(): void {
    const { ownCpu, channel } = this.#machine;
    if (this.#registry.unattached > 0 && !this.#hasLostUnattached) {
      this.#hasLostUnattached = true;
      channel.buf[ownCpu]!.flush("even-if-empty");
    }
    this.#machine.stateOf(ownCpu).times[0] = this.#clock.now();
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
    if (cpu === this.#machine.ownCpu) this.#tick();
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
