import { CPU_TASKS_FROZEN, CPU_UP_PREPARE } from "../../hw/cpu_actions.ts";
import { __GFP_ZERO, GFP_KERNEL } from "../../hw/gfp.ts";
import { Machine } from "../../hw/machine.ts";
import { NOTIFY_OK } from "../../hw/notifier.ts";
import { pageAddress } from "../../hw/page.ts";
import { type Address, type Backing, PAGE_SIZE } from "../../hw/ram.ts";
import { CHANNEL_NAME } from "../consume/output_directory.ts";
import { type TraceInfo, traceMetadata } from "../ctf/metadata.ts";
import { Relay } from "../relay.ts";
import { CpuPool } from "../ring/cpu_pool.ts";
import type { RingBuffer } from "../ring/ring_buffer.ts";
import { RingChannel } from "../ring/ring_channel.ts";
import type { Clock } from "../trace/clock.ts";
import { Registry } from "../trace/registry.ts";
import { REGISTRY_SIZE } from "../trace/registry_layout.ts";
import { StreamClient } from "../trace/stream_client.ts";
import { STREAM_STATE_SIZE, StreamState } from "../trace/stream_state.ts";
import type { ResolvedOptions } from "./options.ts";
import { ramFrames } from "./ram_size.ts";

/** Place of a session's callback in the CPU chain: after the ring's, which makes the ring. */
const SESSION_NOTIFIER_PRIORITY = 3;
/** CPUs kept up for threads to come: as many can begin to record at the same moment. */
const SPARE_CPUS = 4;

/** What a session's machine is made for. */
export interface SessionMachineParts {
  /** What its RAM is made of. */
  readonly backing: Backing;
  /** What its metadata says before its tracepoints. */
  readonly info: TraceInfo;
  /** The clock of the session's own thread. */
  readonly clock: Clock;
}

/**
 * The machine of a session: its CPUs are the threads that record, each with a ring and a stream, and in its
 * RAM lies what all of them know. The session's own thread is on the last CPU; recording threads get the
 * others.
 */
export class SessionMachine {
  /** Number of the session's own CPU. */
  readonly ownCpu: number;
  /** Page frames of each node. */
  readonly nodes: readonly number[];
  /** What all threads know of tracepoints. */
  readonly registry: Registry;
  /** Its address. */
  readonly registryAddress: Address;
  /** The rings. */
  readonly channel: RingChannel;
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #machine: Machine;

  /** Boots it, all CPUs but the session's own down. What cannot be had is thrown. */
  constructor(options: ResolvedOptions, { backing, info, clock }: SessionMachineParts) {
    const { maxCpus, subbufSize, nSubbufs, mode } = options;
    this.#options = options;
    this.#clock = clock;
    this.ownCpu = maxCpus;
    this.nodes = [ramFrames(options)];
    this.#machine = new Machine({
      nodes: this.nodes,
      cpus: maxCpus + 1,
      online: [maxCpus],
      backing,
    });
    const { buffer } = this.#machine.ram;
    this.registryAddress = this.#allocate(REGISTRY_SIZE);
    this.registry = Registry.create(buffer, this.registryAddress, traceMetadata(info));
    this.#setRules(options.events);
    this.channel = RingChannel.open(Relay.start(this.#machine), {
      baseFilename: CHANNEL_NAME,
      subbufSize,
      nSubbufs,
      mode: mode === "continuous" ? "discard" : "overwrite",
      client: (cpu) => {
        const address = this.#makeState(cpu);
        this.registry.setStream(cpu, address, 0);
        return new StreamClient(buffer, this.stateOf(cpu), info.uuid, cpu);
      },
      switchTimerMs: options.switchTimerMs,
    });
  }

  /**
   * Calls `added` with the ring of each CPU before anything runs on it: of the session's own at once, of
   * the others as they come up, some of which are kept up for threads that attach. Returns where those
   * get them.
   */
  start(added: (cpu: number, ring: RingBuffer, state: StreamState) => void): CpuPool {
    const seen = new Set<number>();
    const add = (cpu: number): void => {
      if (seen.has(cpu)) return;
      seen.add(cpu);
      const ring = this.channel.buf[cpu]!;
      const { state } = this.registry.stream(cpu)!;
      this.registry.setStream(cpu, state, ring.descriptor.control);
      added(cpu, ring, this.stateOf(cpu));
    };
    this.#machine.hotplug.hotcpuNotifier((action, cpu) => {
      if ((action & ~CPU_TASKS_FROZEN) === CPU_UP_PREPARE) add(cpu);
      return NOTIFY_OK;
    }, SESSION_NOTIFIER_PRIORITY);
    add(this.ownCpu);
    const spares = Math.min(SPARE_CPUS, this.#options.maxCpus);
    return new CpuPool(this.#machine, [this.channel], spares);
  }

  /** State of the stream of a CPU that has been about to come up. */
  stateOf(cpu: number): StreamState {
    return new StreamState(this.#machine.ram.buffer, this.registry.stream(cpu)!.state);
  }

  /** Address of the state of a CPU's stream, which is made the first time. */
  #makeState(cpu: number): Address {
    const known = this.registry.stream(cpu)?.state;
    if (known !== undefined) return known;
    const address = this.#allocate(STREAM_STATE_SIZE);
    // Viewers see the stream from the time its CPU comes up: no event may be older.
    if (this.#options.livePeriodMs > 0) {
      new StreamState(this.#machine.ram.buffer, address).times[0] = this.#clock.now();
    }
    return address;
  }

  #allocate(size: number): Address {
    const order = Math.log2(size / PAGE_SIZE);
    return pageAddress(this.#machine.pages.allocPages(GFP_KERNEL | __GFP_ZERO, order));
  }

  #setRules(patterns: readonly string[]): void {
    if (!patterns.includes("*")) this.registry.disable("*");
    for (const pattern of patterns) this.registry.enable(pattern);
  }
}
