import type { Change } from "./changes.ts";
import { inKernel, inPatch, inRing } from "./places.ts";
import type { BufferState, ChannelState, MachineState } from "./state.ts";
import type { Told } from "./told.ts";

/** What a change has to tell, without the change. */
type Tale = Omit<Told, "changes" | "tells">;

/** Tells a change that is a story of its own; `null` for one that belongs to what happens next. */
export function tellChange(
  change: Change,
  { channels }: MachineState,
  command: string,
): Told | null {
  const { path, value } = change;
  const [part, name, member, cpu, of, slot] = path;
  const tell = (tale: Tale | null): Told | null =>
    tale && { ...tale, changes: [change], tells: [path.join(".")] };
  if (part === "cpus" && (member === "online" || member === "active")) {
    return tell(tellCpu(name, member, value === true, command));
  }
  if (part !== "channels" || member !== "buffers") return null;
  const channel = channels[name];
  if (of === "cache") return tell(tellCache(slot, Number(value), channel.buffers[cpu], command));
  if (of === "ring") return tell(tellRing(change, channel, command));
  return null;
}

function tellCpu(cpu: string, mask: "online" | "active", isSet: boolean, command: string): Tale {
  const text = mask === "online"
    ? isSet ? `CPU ${cpu} is online: code runs on it` : `CPU ${cpu} is not online any more`
    : isSet
    ? `CPU ${cpu} is active: the scheduler may use it`
    : `CPU ${cpu} is not active any more: the scheduler keeps off it`;
  const up = command === "cpu_up";
  const name = up ? "_cpu_up" : mask === "active" ? "cpu_down" : "take_cpu_down";
  return { kind: "cpu", text, place: inKernel("kernel/cpu.c", name) };
}

const cacheNames: Readonly<Record<string, string>> = {
  w: "w (wpage, where the next search for a page to write begins)",
  r: "r (rpage, where the next search for a page to read begins)",
  h0: "h0 (hpage[0], for the headers of even sub-buffers)",
  h1: "h1 (hpage[1], for the headers of odd sub-buffers)",
};

function tellCache(slot: string, page: number, buffer: BufferState, command: string): Tale {
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
function tellRing({ path, value }: Change, channel: ChannelState, command: string): Tale | null {
  const [, name, , cpu, , member, place, of] = path;
  const { ring } = channel.buffers[cpu];
  if (ring === null || READING.includes(command)) return null;
  if (member === "places" && of === "seq" && value !== null && value !== undefined) {
    const text =
      `Number ${value} of ${name}${cpu} is delivered: all in it is committed, and a reader may have it`;
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
