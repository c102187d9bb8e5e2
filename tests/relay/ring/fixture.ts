import {
  type ErrnoCode,
  KernelError,
  Machine,
  type MachineOptions,
  PAGE_SIZE,
} from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import {
  type RingBuffer,
  RingChannel,
  type RingOptions,
  type RingReader,
  type RingWriter,
} from "@ltt/relay/ring";
import { assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { eventBytes, textOf } from "./bytes.ts";

/** Four sub-buffers of a page each. */
export const sizes = { subbufSize: PAGE_SIZE, nSubbufs: 4 };

/** A relay layer with a notifier on a machine of two CPUs, both on one node. */
export function bootRelay(options: MachineOptions = {}): { machine: Machine; relay: Relay } {
  const machine = new Machine({ nodes: [256], cpus: 2, ...options });
  return { machine, relay: Relay.start(machine) };
}

/** Opens a channel "t" of four one-page sub-buffers, unless the options say otherwise. */
export function openRing(relay: Relay, options: Partial<RingOptions> = {}): RingChannel {
  return RingChannel.open(relay, { baseFilename: "t", ...sizes, ...options });
}

/** Writes an event; answers its address or why it is lost. */
export function write(
  machine: Machine,
  writer: RingWriter,
  bytes: Uint8Array,
  alignment = 1,
): number {
  const address = writer.reserve(bytes.length, alignment);
  if (address < 0) return address;
  machine.ram.bytes.set(bytes, address);
  writer.commit();
  return address;
}

/** Writes text as an event. */
export function writeText(machine: Machine, writer: RingWriter, text: string): number {
  return write(machine, writer, new TextEncoder().encode(text));
}

/** Fills one-page sub-buffers, or larger ones, to their last byte. */
export function fillSubbufs(machine: Machine, ring: RingBuffer, count: number): void {
  const { subbufSize } = ring.memory.geometry;
  for (let i = 0; i < count; i++) write(machine, ring.writer, eventBytes(subbufSize, i));
}

/** What a reader has left to get, which is consumed, as text. */
export function drain(reader: RingReader): string[] {
  const texts: string[] = [];
  for (let subbuf; (subbuf = reader.getNextSubbuf()) !== null;) {
    texts.push(textOf(...subbuf.views()));
    reader.putNextSubbuf();
  }
  return texts;
}

/** Frames in use on each node. */
export function framesInUse(machine: Machine): number[] {
  return machine.pages.zones.map((zone) => zone.frames - zone.nrFreePages);
}

/** What a failed or ended channel must leave as it was. */
export function leftBehind(machine: Machine, relay: Relay) {
  const { nodes, slab, debugfs, hotplug, cpus } = machine.snapshot();
  return {
    nodes: nodes.map(({ free, inUse }) => ({ free, inUse })),
    slab: slab.liveByNode,
    debugfs,
    hotplug,
    cpus,
    channels: relay.channels.length,
    locked: relay.mutex.locked,
  };
}

/** Fails if a byte of RAM is not as in `before`, a copy of it. */
export function assertSameRam({ ram }: Machine, before: Uint8Array): void {
  assertStrictEquals(ram.bytes.findIndex((byte, i) => byte !== before[i]), -1, "a byte of RAM");
}

/** Messages in the log, without their newlines. */
export function messages(machine: Machine): string[] {
  return machine.log.entries.map((entry) =>
    entry.type === "printk" ? `<${entry.level}>${entry.text.trimEnd()}` : `WARN ${entry.function}`
  );
}

/** Fails unless `fn` throws a KernelError of that code; returns it. */
export function assertCode(fn: () => unknown, code: ErrnoCode, what: string): KernelError {
  const error = assertThrows(fn, KernelError, "", what);
  assertStrictEquals(error.code, code, what);
  return error;
}

/** Fails unless a promise rejects with a KernelError of that code. */
export async function assertRejectsCode(
  fn: () => Promise<unknown>,
  code: ErrnoCode,
  what: string,
): Promise<void> {
  const error = await assertRejects(fn, KernelError, "", what);
  assertStrictEquals((error as KernelError).code, code, what);
}

/** Leaves `count` single free frames, no two adjacent, on the free list of order 0 of a node. */
export function scatter(machine: Machine, nid: number, count: number): void {
  const pages = Array.from({ length: 2 * count }, () => machine.pages.allocPagesNode(nid, 0, 0));
  pages.sort((a, b) => a.pfn - b.pfn);
  for (const page of pages.filter((_, i) => i % 2 === 0)) machine.pages.freePage(page);
}
