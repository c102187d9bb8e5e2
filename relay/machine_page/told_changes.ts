import type { Change } from "./changes.ts";
import { inKernel, inPatch } from "./places.ts";
import type { BufferState, MachineState } from "./state.ts";
import type { Step } from "./steps.ts";

/** A step without what it has changed. */
type Told = Omit<Step, "changes">;

/** Tells a change that is a story of its own; `null` for one that belongs to what happens next. */
export function tellChange(
  { path, value }: Change,
  before: MachineState,
  command: string,
): Told | null {
  const [part, name, member, cpu, of, slot] = path;
  if (part === "cpus" && (member === "online" || member === "active")) {
    return tellCpu(name, member, value === true, command);
  }
  if (part !== "channels") return null;
  if (path.length === 3 && member === "kref") {
    return tellChannelKref(name, before.channels[name].kref, Number(value), command);
  }
  if (member !== "buffers" || path.length < 5) return null;
  const buffer = before.channels[name].buffers[cpu];
  if (of === "kref") return tellBufferKref(`${name}${cpu}`, buffer.kref, Number(value), command);
  if (of === "cache") return tellCache(slot, Number(value), buffer, command);
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

function tellChannelKref(name: string, from: number, to: number, command: string): Told {
  const less = from - to === 1 ? "One reference" : "Two references";
  const text = to > from
    ? `One more reference to ${name}: from ${from} to ${to}`
    : `${less} to ${name} less: from ${from} to ${to}`;
  const byUser = command === "get_channel" || command === "put_channel";
  const closed = from - to > 1 ? ", then ltt_relay_close()" : "";
  const place = to > from
    ? inPatch(byUser ? "ltt_relay_get_chan" : "relay_create_buf")
    : inPatch(byUser ? "ltt_relay_put_chan" : "relay_destroy_buf") + closed;
  return { kind: "kref", text, place };
}

/** Who takes and gives references to a buffer, by command. */
const bufferHolders: Readonly<Record<string, string>> = {
  open_file: "relay_file_open",
  close_file: "relay_file_release",
  close: "relay_close_buf",
  open: "relay_close_buf",
  get_buffer: "ltt_relay_get_chan_buf",
  put_buffer: "ltt_relay_put_chan_buf",
  attach: "ltt_relay_get_chan_buf",
  detach: "ltt_relay_put_chan_buf",
};

function tellBufferKref(name: string, from: number, to: number, command: string): Told {
  const text = to === 0
    ? `The last reference to the buffer ${name} is given back: it goes now`
    : to > from
    ? `One more reference to the buffer ${name}: from ${from} to ${to}`
    : `One reference to the buffer ${name} less: from ${from} to ${to}. It stays`;
  const place = inPatch(bufferHolders[command] ?? "relay_close_buf");
  return { kind: "kref", text, place };
}

const cacheNames: Readonly<Record<string, string>> = {
  w: "w (wpage, the page written to last)",
  r: "r (rpage, the page read from last)",
  h0: "h0 (hpage[0], the header of even sub-buffers)",
  h1: "h1 (hpage[1], the header of odd sub-buffers)",
};

function tellCache(
  slot: string,
  page: number,
  buffer: BufferState,
  command: string,
): Told {
  const from = buffer.cache[slot as keyof BufferState["cache"]];
  const text = `${
    cacheNames[slot]
  } goes from page ${from} to page ${page}: the next search starts there`;
  const place = command === "header" ? "ltt_relay_offset_address" : `ltt_relay_${command}`;
  return { kind: "cache", text, place: `${inPatch(place)}, ltt_relay_cache_page()` };
}
