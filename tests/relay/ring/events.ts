import type { RingReader, RingWriter, Subbuf } from "@ltt/relay/ring";
import { joined } from "./bytes.ts";

/** Bytes of an event of the tests. */
export const EVENT_SIZE = 16;

/** Writes numbered events whose words depend on the number. Says how many were refused. */
export function writeEvents(writer: RingWriter, from: number, count: number): number {
  const words = new Uint32Array(writer.ram);
  let refused = 0;
  for (let i = from; i < from + count; i++) {
    const address = writer.reserve(EVENT_SIZE, 4);
    if (address < 0) {
      refused++;
      continue;
    }
    const word = address / 4;
    words[word] = i;
    words[word + 1] = ~i;
    words[word + 2] = Math.imul(i, 0x9e37_79b1);
    words[word + 3] = i ^ 0x5555_5555;
    writer.commit();
  }
  return refused;
}

/** The numbers of the events in a sub-buffer without header; an error if any byte is another one. */
export function readEvents(subbuf: Subbuf): number[] {
  return eventNumbers(joined(...subbuf.views()), `sub-buffer ${subbuf.seq}`);
}

/** The numbers of the events in `bytes`, which are of `what`; an error if any byte is another one. */
export function eventNumbers(bytes: Uint8Array<ArrayBuffer>, what: string): number[] {
  const words = new Uint32Array(bytes.buffer);
  const events: number[] = [];
  for (let word = 0; word < words.length; word += EVENT_SIZE / 4) {
    const i = words[word];
    const isWhole = words[word + 1] === ~i >>> 0 &&
      words[word + 2] === Math.imul(i, 0x9e37_79b1) >>> 0 &&
      words[word + 3] === (i ^ 0x5555_5555) >>> 0;
    if (!isWhole) throw new Error(`Torn event ${i} at ${4 * word} of ${what}`);
    events.push(i);
  }
  return events;
}

/** The numbers of all events that a reader has left to get, which are consumed. */
export function drainEvents(reader: RingReader): number[] {
  const events: number[] = [];
  for (let subbuf; (subbuf = reader.getNextSubbuf()) !== null;) {
    events.push(...readEvents(subbuf));
    reader.putNextSubbuf();
  }
  return events;
}

/** Numbers from 0 on, as events have them. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
