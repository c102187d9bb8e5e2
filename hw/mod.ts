/**
 * A small machine to run kernel code on: NUMA nodes with page frames, a buddy allocator, small
 * allocations with fault injection, CPUs that come and go with the kernel's notifier chain, a log
 * and a debugfs. Behaviour, names and constants are those of Linux 2.6.29 on x86-64.
 *
 * Begin with {@linkcode Machine}, which is all of it:
 *
 * ```ts
 * import { CPU_ONLINE, GFP_KERNEL, KernelError, Machine, NOTIFY_OK } from "@ltt/relay/hw";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * // Two nodes of 64 page frames, a CPU on each; CPU 1 is down.
 * const machine = new Machine({ nodes: [64, 64], cpus: 2, online: [0], cpuToNode: [0, 1] });
 *
 * // CPUs: who wants to know of them is told, and may refuse.
 * const up: number[] = [];
 * machine.hotplug.hotcpuNotifier((action, cpu) => {
 *   if (action === CPU_ONLINE) up.push(cpu);
 *   return NOTIFY_OK;
 * }, 0);
 * machine.hotplug.cpuUp(1);
 * assertEquals(up, [1]);
 *
 * // Memory: eight frames of CPU 1's own node; and one that cannot be had.
 * const page = machine.runOn(1, () => machine.pages.allocPages(GFP_KERNEL, 3));
 * assertEquals([page.nid, machine.snapshot().nodes[1].free], [1, 56]);
 * machine.failPageAlloc.failNth(1);
 * assertThrows(() => machine.pages.allocPages(GFP_KERNEL, 0), KernelError, "fault injection");
 * machine.pages.freePages(page, 3);
 * ```
 *
 * 1. Boot: {@linkcode MachineOptions} says which nodes and CPUs there are, and what RAM is made of.
 * 2. Listen, if you want to see what happens: `machine.log`, `pages`, `slab` and `hotplug` have `subscribe`.
 * 3. Put something on it: memory by `machine.pages` and `machine.slab`, files by `machine.debugfs`, bytes by
 *    `machine.ram.view` at an address.
 * 4. Break it: `machine.failPageAlloc`, `machine.failslab`, a notifier's veto, `machine.hotplug.cpuDown`.
 * 5. Look: {@linkcode Machine.snapshot} is the whole state as plain data.
 *
 * All of it is synchronous and belongs to the thread that booted it. RAM alone can be shared: another thread
 * that is sent `machine.ram.handle` sees it by {@linkcode openRam}. What runs on it next is
 * `@ltt/relay/relay`.
 *
 * What is not modelled, and why:
 *
 * | left out | because |
 * | --- | --- |
 * | watermarks, reserves, reclaim, OOM killer | an allocation fails when the last frame is gone, so that what follows can be watched |
 * | per-CPU page lists, mobility types | they are off on zones this small, or hide which frame is taken |
 * | zones below and above Normal | one zone a node is enough to fall back |
 * | memory policies, cpusets | the callers have none; `interleave_hit` stays 0 |
 * | zonelists rebuilt at run time, memory hotplug | nodes never change |
 * | "page allocation failure" messages, the limit on bad page reports | failures are thrown, the log is bounded |
 * | bytes and pages of small allocations | only how many there are, and where, matters here |
 * | fault injection's task and stack filters, its stack dumps | there are no tasks |
 * | waiting for a lock | one thread: it would wait for ever, so it throws |
 * | node CPU masks, scheduler, interrupts, stop_machine | nothing runs but the caller |
 * | informational messages of x86; its rule that CPU 0 stays | the rule is an arch hook's, off at first |
 * | permissions, inode times, links, writing in debugfs | whoever calls is root, files are to be read |
 *
 * @module
 */
export * from "./cpu_actions.ts";
export type { ArchHooks } from "./cpu_transition.ts";
export { ascending, Cpus, NR_CPUS } from "./cpus.ts";
export * from "./debugfs.ts";
export {
  Dentry,
  type FileOperations,
  type Inode,
  type Mapping,
  regularInode,
  S_IFDIR,
  S_IFREG,
  S_IRUSR,
  type SpliceTarget,
} from "./dentry.ts";
export * from "./errno.ts";
export { type FaultAttributes, FaultInjection } from "./fault_inject.ts";
export * from "./gfp.ts";
export * from "./hotplug.ts";
export * from "./kref.ts";
export * from "./list.ts";
export {
  formatLogEntry,
  KERN_ALERT,
  KERN_EMERG,
  KERN_ERR,
  KERN_NOTICE,
  KERN_WARNING,
  KernelLog,
  type LogEntry,
  type LogLevel,
} from "./log.ts";
export * from "./machine.ts";
export * from "./mutex.ts";
export {
  type NotifierBlock,
  type NotifierCall,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_DONE,
  NOTIFY_OK,
  NOTIFY_STOP,
  NOTIFY_STOP_MASK,
} from "./notifier.ts";
export * from "./numa.ts";
export * from "./open_file.ts";
export {
  getPage,
  Page,
  pageAddress,
  pageToNid,
  PG_buddy,
  PG_locked,
  PG_private,
  PG_reserved,
  setPagePrivate,
} from "./page.ts";
export { PageAllocator, type PageEvent } from "./page_alloc.ts";
export * from "./poll.ts";
export * from "./ram.ts";
export * from "./slab.ts";
export {
  type DentrySnapshot,
  type FaultCounts,
  type MachineSnapshot,
  type NodeSnapshot,
} from "./snapshot.ts";
export * from "./zone.ts";
