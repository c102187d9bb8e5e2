import type { Holder } from "../../mod.ts";
import { leakOf } from "./differs.ts";
import { inPatch, inRing } from "./places.ts";
import type { BufferState, ChannelState, MachineState } from "./state.ts";
import { asJson, type Told } from "./told.ts";

/** Tells the references that came and went, in the order in which the patch counts them. */
export function tellReferences(before: MachineState, now: MachineState, command: string): Told[] {
  const names = new Set([...Object.keys(before.channels), ...Object.keys(now.channels)]);
  return [...names].flatMap((name) => {
    const [old, next] = [before.channels[name], now.channels[name]];
    // A channel that a command opens is closed in it only when its ring has failed.
    const isOpening = command === "open" && !(next ?? old).closed;
    return tellChannel(name, old, next, { command, isOpening, cpus: now.cpus });
  });
}

/** What was being done when references changed. */
interface Deed {
  readonly command: string;
  /** Whether `ltt_relay_open` has not come to its end: what goes now, goes because it fails. */
  readonly isOpening: boolean;
  readonly cpus: MachineState["cpus"];
}

type Holders = ChannelState["holders"];
const NOBODY: Holders = { user: 0, file: 0, buffer: 0, self: 0 };

/** A buffer refers to its channel first, then it is referred to; the channel's own reference goes last. */
function tellChannel(
  name: string,
  old: ChannelState | undefined,
  next: ChannelState | undefined,
  deed: Deed,
): Told[] {
  const [before, after] = [old?.holders ?? NOBODY, next?.holders ?? NOBODY];
  const told: Told[] = [];
  let kref = old?.kref ?? 0;
  let holders = before;
  const tell = (holder: Holder): void => {
    const from = kref;
    kref += after[holder] - before[holder];
    if (kref === from) return;
    holders = { ...holders, [holder]: after[holder] };
    const path = ["channels", name];
    const gone = holder === "buffer" ? goneBuffers(name, old, next) : [];
    told.push({
      kind: "kref",
      text: channelText(name, holder, from, kref),
      place: channelPlace(holder, from, kref, deed),
      changes: from === 0
        ? [{ path, value: asJson({ ...next!, kref, holders, buffers: {} }) }]
        : kref === 0
        ? [{ path }]
        : [
          { path: [...path, "kref"], value: kref },
          { path: [...path, "holders", holder], value: after[holder] },
          ...gone.map((path) => ({ path })),
        ],
      tells: old === undefined || next === undefined
        ? [path.join(".")]
        : [`channels.${name}.kref`, `channels.${name}.holders`, ...gone.map((at) => at.join("."))],
    });
  };
  if (after.self > before.self) tell("self");
  tell("buffer");
  for (const [cpu, buffer] of Object.entries(next?.buffers ?? {})) {
    const was = old?.buffers[cpu];
    if (was === undefined) told.push(tellNewBuffer(name, cpu, buffer));
    else if (was.kref !== buffer.kref) {
      told.push(tellBuffer(name, cpu, next!.mode, was.kref, buffer.kref, deed));
    }
  }
  tell("user");
  if (after.self < before.self) tell("self");
  return told;
}

/** Paths of the buffers that are not there any more. */
function goneBuffers(
  name: string,
  old: ChannelState | undefined,
  next: ChannelState | undefined,
): string[][] {
  return Object.keys(old?.buffers ?? {}).filter((cpu) => next?.buffers[cpu] === undefined)
    .map((cpu) => ["channels", name, "buffers", cpu]);
}

/** Whose a reference to a channel is. */
const whose: Readonly<Record<Holder, string>> = {
  self: "its own",
  buffer: "that of a buffer",
  user: "yours",
  file: "that of a file",
};

function channelText(name: string, holder: Holder, from: number, to: number): string {
  const numbers = `from ${from} to ${to}`;
  if (from === 0) {
    return `The channel ${name} has its first reference, ${whose[holder]}: ${numbers}`;
  }
  if (to === 0) return lastGiven(name, from);
  const who = to > from && holder === "buffer" ? "that of the buffer being made" : whose[holder];
  return to > from
    ? `${counted(to - from)} more ${references(to - from)} to ${name}, ${who}: ${numbers}`
    : `${counted(from - to)} ${references(from - to)} to ${name} less, ${who}: ${numbers}${
      holder === "self" ? ". It stays" : ""
    }`;
}

function channelPlace(holder: Holder, from: number, to: number, deed: Deed): string {
  if (to > from) {
    return {
      self: `${inPatch("ltt_relay_open")}: kref_init`,
      buffer: `${inPatch("relay_create_buf")}: kref_get`,
      user: inPatch("ltt_relay_get_chan"),
      file: "",
    }[holder];
  }
  const put = {
    self: deed.isOpening
      ? `${inPatch("ltt_relay_open", "free_bufs")}: kref_put`
      : `${inPatch("ltt_relay_close")}: kref_put`,
    buffer: `${inPatch("relay_destroy_buf")}: kref_put`,
    user: inPatch("ltt_relay_put_chan"),
    file: "",
  }[holder];
  return to === 0 ? `${put}, then relay_destroy_channel()` : put;
}

function tellNewBuffer(name: string, cpu: string, buffer: BufferState): Told {
  const path = ["channels", name, "buffers", cpu];
  return {
    kind: "kref",
    text: `The buffer ${name}${cpu} has its first reference, the channel's: from 0 to 1`,
    place: `${inPatch("__relay_reset")}: kref_init`,
    changes: [{ path, value: asJson(buffer) }],
    tells: [path.join(".")],
  };
}

/** Who takes and gives references to a buffer, by command. */
const bufferHolders: Readonly<Record<string, string>> = {
  open_file: inPatch("relay_file_open"),
  close_file: inPatch("relay_file_release"),
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

function tellBuffer(
  name: string,
  cpu: string,
  mode: string,
  from: number,
  to: number,
  { command, isOpening, cpus }: Deed,
): Told {
  const what = `the buffer ${name}${cpu}`;
  const numbers = `from ${from} to ${to}`;
  const text = to === 0
    ? lastGiven(what, from)
    : to > from
    ? `${counted(to - from)} more ${references(to - from)} to ${what}: ${numbers}`
    : `${counted(from - to)} ${references(from - to)} to ${what} less: ${numbers}. It stays`;
  const ofRing = mode === "relay" ? undefined : ringFiles[command];
  const buffer = `channels.${name}.buffers.${cpu}`;
  return {
    kind: "kref",
    text,
    place: ofRing ?? bufferHolders[command] ?? inPatch("relay_close_buf"),
    changes: [{ path: ["channels", name, "buffers", cpu, "kref"], value: to }],
    tells: [`${buffer}.kref`],
    with: [`${buffer}.holders`, `${buffer}.ring.reader`],
    ...(to === 0 && isOpening && leakOf(Number(cpu), cpus)),
  };
}

/** What refers to a thing for the last time lets go. */
function lastGiven(what: string, from: number): string {
  const last = from === 1 ? `reference to ${what} is` : `${from} references to ${what} are`;
  return `The last ${last} given back, from ${from} to 0: it goes now`;
}

const counted = (count: number): string =>
  count === 1 ? "One" : count === 2 ? "Two" : String(count);
const references = (count: number): string => count === 1 ? "reference" : "references";
