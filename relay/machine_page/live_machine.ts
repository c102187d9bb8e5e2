import {
  CPU_DOWN_PREPARE,
  CPU_TASKS_FROZEN,
  CPU_UP_PREPARE,
  cpuActionName,
  Machine,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_OK,
  type Page,
  Relay,
  RELAY_NOTIFIER_PRIORITY,
  RING_NOTIFIER_PRIORITY,
} from "../../mod.ts";
import { CommandError } from "./commands.ts";
import { FrameOwners } from "./frame_owners.ts";
import type { LiveBuffer, LiveChannel } from "./live_channel.ts";
import { inKernel, inPatch, inRing } from "./places.ts";
import type { ChannelState, CpuState, MachineState, NodeState } from "./state.ts";

/** A channel that is to be opened. */
interface Wanted extends Pick<ChannelState, "mode" | "subbufSize" | "nSubbufs"> {
  readonly name: string;
}

/** Frames of each node. */
const NODES: readonly number[] = [48, 48];
/** CPUs there can be, the first half on node 0. */
const CPU_TO_NODE: readonly number[] = [0, 0, 1, 1];

/** Where the kernel's scheduler and its worker threads hear of CPUs: before relay, and after all. */
const FIRST_PRIORITY = 10;
const LAST_PRIORITY = 0;

/** Who a notifier is, by its priority. */
export const notifiers: Readonly<
  Record<number, { readonly name: string; readonly place: string }>
> = {
  [FIRST_PRIORITY]: {
    name: "migration_call",
    place: `${inKernel("kernel/sched.c", "migration_call")}, a stand-in that only answers`,
  },
  [RELAY_NOTIFIER_PRIORITY]: {
    name: "relay_hotcpu_callback",
    place: inPatch("relay_hotcpu_callback"),
  },
  [RING_NOTIFIER_PRIORITY]: {
    name: "ring_cpu_callback",
    place: inRing("ring_channel.ts", "notifierCall", "cpu_hp_callback"),
  },
  [LAST_PRIORITY]: {
    name: "workqueue_cpu_callback",
    place: `${
      inKernel("kernel/workqueue.c", "workqueue_cpu_callback")
    }, a stand-in that only answers`,
  },
};

/**
 * The machine behind the page, with the relay layer on it, and everything that was opened and taken. Two
 * stand-ins for parts of the kernel hear of CPUs before and after relay; the last can be told to veto.
 */
export class LiveMachine {
  /** The machine itself. */
  readonly machine: Machine;
  /** The relay layer, which warns of random access. */
  readonly relay: Relay;
  /** What each frame is used for. */
  readonly owners: FrameOwners = new FrameOwners();
  /** Channels that are not freed, by name, the oldest first. */
  readonly channels: Map<string, LiveChannel> = new Map();
  /** Blocks that fill the nodes. */
  readonly fills: { readonly page: Page; readonly order: number }[] = [];
  /** What `workqueue_cpu_callback` refuses, once. */
  veto: "up" | "down" | "none" = "none";
  /** The channel that the open under way is to make. */
  wanted: Wanted | null = null;
  /** It, while it is there and has no buffer: relay has handed it to nobody yet. */
  begun: Wanted | null = null;
  /** What notifiers were told last in the operation under way. */
  action: { readonly cpu: number; readonly name: string } | null = null;

