import {
  LOST_BIG,
  LOST_FULL,
  LOST_NESTED,
  LOST_OFFLINE,
  LOST_WRAP,
  type RingBuffer,
} from "../../mod.ts";
import type { Action } from "./actions.ts";
import { type Command, CommandError } from "./commands.ts";
import type { LiveBuffer } from "./live_channel.ts";
import type { LiveMachine } from "./live_machine.ts";
import { inRing } from "./places.ts";

/** Commands on a ring. */
type RingCommand = Extract<Command, { do: RingName }>;
type RingName =
  | "reserve"
  | "record"
  | "commit"
  | "flush"
  | "attach"
  | "detach"
  | "get_subbuf"
  | "put_subbuf";

/** Why an event is lost. */
const refusals: Readonly<Record<number, string>> = {
  [LOST_FULL]: "all sub-buffers hold what nobody has read",
  [LOST_WRAP]: "the next sub-buffer has a slot that is not committed",
  [LOST_BIG]: "it is longer than a sub-buffer",
  [LOST_NESTED]: "too many slots are open",
  [LOST_OFFLINE]: "the CPU is down",
};

/** What a command does to a ring. A {@linkcode CommandError} when there is none. */
export function ringAction(command: RingCommand, live: LiveMachine): Action {
  const { channel, cpu } = command;
  const target = live.buffer(channel, cpu);
  const { ring } = target;
  const name = `${channel}${cpu}`;
  if (ring === null) throw new CommandError(`Cannot ${command.do}: there is no ring on ${name}`);
  switch (command.do) {
    case "reserve":
    case "record":
      return reserveAction(command, ring, live);
    case "commit":
      return {
        text: `You commit the slot of ${name} reserved last`,
        place: inRing("writer.ts", "commit"),
        run: () => {
          ring.writer.commit();
          return "Its bytes count from now on";
        },
      };
    case "flush":
      return {
        text: `You hand over what was written to ${name}, full or not`,
        place: inRing("writer.ts", "flush"),
        run: () =>
          ring.writer.flush("active")
            ? "The sub-buffer is the reader's to get"
            : "Nothing to hand over",
      };
    default:
      return readerAction(command.do, name, target, ring);
  }
}

function reserveAction(
  { do: name, channel, cpu, size, text }: Extract<Command, { do: "reserve" | "record" }>,
  ring: RingBuffer,
  { machine }: LiveMachine,
): Action {
  const doing = name === "record" ? "write a record of" : "reserve";
  return {
    text: `CPU ${cpu}: you ${doing} ${size} bytes in ${channel}${cpu}, "${text}"`,
    place: inRing("writer.ts", name === "record" ? "reserve(), commit" : "reserve"),
    run: () => {
      const { writer } = ring;
      const address = writer.reserve(size);
      if (address < 0) return `The record is lost, and counted: ${refusals[address]}`;
      const bytes = new TextEncoder().encode(text).subarray(0, size);
      machine.ram.bytes.fill(0, address, address + size);
      machine.ram.bytes.set(bytes, address);
      if (name === "reserve") return `The slot is at address ${address}, filled and not committed`;
      writer.commit();
      return `The record lies at address ${address}, committed`;
    },
  };
}

function readerAction(
  command: "attach" | "detach" | "get_subbuf" | "put_subbuf",
  name: string,
  target: LiveBuffer,
  ring: RingBuffer,
): Action {
  const reader = target.reader;
  const attached = () => {
    if (reader === null) throw new TypeError(`Cannot read ${name}: no reader is attached`);
    return reader;
  };
  switch (command) {
    case "attach":
      return {
        text: `You attach a reader to ${name}`,
        place: inRing("reader.ts", "attach"),
        run: () => {
          target.reader = ring.reader();
          return "It has nothing yet";
        },
      };
    case "detach":
      return {
        text: `You close the reader of ${name}`,
        place: inRing("reader.ts", "close"),
        run: () => {
          attached().close();
          target.reader = null;
          target.held = null;
          return "Another one can attach";
        },
      };
    case "get_subbuf":
      return {
        text: `The reader asks ${name} for the next sub-buffer`,
        place: inRing("reader.ts", "getNextSubbuf"),
        run: () => {
          target.held = attached().getNextSubbuf();
          if (target.held === null) return "There is none to be had yet";
          const { index, seq } = target.held;
          return ring.memory.overwrite
            ? `It has number ${seq}, sub-buffer ${index}, and left its spare one in the place`
            : `It has number ${seq}, which stays in its place: the writer waits before it`;
        },
      };
    case "put_subbuf":
      return {
        text: `The reader is done with its sub-buffer of ${name}`,
        place: inRing("reader.ts", "putNextSubbuf"),
        run: () => {
          attached().putNextSubbuf();
          target.held = null;
          return ring.memory.overwrite
            ? "It keeps the pages as its spare sub-buffer for the next exchange"
            : "The writer may use the place again";
        },
      };
  }
}
