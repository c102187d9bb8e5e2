import type { Holder, LostCounts, NumaCounters, RingSnapshot } from "../../mod.ts";

/** All of a machine that the page draws, as plain data. Objects have the same members at all times. */
export interface MachineState {
  /** CPUs, by number. */
  readonly cpus: readonly CpuState[];
  /** Nodes, by number. */
  readonly nodes: readonly NodeState[];
  /** Channels that are not freed, by name. */
  readonly channels: Readonly<Record<string, ChannelState>>;
  /** Files in debugfs, and how often each is open. */
  readonly files: Readonly<Record<string, number>>;
  /** Allocations until the one that is to fail; 0: none is. */
  readonly faults: { readonly page: number; readonly slab: number };
  /** The notifier chain, in the order of calling. */
  readonly chain: readonly { readonly name: string; readonly priority: number }[];
  /** What the stand-in notifier will veto next: `up`, `down` or `none`. */
  readonly veto: string;
  /** Whether each lock is held. */
  readonly locks: Readonly<Record<string, boolean>>;
}

/** A CPU. */
export interface CpuState {
  /** The node it is on. */
  readonly node: number;
  /** Whether code runs on it. */
  readonly online: boolean;
  /** Whether the scheduler may use it. */
  readonly active: boolean;
  /** What notifiers were told of it last in the operation under way, else "". */
  readonly action: string;
}

/** A node. */
export interface NodeState {
  /** Number of its first frame. */
  readonly startPfn: number;
  /**
   * What each frame is used for: `free:FIRST:ORDER`, the block it is in; `data:CHANNEL:CPU:PAGE`;
   * `spare:CHANNEL:CPU` and `control:CHANNEL:CPU`, a ring's; `fill`.
   */
  readonly frames: readonly string[];
  /** How many frames are free. */
  readonly free: number;
  /** Small allocations that live on it. */
  readonly slabs: number;
  /** Nodes in the order an allocation tries them. */
  readonly zonelist: readonly number[];
  /** What the page allocator has counted. */
  readonly counters: NumaCounters;
}

/** A channel. */
export interface ChannelState {
  /** `relay`, or the mode of its rings: `discard` or `overwrite`. */
  readonly mode: string;
  /** Whether it was closed. */
  readonly closed: boolean;
  /** Whether its open is done. */
  readonly opened: boolean;
  /** References of all holders. */
  readonly kref: number;
  /** References by holder. */
  readonly holders: Readonly<Record<Holder, number>>;
  /** Bytes of a sub-buffer. */
  readonly subbufSize: number;
  /** Sub-buffers of a buffer. */
  readonly nSubbufs: number;
  /** Buffers, by CPU. */
  readonly buffers: Readonly<Record<string, BufferState>>;
}

/** A buffer. */
export interface BufferState {
  /** References of all holders. */
  readonly kref: number;
  /** References by holder. */
  readonly holders: Readonly<Record<Holder, number>>;
  /** Its pages in order. */
  readonly pages: readonly PageState[];
  /** Numbers of the pages `wpage`, `rpage`, `hpage[0]` and `hpage[1]`. */
  readonly cache: Readonly<Record<"w" | "r" | "h0" | "h1", number>>;
  /** The ring on it; `null` for none. */
  readonly ring: RingState | null;
}

/** A page of a buffer. */
export interface PageState {
  /** Its frame. */
  readonly pfn: number;
  /** First text in it, cut. */
  readonly text: string;
}

/** A ring. */
export interface RingState extends Omit<RingSnapshot, "lost"> {
  /** Texts of what each sub-buffer holds, the reader's the last; cut. */
  readonly texts: readonly string[];
  /** Numbers of the frames of each sub-buffer, the reader's spare one the last. */
  readonly frames: readonly (readonly number[])[];
  /** Bytes reserved in each place that is being written, else 0. */
  readonly levels: readonly number[];
  /** The sub-buffer that the reader has got; `null` for none. */
  readonly held: { readonly seq: number; readonly subbuf: number } | null;
  /** Sub-buffers that were overwritten before the reader came. */
  readonly missed: number;
  /** Whether a slot is reserved and not committed. */
  readonly slotOpen: boolean;
  /** Events lost. */
  readonly lost: LostCounts;
}
