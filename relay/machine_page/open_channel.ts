import {
  ascending,
  PAGE_SIZE,
  type RelayCallbacks,
  relayFileOperations,
  RingChannel,
  type RingClient,
  ringFileOperations,
} from "../../mod.ts";
import type { Action } from "./actions.ts";
import { CHANNELS, type Command, CommandError } from "./commands.ts";
import { LiveBuffer, LiveChannel } from "./live_channel.ts";
import type { LiveMachine } from "./live_machine.ts";
import { inPatch, inRing } from "./places.ts";
import type { Witness } from "./witness.ts";

/** Opens a channel under the first free name. A {@linkcode CommandError} when all are taken. */
export function openChannel(
  { mode, pages, subbufs: nSubbufs }: Command & { do: "open" },
  live: LiveMachine,
  witness: Witness,
): Action {
  const { machine, relay, owners } = live;
  const name = CHANNELS.find((name) => !live.channels.has(name));
  if (name === undefined) {
    throw new CommandError(`Cannot open: there are ${CHANNELS.length} channels`);
  }
  const subbufSize = pages * PAGE_SIZE;
  const shape = { baseFilename: name, subbufSize, nSubbufs };
  const callbacks = watchedCallbacks(name, mode, live, witness);
  const size = pages === 1 ? "a page" : `${pages} pages`;
  const kind = mode === "relay" ? "" : ` with a ring that ${mode}s`;
  return {
    text: `You open ${name}${kind}: ${nSubbufs} sub-buffers of ${size} for each CPU online`,
    place: inPatch("ltt_relay_open"),
    run: () => {
      live.wanted = { name, mode, subbufSize, nSubbufs };
      owners.expect(ascending(machine.cpus.online).map((cpu) => ({ channel: name, cpu })));
      if (mode === "relay") {
        relay.open({ ...shape, callbacks });
      } else {
        const client = (cpu: number): RingClient => {
          owners.beginRing(name, cpu, mode === "overwrite" ? pages : 0);
          return watchingClient(`${name}${cpu}`, nSubbufs, witness);
        };
        const rings = RingChannel.open(relay, { ...shape, mode, callbacks, client });
        live.channel(name).rings = rings;
      }
      live.channel(name).opened = true;
      return `${name} is open, with a buffer for each CPU online`;
    },
  };
}

/** Files in debugfs, and a step as each one comes and goes. */
function watchedCallbacks(
  name: string,
  mode: string,
  live: LiveMachine,
  witness: Witness,
): RelayCallbacks {
  const { debugfs } = live.machine;
  const operations = mode === "relay" ? relayFileOperations : ringFileOperations;
  return {
    createBufFile: (filename, parent, permissions, buffer) => {
      const dentry = debugfs.createFile(filename, permissions, parent, buffer, operations);
      live.owners.end();
      const channel = live.channels.get(name) ?? new LiveChannel(buffer.chan, mode);
      live.channels.set(name, channel);
      live.begun = null;
      channel.buffers.set(buffer.cpu, new LiveBuffer(buffer));
      witness.fileMade(dentry, buffer);
      return dentry;
    },
    removeBufFile: (dentry) => {
      dentry.remove();
      witness.fileRemoved(dentry.name);
    },
  };
}

/** A client that writes no header, and tells when the writer enters and leaves sub-buffers. */
function watchingClient(ring: string, nSubbufs: number, witness: Witness): RingClient {
  let number = 0;
  return {
    headerSize: 0,
    bufferBegin: (_, seq) => {
      number = seq;
      const text = `The writer of ${ring} enters place ${
        seq % nSubbufs
      } and begins number ${seq} there`;
      witness.step("ring", text, inRing("write_subbufs.ts", "open", "switch_new_start"));
    },
    bufferEnd: (_, dataSize) => {
      const text =
        `The writer of ${ring} closes number ${number} at ${dataSize} bytes: it takes no more slots`;
      witness.step("ring", text, inRing("write_subbufs.ts", "end", "switch_old_end"));
    },
  };
}
