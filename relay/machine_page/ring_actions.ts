import {
  LOST_BIG,
  LOST_FULL,
  LOST_NESTED,
  LOST_OFFLINE,
  LOST_WRAP,
  PAGE_SIZE,
  type RingBuffer,
} from "../../mod.ts";
import type { Action } from "./actions.ts";
import { CommandError, type RecordCommand, type RingCommand } from "./commands.ts";
import type { LiveBuffer } from "./live_channel.ts";
import type { LiveMachine } from "./live_machine.ts";
import { inRing } from "./places.ts";

/** Why an event is lost. */
const refusals: Readonly<Record<number, string>> = {
  [LOST_FULL]: "all sub-buffers hold what nobody has read",
  [LOST_WRAP]: "the next sub-buffer has a slot that is not committed",
  [LOST_BIG]: "it is longer than a sub-buffer",
  [LOST_NESTED]: "too many slots are open",
  [LOST_OFFLINE]: "the CPU is down",
};

/** What a command does to a ring. A {@linkcode CommandError} when there is none. */
export function ringAction(command: RingCommand | RecordCommand, live: LiveMachine): Action {
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
        place: inRing("writer.ts", "commit", "commit"),
        run: () => {
          ring.writer.commit();
          return "Its bytes count from now on";
        },
      };
    case "flush":
      return {
        text: `You hand over what was written to ${name}, full or not`,
        place: inRing("writer.ts", "flush", "switch_slow"),
        run: () =>
          ring.writer.flush("active")
            ? "The sub-buffer is closed: a reader may have it once all its slots are committed"
            : "Nothing to hand over",
      };
    default:
      return readerAction(command.do, name, target, ring);
  }
}

function reserveAction(
  { do: name, channel, cpu, size, text }: RecordCommand,
  ring: RingBuffer,
  { machine }: LiveMachine,
): Action {
  const doing = name === "record" ? "write a record of" : "reserve";
  return {
    text: `CPU ${cpu}: you ${doing} ${size} bytes in ${channel}${cpu}, "${text}"`,
    place: inRing("writer.ts", name === "record" ? "reserve(), commit" : "reserve", "reserve"),
    run: () => {
      const { writer } = ring;
      const address = writer.reserve(size);
      if (address < 0) return { lost: `The record is lost, and counted: ${refusals[address]}` };
      const bytes = new TextEncoder().encode(text).subarray(0, size);
      machine.ram.bytes.fill(0, address, address + size);
      machine.ram.bytes.set(bytes, address);
      const where = `at address ${address}, in frame ${Math.floor(address / PAGE_SIZE)}`;
      if (name === "reserve") return `The slot is ${where}, filled and not committed`;
      writer.commit();
      return `The record lies ${where}, committed`;
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
    if (reader !== null) return reader;
    const why = target.files.length > 0 ? "its open file is the reader" : "no reader is attached";
    throw new TypeError(`Cannot read ${name}: ${why}`);
  };
  switch (command) {
    case "attach":
      return {
        text: `You attach a reader to ${name}`,
        place: inRing("ring_buffer.ts", "reader", "open_read"),
        run: () => {
          target.reader = ring.reader();
          return "The reader has nothing yet";
        },
      };
    case "detach":
      return {
        text: `You close the reader of ${name}`,
        place: inRing("reader.ts", "close", "release_read"),
        run: () => {
          attached().close();
          target.reader = null;
          target.held = null;
          return target.isFreed ? `The buffer ${name} is freed` : "Another one can attach";
        },
      };
    case "get_subbuf":
      return {
        text: `The reader asks ${name} for the next sub-buffer`,
        place: inRing("reader.ts", "getNextSubbuf", "get_next_subbuf"),
        run: () => {
          target.held = attached().getNextSubbuf();
          if (target.held === null) return "There is none to be had yet";
          const { index, seq } = target.held;
          const place = seq % ring.memory.geometry.nSubbufs;
          return ring.memory.overwrite
            ? `The reader has number ${seq}, sub-buffer ${index}, and left its spare one in place ${place}`
            : `The reader has number ${seq}, which stays in its place: the writer waits before it`;
        },
      };
    case "put_subbuf":
      return {
        text: `The reader is done with its sub-buffer of ${name}`,
        place: inRing("reader.ts", "putNextSubbuf", "put_next_subbuf"),
        run: () => {
          attached().putNextSubbuf();
          target.held = null;
          if (ring.memory.overwrite) {
            return "It keeps the pages as its spare sub-buffer for the next exchange";
          }
          return target.buffer.chan.closed
            ? "Its place is free, and nobody will write to it: the channel is closed"
            : "The writer may use the place again";
        },
      };
  }
}
