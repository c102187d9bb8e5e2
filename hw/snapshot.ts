import { ascending } from "./cpus.ts";
import type { Dentry } from "./dentry.ts";
import type { FaultAttributes, FaultInjection } from "./fault_inject.ts";
import type { LogEntry } from "./log.ts";
import type { Machine } from "./machine.ts";
import type { Pfn } from "./ram.ts";
import { MAX_ORDER, type NumaCounters, type Zone } from "./zone.ts";

/** The state of a machine, all but the bytes of RAM, as plain data that no later change reaches. */
export interface MachineSnapshot {
  /** CPU numbers, ascending, by mask; `frozen` are those `disableNonbootCpus` took down. */
  cpus: Record<"possible" | "present" | "online" | "active" | "frozen", number[]>;
  /** Whether CPUs can neither come nor go, and the notifiers' priorities in the order of calling. */
  hotplug: { disabled: boolean; notifiers: number[] };
  /** Node of each CPU, and nodes in the order an allocation for each node tries them. */
  numa: { cpuToNode: number[]; zonelists: number[][] };
  /** Page frames, by node. */
  nodes: NodeSnapshot[];
  /** Small allocations not freed, by node, and how many were ever made. */
  slab: { liveByNode: number[]; allocated: number };
  /** What fault injection is up to. */
  faults: Record<"failslab" | "failPageAlloc", FaultAttributes & FaultCounts>;
  /** The root directory. */
  debugfs: DentrySnapshot;
  /** The log, and how many entries it has let go. */
  log: { entries: LogEntry[]; dropped: number };
}

/** How far fault injection has counted: towards `interval`, and down to the k-th from now. */
export type FaultCounts = Pick<FaultInjection, "count" | "nthFromNow">;

/** The page frames of a node. */
export interface NodeSnapshot {
  /** First frame. */
  startPfn: Pfn;
  /** Number of frames. */
  frames: number;
  /** How many of them are free. */
  free: number;
  /** First frames of the free blocks, by order, from the head of each list on. */
  freeBlocks: Pfn[][];
  /** Blocks handed out, ascending. */
  inUse: { pfn: Pfn; order: number; count: number; flags: number }[];
  /** What was allocated from here. */
  counters: NumaCounters;
}

/** A directory or file; only a directory has `children`. */
export interface DentrySnapshot {
  /** Its name. */
  name: string;
  /** Type and permissions. */
  mode: number;
  /** Files open on it. */
  openFiles: number;
  /** What it holds. */
  children?: DentrySnapshot[];
}

/** Takes the snapshot of a machine. */
export function snapshotMachine(machine: Machine): MachineSnapshot {
  const { possible, present, online, active, nrCpuIds } = machine.cpus;
  const { frozen, disabled, notifierPriorities } = machine.hotplug;
  const { liveByNode, allocated } = machine.slab;
  return {
    cpus: {
      possible: ascending(possible),
      present: ascending(present),
      online: ascending(online),
      active: ascending(active),
      frozen: ascending(frozen),
    },
    hotplug: { disabled, notifiers: notifierPriorities },
    numa: {
      cpuToNode: Array.from({ length: nrCpuIds }, (_, cpu) => machine.numa.cpuToNode(cpu)),
      zonelists: machine.pages.zones.map(({ nid }) => [...machine.numa.zonelist(nid)]),
    },
    nodes: machine.pages.zones.map(snapshotNode),
    slab: { liveByNode: [...liveByNode], allocated },
    faults: {
      failslab: snapshotFaults(machine.failslab),
      failPageAlloc: snapshotFaults(machine.failPageAlloc),
    },
    debugfs: snapshotDentry(machine.debugfs.root),
    log: { entries: machine.log.entries, dropped: machine.log.dropped },
  };
}

function snapshotNode(zone: Zone): NodeSnapshot {
  const { startPfn, frames, nrFreePages: free } = zone;
  return {
    startPfn,
    frames,
    free,
    freeBlocks: Array.from({ length: MAX_ORDER }, (_, order) => zone.freeBlocks(order)),
    inUse: zone.pagesInUse().map(({ pfn, order, count, flags }) => ({ pfn, order, count, flags })),
    counters: { ...zone.counters },
  };
}

function snapshotFaults({ attributes, count, nthFromNow }: FaultInjection) {
  return { ...attributes, count, nthFromNow };
}

function snapshotDentry(dentry: Dentry): DentrySnapshot {
  const { name, inode: { mode }, openFiles } = dentry;
  const children = dentry.isDirectory ? { children: dentry.children.map(snapshotDentry) } : {};
  return { name, mode, openFiles, ...children };
}
