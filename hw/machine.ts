import type { ArchHooks } from "./cpu_transition.ts";
import { Cpus, type CpuSets, NR_CPUS } from "./cpus.ts";
import { Debugfs } from "./debugfs.ts";
import { FaultInjection, random32 } from "./fault_inject.ts";
import { CpuHotplug } from "./hotplug.ts";
import { KernelLog } from "./log.ts";
import { NumaTopology } from "./numa.ts";
import { PageAllocator } from "./page_alloc.ts";
import { type Backing, PAGE_SIZE, Ram } from "./ram.ts";
import { Slab } from "./slab.ts";
import { type MachineSnapshot, snapshotMachine } from "./snapshot.ts";

/** What machine to boot. */
export interface MachineOptions {
  /** Page frames of each node; entry n is node n. Initially one node of 16,384 frames (64 MiB). */
  readonly nodes?: readonly number[];
  /** Short for `possible: [0, 1, …, cpus - 1]`; not beside it. Initially 1. */
  readonly cpus?: number;
  /** CPUs there can ever be. */
  readonly possible?: readonly number[];
  /** CPUs plugged in. Initially all possible ones. */
  readonly present?: readonly number[];
  /** CPUs running after boot. Initially all present ones. */
  readonly online?: readonly number[];
  /** Node of CPU i at index i; CPUs beyond its end are dealt out to the nodes in turn. */
  readonly cpuToNode?: readonly number[];
  /** Distance from node a to node b at `[a][b]`. Initially 10 to itself, 20 to any other. */
  readonly distance?: readonly (readonly number[])[];
  /** What RAM is made of. Initially `"shared"`. */
  readonly backing?: Backing;
  /** The processor's part of hotplug. */
  readonly arch?: ArchHooks;
  /** Start of the random numbers of fault injection. Initially 0. */
  readonly seed?: number;
}

/**
 * A small machine: RAM, NUMA nodes with page frames, small allocations, CPUs that come and go, a
 * log and a debugfs. All of it belongs to the thread that booted it; only RAM can be shared.
 */
export class Machine {
  /** Messages and warnings. */
  readonly log: KernelLog = new KernelLog();
  /** Memory. */
  readonly ram: Ram;
  /** Nodes and distances. */
  readonly numa: NumaTopology;
  /** Which CPUs there are. */
  readonly cpus: Cpus;
  /** Makes CPUs come and go. */
  readonly hotplug: CpuHotplug;
  /** Page frames. */
  readonly pages: PageAllocator;
  /** Small allocations. */
  readonly slab: Slab;
  /** Makes small allocations fail. */
  readonly failslab: FaultInjection;
  /** Makes page allocations fail. */
  readonly failPageAlloc: FaultInjection;
  /** Files. */
  readonly debugfs: Debugfs = new Debugfs();

  /** Boots. A `RangeError`, before any memory is taken, for a machine there cannot be. */
  constructor(options: MachineOptions = {}) {
    const nodes = options.nodes ?? [16384];
    const sets = cpuSets(options);
    assertNodes(nodes);
    assertDistance(options.distance, nodes.length);
    const frames = nodes.reduce((sum, count) => sum + count, 0);
    this.cpus = new Cpus(sets);
    const cpuToNode = nodesOfCpus(options.cpuToNode ?? [], this.cpus.nrCpuIds, nodes.length);

    this.ram = new Ram(frames * PAGE_SIZE, options.backing ?? "shared");
    this.numa = new NumaTopology(nodes.length, cpuToNode, options.distance ?? null);
    this.hotplug = new CpuHotplug(this.cpus, this.log, options.arch ?? {});
    const random = random32(options.seed ?? 0);
    this.failslab = new FaultInjection(random, this.log);
    this.failPageAlloc = new FaultInjection(random, this.log);
    const numaNodeId = () => this.numaNodeId();
    this.slab = new Slab(nodes.length, this.failslab, numaNodeId);
    const { ram, numa, log, failPageAlloc } = this;
    this.pages = new PageAllocator(nodes, { ram, numa, log, failPageAlloc, numaNodeId });
  }

  /** Runs `fn` as code on an online CPU. Otherwise the caller is on the lowest online one. */
  runOn<T>(cpu: number, fn: () => T): T {
    return this.cpus.runOn(cpu, fn);
  }

  /** Node of the CPU the caller is on (`numa_node_id`). */
  numaNodeId(): number {
    return this.numa.cpuToNode(this.cpus.smpProcessorId());
  }

  /** The whole state but the bytes of RAM, as plain data that no later change reaches. */
  snapshot(): MachineSnapshot {
    return snapshotMachine(this);
  }
}

function cpuSets(options: MachineOptions): CpuSets {
  if (options.cpus !== undefined && options.possible !== undefined) {
    throw new TypeError("Cannot boot with both cpus and possible: one of them says it");
  }
  const count = options.cpus ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > NR_CPUS) {
    throw new RangeError(`Cannot boot with ${count} CPUs: from 1 to ${NR_CPUS} are possible`);
  }
  const possible = options.possible ?? Array.from({ length: count }, (_, cpu) => cpu);
  const present = options.present ?? possible;
  const online = options.online ?? present;
  for (const cpu of possible) {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= NR_CPUS) {
      throw new RangeError(`Cannot boot with CPU ${cpu}: not a number from 0 to ${NR_CPUS - 1}`);
    }
  }
  for (
    const [subset, set, name] of [[present, possible, "possible"], [
      online,
      present,
      "present",
    ]] as const
  ) {
    const missing = subset.find((cpu) => !set.includes(cpu));
    if (missing !== undefined) {
      throw new RangeError(`Cannot boot with CPU ${missing}: it is not ${name}`);
    }
  }
  if (online.length === 0) throw new RangeError("Cannot boot: no CPU is online");
  return { possible, present, online };
}

function assertNodes(nodes: readonly number[]): void {
  if (!Array.isArray(nodes)) throw new TypeError("Cannot boot: nodes is no list of frame counts");
  for (const [nid, frames] of nodes.entries()) {
    if (!Number.isInteger(frames) || frames < 0) {
      throw new RangeError(`Cannot boot node ${nid} with ${frames} frames: not a count`);
    }
  }
  if (!nodes.some((frames) => frames > 0)) {
    throw new RangeError("Cannot boot: no node has memory");
  }
}

function assertDistance(distance: MachineOptions["distance"], nrNodes: number): void {
  if (distance === undefined) return;
  const square = distance.length === nrNodes && distance.every((row) => row.length === nrNodes);
  if (!square) {
    throw new RangeError(`Cannot boot: distance is no table of ${nrNodes} by ${nrNodes}`);
  }
  for (const value of distance.flat()) {
    if (Number.isInteger(value) && value >= 0 && value <= 255) continue;
    throw new RangeError(`Cannot boot with a distance of ${value}: not an integer from 0 to 255`);
  }
}

function nodesOfCpus(given: readonly number[], nrCpuIds: number, nrNodes: number): number[] {
  const wrong = given.find((nid) => !Number.isInteger(nid) || nid < 0 || nid >= nrNodes);
  if (wrong !== undefined) {
    throw new RangeError(`Cannot boot with a CPU on node ${wrong}: there are ${nrNodes} nodes`);
  }
  return Array.from({ length: nrCpuIds }, (_, cpu) => given[cpu] ?? cpu % nrNodes);
}
