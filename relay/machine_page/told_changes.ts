import type { Change, Json, Path } from "./changes.ts";
import { inKernel, inPatch, inRing } from "./places.ts";
import type { BufferState, ChannelState, MachineState } from "./state.ts";
import type { Step } from "./steps.ts";

/** A step without what it has changed, and whose changes it tells. */
interface Told extends Omit<Step, "changes"> {
  /** Paths, joined by dots, that belong to it with all that is below; the change told is one anyway. */
  readonly with?: readonly string[];
}

/** Tells a change that is a story of its own; `null` for one that belongs to what happens next. */
export function tellChange(
  change: Change,
  before: MachineState,
  now: MachineState,
  command: string,
): Told | null {
  const { path, value } = change;
  const [part, name, member, cpu, of, slot] = path;
  if (part === "cpus" && (member === "online" || member === "active")) {
    return tellCpu(name, member, value === true, command);
  }
  if (part !== "channels") return null;
  const channel = before.channels[name];
  if (path.length === 2) return tellChannel(name, channel, value);
  if (path.length === 3 && member === "kref") {
    return tellChannelKref(name, channel, now.channels[name], command);
  }
  if (member !== "buffers") return null;
  const label = `${name}${cpu}`;
  const buffer = channel.buffers[cpu];
  if (path.length === 4) return value === undefined ? null : tellNewBuffer(label);
  if (of === "kref") return tellBufferKref(path, channel, Number(value), command);
  if (of === "cache") return tellCache(slot, Number(value), buffer, command);
  if (of === "ring") return tellRing(change, channel, command);
  return null;
}

function tellCpu(cpu: string, mask: "online" | "active", isSet: boolean, command: string): Told {
  const text = mask === "online"
    ? isSet ? `CPU ${cpu} is online: code runs on it` : `CPU ${cpu} is not online any more`
    : isSet
    ? `CPU ${cpu} is active: the scheduler may use it`
    : `CPU ${cpu} is not active any more: the scheduler keeps off it`;
  const up = command === "cpu_up";
  const name = up ? "_cpu_up" : mask === "active" ? "cpu_down" : "take_cpu_down";
  return { kind: "cpu", text, place: inKernel("kernel/cpu.c", name) };
}

/** A channel that was not there, or is not there any more. */
function tellChannel(name: string, before: ChannelState | undefined, now: Json | undefined): Told {
  if (before !== undefined) {
    const text = lastGiven(name, before.kref);
    return { kind: "kref", text, place: inPatch("relay_destroy_channel") };
  }
  const { kref } = now as { readonly kref: number };
  const text = `The channel ${name} has its first references, its own and that of the buffer ` +
    `being made: from 0 to ${kref}`;
  const place = `${inPatch("ltt_relay_open")}: kref_init, then relay_create_buf(): kref_get`;
  return { kind: "kref", text, place };
}

/** What refers to a thing for the last time lets go. */
function lastGiven(what: string, from: number): string {
  const last = from === 1 ? `reference to ${what} is` : `${from} references to ${what} are`;
  return `The last ${last} given back, from ${from} to 0: it goes now`;
}

function tellChannelKref(
  name: string,
  before: ChannelState,
  now: ChannelState,
  command: string,
): Told {
  const [from, to] = [before.kref, now.kref];
  const text = `${changed(from, to)} to ${name}${to > from ? "" : " less"}: from ${from} to ${to}`;
  const byUser = command === "get_channel" || command === "put_channel";
  const own = before.holders.self - now.holders.self;
  const place = to > from
    ? inPatch(byUser ? "ltt_relay_get_chan" : "relay_create_buf")
    : byUser
    ? inPatch("ltt_relay_put_chan")
    : own === 0
    ? inPatch("relay_destroy_buf")
    : from - to === 1
    ? inPatch("ltt_relay_close")
    : `${inPatch("relay_destroy_buf")}, then ltt_relay_close()`;
  return { kind: "kref", text, place, with: [`channels.${name}.holders`] };
}

/** How many references there are more, or less. */
function changed(from: number, to: number): string {
  const count = Math.abs(to - from);
  const words = count === 1 ? "One" : count === 2 ? "Two" : String(count);
  return `${words}${to > from ? " more" : ""} ${count === 1 ? "reference" : "references"}`;
}

function tellNewBuffer(label: string): Told {
  const text = `The buffer ${label} has its first reference, the channel's: from 0 to 1`;
  return { kind: "kref", text, place: `${inPatch("relay_create_buf")}: kref_init` };
}

