import type { RingWriter, Subbuf } from "@ltt/relay/ring";

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
  const bytes = new Uint8Array(subbuf.dataSize);
  let at = 0;
  for (const view of subbuf.views()) {
    bytes.set(view, at);
    at += view.length;
  }
  const words = new Uint32Array(bytes.buffer);
  const events: number[] = [];
  for (let word = 0; word < words.length; word += EVENT_SIZE / 4) {
    const i = words[word];
    const isWhole = words[word + 1] === ~i >>> 0 &&
      words[word + 2] === Math.imul(i, 0x9e37_79b1) >>> 0 &&
      words[word + 3] === (i ^ 0x5555_5555) >>> 0;
    if (!isWhole) throw new Error(`Torn event ${i} at ${4 * word} of sub-buffer ${subbuf.seq}`);
    events.push(i);
  }
  return events;
}
