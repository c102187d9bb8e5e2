import { __GFP_THISNODE, GFP_KERNEL, MAX_ORDER, PAGE_SIZE } from "../../mod.ts";
import { type Command, CommandError } from "./commands.ts";
import type { LiveMachine } from "./live_machine.ts";
import { openChannel } from "./open_channel.ts";
import { shortened } from "./live_channel.ts";
import { ordinal } from "./page/ordinal.js";
import { inKernel, inPatch, inRing } from "./places.ts";
import { ringAction } from "./ring_actions.ts";
import type { Witness } from "./witness.ts";

/** A command, ready to be carried out. */
export interface Action {
  /** What it is called where what has changed is told; the command's name if nothing is said. */
  readonly name?: string;
  /** What the user does. */
  readonly text: string;
  readonly place: string;
  /** Does it, and says what has come of it; `lost` when that is a lost record. */
  readonly run: () => string | { readonly lost: string };
}

/**
 * What a command does to the machine. A {@linkcode CommandError} when it names something that is not there:
 * then nothing is done.
 */
export function actionOf(command: Command, live: LiveMachine, witness: Witness): Action {
  switch (command.do) {
    case "cpu":
      return cpuAction(command, live);
    case "fail":
      return failAction(command, live);
    case "veto":
      return vetoAction(command, live);
    case "fill":
    case "give":
      return fillAction(command, live);
    case "open":
      return openChannel(command, live, witness);
    case "close":
    case "get_channel":
    case "put_channel":
      return channelAction(command, live);
    case "get_buffer":
    case "put_buffer":
    case "open_file":
    case "close_file":
      return bufferAction(command, live);
    case "write":
    case "read":
    case "header":
      return accessAction(command, live);
    default:
      return ringAction(command, live);
  }
}

function cpuAction({ cpu, up, frozen }: Command & { do: "cpu" }, live: LiveMachine): Action {
  const { hotplug } = live.machine;
  const how = frozen ? ", as suspend and resume do: every action carries CPU_TASKS_FROZEN" : "";
  const name = frozen ? (up ? "_cpu_up" : "_cpu_down") : (up ? "cpu_up" : "cpu_down");
  return {
    name: up ? "cpu_up" : "cpu_down",
    text: up ? `You bring CPU ${cpu} up${how}` : `You take CPU ${cpu} down${how}`,
    place: inKernel("kernel/cpu.c", name),
    run: () => {
      if (up) frozen ? hotplug.cpuUpFrozen(cpu) : hotplug.cpuUp(cpu);
      else frozen ? hotplug.cpuDownFrozen(cpu) : hotplug.cpuDown(cpu);
      if (up) return `CPU ${cpu} is up`;
      const stay = [...live.channels.values()].some(({ buffers }) => buffers.has(cpu));
      return `CPU ${cpu} is down${stay ? "; its buffers stay, to be read" : ""}`;
    },
  };
}

function failAction({ what, k }: Command & { do: "fail" }, { machine }: LiveMachine): Action {
  const faults = what === "page" ? machine.failPageAlloc : machine.failslab;
  const kind = what === "page" ? "page" : "small allocation";
  return {
    text: k === 0
      ? `You call off the ${kind} that was to be refused`
      : `You order that the ${ordinal(k)} ${kind} from now on is refused`,
    place: inKernel("lib/fault-inject.c", "should_fail"),
    run: () => {
      faults.failNth(k);
      return k === 0 ? "Nothing will be refused" : "It waits: nothing has happened yet";
    },
  };
}

function vetoAction({ action }: Command & { do: "veto" }, live: LiveMachine): Action {
  const refuses = action === "up"
    ? "the next CPU that is to come up"
    : "the next CPU that is to go down";
  return {
    text: action === "none"
      ? "You let workqueue_cpu_callback agree to everything"
      : `You let workqueue_cpu_callback refuse ${refuses}, as the kernel's does without memory`,
    place: inKernel("kernel/workqueue.c", "workqueue_cpu_callback"),
    run: () => {
      live.veto = action;
      return action === "none" ? "Nobody will veto" : "It waits: nothing has happened yet";
    },
  };
}

function fillAction(command: Command & { do: "fill" | "give" }, live: LiveMachine): Action {
  const { node } = command;
  const { pages } = live.machine;
  const zone = pages.zones[node];
  if (zone === undefined) throw new CommandError(`Cannot ${command.do}: there is no node ${node}`);
  if (command.do === "fill") {
    return {
      text: `You take every free frame of node ${node}`,
      place: inKernel("mm/page_alloc.c", "__alloc_pages_internal"),
      run: () => {
        for (let order = MAX_ORDER - 1; order >= 0; order--) {
          while (zone.freeCounts()[order] > 0) {
            const page = pages.allocPagesNode(node, GFP_KERNEL | __GFP_THISNODE, order);
            live.fills.push({ page, order });
          }
        }
        return `Node ${node} has no free frame`;
      },
    };
  }
  return {
    text: `You give back what filled node ${node}`,
    place: inKernel("mm/page_alloc.c", "__free_pages"),
    run: () => {
      const fills = live.fills.filter(({ page }) => page.nid === node);
      for (const fill of fills) {
        live.fills.splice(live.fills.indexOf(fill), 1);
        pages.freePages(fill.page, fill.order);
      }
      return `Node ${node} has ${zone.nrFreePages} free frames`;
    },
  };
}