/** Who takes and gives references to a buffer, by command. */
const bufferHolders: Readonly<Record<string, string>> = {
  open_file: inPatch("relay_file_open"),
  close_file: inPatch("relay_file_release"),
  close: inPatch("relay_close_buf"),
  open: inPatch("relay_close_buf"),
  get_buffer: inPatch("ltt_relay_get_chan_buf"),
  put_buffer: inPatch("ltt_relay_put_chan_buf"),
  attach: inPatch("ltt_relay_get_chan_buf"),
  detach: inPatch("ltt_relay_put_chan_buf"),
};

/** The same for a buffer with a ring, whose open file is its reader. */
const ringFiles: Readonly<Record<string, string>> = {
  open_file: inRing("file_operations.ts", "open", "open_read"),
  close_file: inRing("file_operations.ts", "release", "release_read"),
};

function tellBufferKref(path: Path, channel: ChannelState, to: number, command: string): Told {
  const [, name, , cpu] = path;
  const from = channel.buffers[cpu].kref;
  const what = `the buffer ${name}${cpu}`;
  const numbers = `from ${from} to ${to}`;
  const text = to === 0
    ? lastGiven(what, from)
    : to > from
    ? `${changed(from, to)} to ${what}: ${numbers}`
    : `${changed(from, to)} to ${what} less: ${numbers}. It stays`;
  const ofRing = channel.mode === "relay" ? undefined : ringFiles[command];
  const place = ofRing ?? bufferHolders[command] ?? inPatch("relay_close_buf");
  const buffer = `channels.${name}.buffers.${cpu}`;
  return { kind: "kref", text, place, with: [`${buffer}.holders`, `${buffer}.ring.reader`] };
}

const cacheNames: Readonly<Record<string, string>> = {
  w: "w (wpage, where the next search for a page to write begins)",
  r: "r (rpage, where the next search for a page to read begins)",
  h0: "h0 (hpage[0], for the headers of even sub-buffers)",
  h1: "h1 (hpage[1], for the headers of odd sub-buffers)",
};

function tellCache(slot: string, page: number, buffer: BufferState, command: string): Told {
  const from = buffer.cache[slot as keyof BufferState["cache"]];
  const goes = `${cacheNames[slot]} goes from page ${from} to page ${page}`;
  if (command === "header") {
    const place = inPatch("ltt_relay_offset_address");
    const found = page === buffer.cache.w;
    return {
      kind: "cache",
      text: found ? `${goes}, taken over from w` : `${goes}: the search began where w is`,
      place: found ? place : `${place}, ltt_relay_cache_page()`,
    };
  }
  const place = `${inPatch(`ltt_relay_${command}`)}, ltt_relay_cache_page()`;
  return { kind: "cache", text: goes, place };
}

/** Commands in which the reader acts, and not the writer. */
const READING: readonly string[] = ["attach", "detach", "get_subbuf", "put_subbuf", "close_file"];

/** What becomes of whole sub-buffers. */
function tellRing({ path, value }: Change, channel: ChannelState, command: string): Told | null {
  const [, name, , cpu, , member, place, of] = path;
  const { ring } = channel.buffers[cpu];
  if (ring === null || READING.includes(command)) return null;
  if (member === "places" && of === "seq" && value !== null && value !== undefined) {
    const text =
      `Number ${value} of ${name}${cpu} is delivered: all its slots are committed, and a reader may have it`;
    const prefix = `channels.${name}.buffers.${cpu}.ring.places.${place}`;
    return { kind: "ring", text, place: placeOfDelivery, with: [prefix] };
  }
  if (member !== "consumed") return null;
  const [first, next] = [ring.consumed, Number(value)].map((at) => at / channel.subbufSize);
  const passed = Array.from({ length: next - first }, (_, i) => first + i);
  const unread = passed.filter((seq) => seq !== ring.held?.seq);
  const text = unread.length === 0
    ? `The writer comes round to the place of number ${first}, which the reader has taken out: that stays whole`
    : `The writer comes round: number ${unread.join(", ")} of ${name}${cpu} is given up unread`;
  return { kind: "ring", text, place: placeOfPush };
}

const placeOfDelivery = inRing("write_subbufs.ts", "deliver", "check_deliver");
const placeOfPush = inRing("write_subbufs.ts", "pushReader", "reserve_push_reader");
