import { PAGE_SIZE } from "../../mod.ts";

/** What can be done to the machine. CPUs, nodes and channels are named as in the state. */
export type Command =
  | { readonly do: "cpu"; readonly cpu: number; readonly up: boolean; readonly frozen: boolean }
  | { readonly do: "fail"; readonly what: "page" | "slab"; readonly k: number }
  | { readonly do: "veto"; readonly action: "up" | "down" | "none" }
  | { readonly do: "fill"; readonly node: number }
  | { readonly do: "give"; readonly node: number }
  | {
    readonly do: "open";
    readonly mode: "relay" | "discard" | "overwrite";
    /** Pages of a sub-buffer. */
    readonly pages: number;
    readonly subbufs: number;
  }
  | { readonly do: "close" | "get_channel" | "put_channel"; readonly channel: string }
  | ({ readonly do: "get_buffer" | "put_buffer" | "open_file" | "close_file" } & OfBuffer)
  | ({ readonly do: "write"; readonly offset: number; readonly text: string } & OfBuffer)
  | ({ readonly do: "read"; readonly offset: number; readonly length: number } & OfBuffer)
  | ({ readonly do: "header"; readonly offset: number } & OfBuffer)
  | RecordCommand
  | RingCommand;

/** Takes room in a ring: a slot that stays open, or a record that is committed. */
export type RecordCommand = OfBuffer & {
  readonly do: "reserve" | "record";
  readonly size: number;
  readonly text: string;
};

/** What else can be done to a ring. */
export type RingCommand = OfBuffer & {
  readonly do: "commit" | "flush" | "attach" | "detach" | "get_subbuf" | "put_subbuf";
};

/** The buffer of a CPU in a channel. */
export interface OfBuffer {
  /** Name of the channel. */
  readonly channel: string;
  /** Number of the CPU. */
  readonly cpu: number;
}

/** What is wrong with what was asked for; nothing was done. */
export class CommandError extends Error {
  /** Name of the error. */
  override readonly name = "CommandError";
}

/** Says what is wrong with a value, `null` for nothing. */
type Check = (value: unknown) => string | null;

const integer = (least: number, most: number): Check => (value) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? null
    : `not an integer from ${least} to ${most}`;
const oneOf = (...values: readonly unknown[]): Check => (value) =>
  values.includes(value) ? null : `none of ${values.join(", ")}`;
const text = (most: number): Check => (value) =>
  typeof value === "string" && value.length >= 1 && value.length <= most
    ? null
    : `not a text of 1 to ${most} characters`;

/** What channels are called, in turn. */
export const CHANNELS: readonly string[] = ["alpha", "beta", "gamma", "delta"];

/** The largest values that are taken, by member of a command; the page's fields have the same. */
export const LIMITS: Readonly<Record<"k" | "offset" | "size" | "length" | "text", number>> = {
  k: 999,
  offset: 2 ** 20,
  size: 2 ** 20,
  length: PAGE_SIZE,
  text: PAGE_SIZE,
};
/** More CPUs and nodes than a page can draw. */
const CPUS = 64;

const channel = text(32);
const cpu = integer(0, CPUS - 1);
const node = integer(0, CPUS - 1);
const ofBuffer = { channel, cpu };

/** The members that each command has, and which values they take. */
const shapes: Readonly<Record<Command["do"], Readonly<Record<string, Check>>>> = {
  cpu: { cpu, up: oneOf(true, false), frozen: oneOf(true, false) },
  fail: { what: oneOf("page", "slab"), k: integer(0, LIMITS.k) },
  veto: { action: oneOf("up", "down", "none") },
  fill: { node },
  give: { node },
  open: {
    mode: oneOf("relay", "discard", "overwrite"),
    pages: oneOf(1, 2, 4),
    subbufs: oneOf(1, 2, 4, 8),
  },
  close: { channel },
  get_channel: { channel },
  put_channel: { channel },
  get_buffer: ofBuffer,
  put_buffer: ofBuffer,
  open_file: ofBuffer,
  close_file: ofBuffer,
  write: { ...ofBuffer, offset: integer(0, LIMITS.offset), text: text(LIMITS.text) },
  read: { ...ofBuffer, offset: integer(0, LIMITS.offset), length: integer(1, LIMITS.length) },
  header: { ...ofBuffer, offset: integer(0, LIMITS.offset) },
  reserve: { ...ofBuffer, size: integer(1, LIMITS.size), text: text(LIMITS.text) },
  record: { ...ofBuffer, size: integer(1, LIMITS.size), text: text(LIMITS.text) },
  commit: ofBuffer,
  flush: ofBuffer,
  attach: ofBuffer,
  detach: ofBuffer,
  get_subbuf: ofBuffer,
  put_subbuf: ofBuffer,
};

/** Takes what came from outside for a command; a {@linkcode CommandError} if it is none. */
export function parseCommand(input: unknown): Command {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new CommandError("Cannot take the command: it is no object");
  }
  const members = input as Record<string, unknown>;
  const name = String(members.do);
  if (!Object.hasOwn(shapes, name)) {
    throw new CommandError(`Cannot take the command: there is no "${name}"`);
  }
  const shape = shapes[name as Command["do"]];
  for (const [member, check] of Object.entries(shape)) {
    const wrong = check(members[member]);
    if (wrong === null) continue;
    const value = JSON.stringify(members[member]);
    throw new CommandError(`Cannot ${name}: ${member} ${value} is ${wrong}`);
  }
  const other = Object.keys(members).find((key) => key !== "do" && !Object.hasOwn(shape, key));
  if (other !== undefined) throw new CommandError(`Cannot ${name}: there is no "${other}" in it`);
  return members as unknown as Command;
}