function channelAction(
  { do: name, channel }: Command & { do: "close" | "get_channel" | "put_channel" },
  live: LiveMachine,
): Action {
  const target = live.channel(channel);
  switch (name) {
    case "close":
      return {
        text: `You close ${channel}`,
        place: inPatch("ltt_relay_close"),
        run: () => {
          if (target.rings) target.rings.close();
          else target.channel.close();
          const left = [...target.buffers.values()].filter(({ isFreed }) => !isFreed).length;
          return left === 0
            ? `${channel} is closed`
            : `${channel} is closed; buffers in use stay: ${left}`;
        },
      };
    case "get_channel":
      return {
        text: `You take a reference to ${channel}: it will not be freed while you have it`,
        place: inPatch("ltt_relay_get_chan"),
        run: () => {
          target.channel.get();
          return `${channel} has ${references(target.channel.kref)}`;
        },
      };
    case "put_channel":
      return {
        text: `You give your reference to ${channel} back`,
        place: inPatch("ltt_relay_put_chan"),
        run: () => {
          target.channel.put();
          const { kref } = target.channel;
          return kref === 0
            ? `The channel ${channel} is freed`
            : `${channel} has ${references(kref)}`;
        },
      };
  }
}

type BufferCommand = Command & { do: "get_buffer" | "put_buffer" | "open_file" | "close_file" };

function bufferAction({ do: name, channel, cpu }: BufferCommand, live: LiveMachine): Action {
  const target = live.buffer(channel, cpu);
  const file = `${channel}${cpu}`;
  const left = (): string =>
    target.isFreed
      ? `The buffer ${file} is freed`
      : `${file} has ${references(target.buffer.kref)}`;
  const isRing = target.ring !== null;
  const placeOfFile = (patch: string, ring: string, lttng: string): string =>
    isRing ? inRing("file_operations.ts", ring, lttng) : inPatch(patch);
  switch (name) {
    case "get_buffer":
      return {
        text: `You take a reference to the buffer ${file}: it will not go while you have it`,
        place: inPatch("ltt_relay_get_chan_buf"),
        run: () => {
          target.buffer.get();
          return left();
        },
      };
    case "put_buffer":
      return {
        text: `You give your reference to the buffer ${file} back`,
        place: inPatch("ltt_relay_put_chan_buf"),
        run: () => {
          target.buffer.put();
          return left();
        },
      };
    case "open_file":
      return {
        text: `You open the file ${file}, ${
          isRing ? "to be its reader" : "to refer to its buffer"
        }`,
        place: placeOfFile("relay_file_open", "open", "open_read"),
        run: () => {
          target.files.push(live.machine.debugfs.lookup(file).open());
          return isRing ? `The open file is the reader of ${file} now: ${left()}` : left();
        },
      };
    case "close_file":
      return {
        text: `You close the file ${file}`,
        place: placeOfFile("relay_file_release", "release", "release_read"),
        run: () => {
          const open = target.files.pop();
          if (open === undefined) throw new TypeError(`Cannot close ${file}: it is not open`);
          open.close();
          return left();
        },
      };
  }
}

function accessAction(
  command: Command & { do: "write" | "read" | "header" },
  live: LiveMachine,
): Action {
  const { channel, cpu, offset } = command;
  const { buffer } = live.buffer(channel, cpu);
  const where = `offset ${offset} of ${channel}${cpu}`;
  const page = (): number => Math.floor((offset & (buffer.chan.allocSize - 1)) / PAGE_SIZE);
  switch (command.do) {
    case "write": {
      const bytes = new TextEncoder().encode(command.text);
      return {
        text: `You write "${shortened(command.text, 40)}" at ${where}`,
        place: inPatch("ltt_relay_write"),
        run: () => {
          const length = buffer.write(offset, bytes);
          const bytesLie = length === 1 ? "1 byte lies" : `${length} bytes lie`;
          return `${bytesLie} in page ${page()}; ${stand("w", buffer.wpage.offset)}`;
        },
      };
    }
    case "read":
      return {
        text: `You read ${command.length} bytes at ${where}`,
        place: inPatch("ltt_relay_read"),
        run: () => {
          const bytes = new Uint8Array(command.length);
          buffer.read(offset, bytes);
          const text = shortened(new TextDecoder().decode(bytes).replace(/\0+$/, ""), 40);
          return `Page ${page()} says "${text}"; ${stand("r", buffer.rpage.offset)}`;
        },
      };
    case "header": {
      const slot = offset & buffer.chan.subbufSize ? 1 : 0;
      return {
        text: `You ask for the address of a sub-buffer's header, at ${where}`,
        place: inPatch("ltt_relay_offset_address"),
        run: () => {
          const address = buffer.offsetAddress(offset);
          return `It is address ${address}, frame ${Math.floor(address / PAGE_SIZE)}; ${
            stand(`h${slot}`, buffer.hpage[slot].offset)
          }`;
        },
      };
    }
  }
}

function references(count: number): string {
  return count === 1 ? "1 reference" : `${count} references`;
}

function stand(slot: string, offset: number): string {
  return `${slot} is on page ${offset / PAGE_SIZE}`;
}
