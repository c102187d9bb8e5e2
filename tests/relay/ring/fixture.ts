import {
  type ErrnoCode,
  KernelError,
  Machine,
  type MachineOptions,
  PAGE_SIZE,
} from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { RingChannel, type RingOptions, type RingWriter } from "@ltt/relay/ring";
import { assert, assertStrictEquals, assertThrows } from "@std/assert";

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
export function write(machine: Machine, writer: RingWriter, bytes: Uint8Array): number {
  const address = writer.reserve(bytes.length);
  if (address < 0) return address;
  machine.ram.bytes.set(bytes, address);
  writer.commit();
  return address;
}

/** Writes text as an event. */
export function writeText(machine: Machine, writer: RingWriter, text: string): number {
  return write(machine, writer, new TextEncoder().encode(text));
}

/** Bytes that differ from place to place. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = seed + i * 7 + (i >> 8) * 3;
  return bytes;
}

/** Views one behind the other. */
export function joined(views: Iterable<Uint8Array>): Uint8Array {
  const parts = [...views];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Bytes as text. */
export function textOf(...views: Uint8Array[]): string {
  return new TextDecoder().decode(joined(views));
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

/** Resolves to what a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, not ${value}`);
}

/** Waits for something to happen, for 5 s at most. */
export async function happens(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    assert(Date.now() < end, `within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Leaves `count` single free frames, no two adjacent, on the free list of order 0 of a node. */
export function scatter(machine: Machine, nid: number, count: number): void {
  const pages = Array.from({ length: 2 * count }, () => machine.pages.allocPagesNode(nid, 0, 0));
  pages.sort((a, b) => a.pfn - b.pfn);
  for (const page of pages.filter((_, i) => i % 2 === 0)) machine.pages.freePage(page);
}