  /** Boots with some CPUs online. */
  constructor(online: readonly number[]) {
    const possible = CPU_TO_NODE.map((_, cpu) => cpu);
    this.machine = new Machine({
      nodes: NODES,
      possible,
      online,
      cpuToNode: CPU_TO_NODE,
      backing: "plain",
    });
    const { hotplug } = this.machine;
    hotplug.hotcpuNotifier(() => NOTIFY_OK, FIRST_PRIORITY);
    hotplug.hotcpuNotifier((action) => this.#answerLast(action), LAST_PRIORITY);
    this.relay = Relay.start(this.machine, { checkRandomAccess: true });
  }

  /** A command begins: nothing is being made. */
  begin(): void {
    this.owners.expect([]);
    this.wanted = null;
    this.begun = null;
  }

  /** The channel of that name; a {@linkcode CommandError} when there is none. */
  channel(name: string): LiveChannel {
    const channel = this.channels.get(name);
    if (channel === undefined) {
      throw new CommandError(`Cannot do this: there is no channel "${name}"`);
    }
    return channel;
  }

  /** The buffer of a CPU; a {@linkcode CommandError} when there is none. */
  buffer(name: string, cpu: number): LiveBuffer {
    const buffer = this.channel(name).buffers.get(cpu);
    if (buffer !== undefined) return buffer;
    throw new CommandError(`Cannot do this: channel "${name}" has no buffer of CPU ${cpu}`);
  }

  /** All there is, as it is now. Channels and buffers that are freed are let go. */
  state(): MachineState {
    const { machine, relay } = this;
    const { hotplug, failPageAlloc, failslab, debugfs, ram } = machine;
    this.#forgetFreed();
    return {
      cpus: CPU_TO_NODE.map((node, cpu) => this.#cpu(cpu, node)),
      nodes: NODES.map((_, nid) => this.#node(nid)),
      channels: Object.fromEntries([
        ...[...this.channels].map(([name, channel]) => [name, channel.state(ram.bytes)]),
        ...(this.begun ? [[this.begun.name, stateOfBegun(this.begun)]] : []),
      ]),
      files: Object.fromEntries(
        debugfs.root.children.map(({ name, openFiles }) => [name, openFiles]),
      ),
      faults: { page: failPageAlloc.nthFromNow, slab: failslab.nthFromNow },
      chain: hotplug.notifierPriorities.map((priority) => ({
        name: notifiers[priority].name,
        priority,
      })),
      veto: this.veto,
      locks: {
        cpu_add_remove_lock: hotplug.addRemoveLock.locked,
        "cpu_hotplug.lock": hotplug.hotplugLock.locked,
        relay_channels_mutex: relay.mutex.locked,
      },
    };
  }

  #cpu(cpu: number, node: number): CpuState {
    const { online, active } = this.machine.cpus;
    return {
      node,
      online: online.has(cpu),
      active: active.has(cpu),
      action: this.action?.cpu === cpu ? this.action.name : "",
    };
  }

  #node(nid: number): NodeState {
    const { pages, slab, numa } = this.machine;
    const zone = pages.zones[nid];
    return {
      startPfn: zone.startPfn,
      frames: this.owners.framesOf(zone),
      free: zone.nrFreePages,
      slabs: slab.liveByNode[nid],
      zonelist: numa.zonelist(nid),
      counters: { ...zone.counters },
    };
  }

  #forgetFreed(): void {
    for (const [name, channel] of this.channels) {
      for (const [cpu, buffer] of channel.buffers) {
        if (buffer.isFreed) channel.buffers.delete(cpu);
      }
      if (channel.channel.kref === 0) this.channels.delete(name);
    }
  }

  #answerLast(action: number): NotifierResult {
    const refused = { up: CPU_UP_PREPARE, down: CPU_DOWN_PREPARE, none: -1 }[this.veto];
    if ((action & ~CPU_TASKS_FROZEN) !== refused) return NOTIFY_OK;
    this.veto = "none";
    return NOTIFY_BAD;
  }

  /** Notifiers are being told something of a CPU; relay may make buffers for it, the newest channel's first. */
  tell(cpu: number, action: number): void {
    this.action = { cpu, name: cpuActionName(action) };
    const channels = [...this.channels].filter(([, { channel, buffers }]) =>
      !channel.closed && !buffers.has(cpu)
    );
    this.owners.expect(channels.reverse().map(([channel]) => ({ channel, cpu })));
  }
}

/** A channel without buffers: it has its own reference from `kref_init` on. */
function stateOfBegun({ mode, subbufSize, nSubbufs }: Wanted): ChannelState {
  return {
    mode,
    closed: false,
    opened: false,
    subbufSize,
    nSubbufs,
    buffers: {},
    kref: 1,
    holders: { user: 0, file: 0, buffer: 0, self: 1 },
  };
}
