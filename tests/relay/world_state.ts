import type { BufferPage, RelayBuffer, RelayChannel } from "@ltt/relay/relay";
import type { Json } from "./vector.ts";
import type { World } from "./world.ts";

/** The whole state in the vectors' form. */
export function stateOf(world: World): Json {
  const { machine, relay } = world;
  const channels = [...world.channels].filter(([, channel]) => channel.kref > 0);
  const names = new Map(channels.map(([name, channel]) => [channel, name]));
  return {
    online: machine.snapshot().cpus.online,
    nodes: machine.pages.zones.map((zone) => zone.frames - zone.nrFreePages),
    slab: machine.slab.live,
    list: relay.channels.map((channel) => names.get(channel) ?? "(unnamed)"),
    cbs: Object.fromEntries(
      [...world.callbacks].map(([name, callbacks]) => [name, {
        create: callbacks.createBufFile ? "user" : "null",
        remove: callbacks.removeBufFile ? "user" : "null",
      }]),
    ),
    chans: Object.fromEntries(
      channels.map(([name, channel]) => [name, channelState(world, channel)]),
    ),
    dentries: Object.fromEntries(
      [...world.dentries.entries()].filter(([, dentry]) => dentry.exists)
        .map(([number, dentry]) => [number, dentry.name]),
    ),
    files: Object.fromEntries(
      [...world.files].map(([name, file]) => [name, world.dentries.indexOf(file.dentry)]),
    ),
  };
}

function channelState(world: World, channel: RelayChannel): Json {
  const buffers = channel.buf.filter((buffer) => buffer !== null);
  const cb = [...world.callbacks].find(([, callbacks]) => callbacks === channel.callbacks);
  return {
    kref: channel.kref,
    version: channel.version,
    alloc_size: channel.allocSize,
    subbuf_size: channel.subbufSize,
    n_subbufs: channel.nSubbufs,
    subbuf_order: channel.subbufSizeOrder,
    base: channel.baseFilename,
    parent: channel.parent?.name ?? "",
    private: channel.privateData as number,
    cb: cb?.[0] ?? "",
    bufs: Object.fromEntries(buffers.map((buffer) => [buffer.cpu, bufferState(world, buffer)])),
  };
}

function bufferState(world: World, buffer: RelayBuffer): Json {
  const index = (page: BufferPage): number => buffer.pages.indexOf(page);
  const nodes: [number, number][] = [];
  for (const { page } of buffer.pages) {
    const run = nodes.at(-1);
    if (run?.[0] === page.nid) run[1]++;
    else nodes.push([page.nid, 1]);
  }
  return {
    cpu: buffer.cpu,
    kref: buffer.kref,
    page_count: buffer.pages.length,
    w: index(buffer.wpage),
    r: index(buffer.rpage),
    h0: index(buffer.hpage[0]),
    h1: index(buffer.hpage[1]),
    dentry: world.dentries.indexOf(buffer.dentry!),
    nodes,
  };
}
